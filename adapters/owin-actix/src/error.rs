//! Whose fault an error of actix is.

use actix_http::error::PayloadError;
use owin_core::Error;
use owin_core::http::StatusCode;

/// What the reader of a body is told.
pub(crate) fn of_payload(error: PayloadError) -> Error {
    match error {
        PayloadError::Overflow => Error::peer("the body of the request is too large")
            .with_status(StatusCode::PAYLOAD_TOO_LARGE),
        PayloadError::EncodingCorrupted => Error::peer("the body breaks its transfer coding"),
        error => {
            let cause = error.to_string();
            Error::peer("the body of the request broke off").with_source(cause)
        }
    }
}

/// Whether an error says that the client has gone.
pub(crate) fn is_loss(error: &PayloadError) -> bool {
    matches!(error, PayloadError::Incomplete(_) | PayloadError::Io(_))
}

#[cfg(test)]
mod tests {
    use std::io;

    use owin_core::ErrorKind;

    use super::*;

    #[test]
    fn a_payload_that_fails_is_the_fault_of_the_peer() {
        let incomplete = || PayloadError::Incomplete(None);
        let cases = [
            (incomplete(), 400),
            (PayloadError::Overflow, 413),
            (PayloadError::EncodingCorrupted, 400),
            (PayloadError::UnknownLength, 400),
            (PayloadError::Io(io::ErrorKind::ConnectionReset.into()), 400),
        ];
        for (error, status) in cases {
            let ours = of_payload(error);
            assert_eq!((ours.kind(), ours.status().as_u16()), (ErrorKind::Peer, status));
        }
        assert!(is_loss(&incomplete()) && !is_loss(&PayloadError::EncodingCorrupted));
    }
}
