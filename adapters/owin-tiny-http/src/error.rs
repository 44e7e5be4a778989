//! Whose fault a foreign error is.

use std::io;

use owin_core::{CancelReason, Error};

/// What ended the connection of a call, as far as tiny_http tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The client closed or reset before it had sent all.
    Reading(CancelReason),
    /// The response could not be written.
    Writing,
}

impl Ended {
    /// Why the call is cancelled.
    pub(crate) fn reason(self) -> CancelReason {
        match self {
            Self::Reading(reason) => reason,
            Self::Writing => CancelReason::WriteFailed,
        }
    }
}

/// What a failed read of a request's body says.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    /// The client has gone.
    Gone(CancelReason),
    /// The chunks are not well formed; or the client went between two of them, which the decoder of
    /// tiny_http does not tell apart. All of it is the peer's fault.
    Malformed(Error),
}

impl From<io::Error> for ReadFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidInput => Self::Malformed(
                Error::peer("the chunks of the body are not well formed").with_source(error),
            ),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionAborted => {
                Self::Gone(CancelReason::PeerClosed)
            }
            _ => Self::Gone(CancelReason::PeerReset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_decoder_refuses_is_the_peers_fault() {
        let failure = ReadFailure::from(io::Error::from(io::ErrorKind::InvalidInput));
        let ReadFailure::Malformed(error) = failure else { panic!("{failure:?}") };
        assert_eq!((error.kind(), error.status().as_u16()), (owin_core::ErrorKind::Peer, 400));
    }

    #[test]
    fn a_reset_and_an_early_end_are_told_apart() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionReset, CancelReason::PeerReset),
            (io::ErrorKind::UnexpectedEof, CancelReason::PeerClosed),
        ] {
            let failure = ReadFailure::from(io::Error::from(kind));
            assert!(matches!(failure, ReadFailure::Gone(reason) if reason == expected));
        }
    }
}
