//! A connection behind its handshake: frames out, events in.

use std::time::Duration;

use super::frame::{self, CLOSE, CONTINUATION, Came, Frame, PING, PONG, Reading};
use crate::wire::Parsed;
use crate::wire::link::Link;
use crate::wire::waiting::Missing;

/// Frames that are read until an event is whole; who sends more sends no end.
const MOST_FRAMES: usize = 5000;

/// A connection that both sides have agreed to use for messages.
#[derive(Debug)]
pub(crate) struct Socket {
    link: Link,
    defect: Option<&'static str>,
}

/// What comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A whole message, by its opcode.
    Message(u8, Vec<u8>),
    Pong(Vec<u8>),
    /// The server closes: with the code, where it has one.
    Close(Option<u16>),
    /// The connection ended, without a word or after it.
    End,
}

impl Socket {
    /// The connection, once the handshake has been answered.
    pub(crate) fn new(link: Link) -> Self {
        Self { link, defect: None }
    }

    /// Sends frames, all at once.
    pub(crate) fn send(&mut self, frames: &[Frame<'_>]) {
        self.link.send(frames.iter().flat_map(Frame::encode).collect::<Vec<u8>>());
    }

    /// The connection itself.
    pub(crate) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// Ends the connection with a reset.
    pub(crate) fn reset(self) {
        self.link.reset();
    }

    /// What of the frames that came no server may do, though their meaning is clear.
    pub(crate) fn defect(&self) -> Option<&'static str> {
        self.defect
    }

    /// Reads the next event; pings are answered.
    pub(crate) fn event(&mut self) -> Result<Event, Missing> {
        let patience = self.link.patience();
        self.event_within(patience)
    }

    /// As [`Socket::event`], and waits for each frame of it no longer than that.
    pub(crate) fn event_within(&mut self, patience: Duration) -> Result<Event, Missing> {
        let mut message: Option<(u8, Vec<u8>)> = None;
        for _ in 0..MOST_FRAMES {
            let came = match self.frame(patience) {
                Ok(came) => came,
                Err(Missing::Ended(_)) => return Ok(Event::End),
                Err(missing) => return Err(missing),
            };
            let opcode = came.opcode;
            match (opcode, &mut message) {
                (PING, _) => self.send(&[Frame::pong(&came.payload)]),
                (PONG, _) => return Ok(Event::Pong(came.payload)),
                (CLOSE, _) => return closed(&came.payload),
                (CONTINUATION, Some((_, whole))) => whole.extend(came.payload),
                (CONTINUATION, None) => return odd("a continuation of nothing"),
                (0x1 | 0x2, None) => message = Some((opcode, came.payload)),
                (0x1 | 0x2, Some(_)) => return odd("a message began within another"),
                _ => return odd(&format!("a frame with the reserved opcode {opcode:#x}")),
            }
            if opcode < 0x8
                && came.is_final
                && let Some((opcode, whole)) = message.take()
            {
                return Ok(Event::Message(opcode, whole));
            }
        }
        odd("a message has no end")
    }

    fn frame(&mut self, patience: Duration) -> Result<Came, Missing> {
        let came = self.link.parsed(patience, |bytes| match frame::read(bytes) {
            Reading::Partial => Parsed::Partial,
            Reading::Whole(came, used) => Parsed::Whole(came, used),
            Reading::Malformed(why) => Parsed::Malformed(why),
        })?;
        let is_control = came.opcode >= 0x8;
        let is_long = is_control && (came.payload.len() > 125 || !came.is_final);
        let own = is_long.then_some("a control frame is too long or in parts (RFC 6455 §5.5)");
        self.defect = self.defect.or(came.defect).or(own);
        Ok(came)
    }
}

fn closed(payload: &[u8]) -> Result<Event, Missing> {
    match payload.split_first_chunk::<2>() {
        Some((code, reason)) if std::str::from_utf8(reason).is_ok() => {
            Ok(Event::Close(Some(u16::from_be_bytes(*code))))
        }
        None if payload.is_empty() => Ok(Event::Close(None)),
        _ => odd("a close has neither no payload nor a code and a reason in UTF-8"),
    }
}

fn odd(what: &str) -> Result<Event, Missing> {
    Err(Missing::Malformed(what.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::clock;
    use crate::wire::{Limits, Transcript};

    /// A socket, and its other end.
    fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let limits = Limits {
            answer: Duration::from_secs(5),
            quiet: Duration::from_millis(50),
            end: clock::now() + Duration::from_secs(20),
        };
        let log = Arc::new(Mutex::new(Transcript::new()));
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Socket::new(Link::new(Box::new(stream), limits, log)), listener.accept().unwrap().0)
    }

    #[test]
    fn a_message_in_parts_is_whole_and_pings_between_them_are_answered() {
        let (mut socket, mut server) = pair();
        server.write_all(b"\x01\x02ab\x89\x01p\x80\x02cd\x8A\x01q\x88\x02\x03\xE8").unwrap();
        assert_eq!(socket.event(), Ok(Event::Message(0x1, b"abcd".to_vec())));
        let mut pong = [0; 7];
        server.read_exact(&mut pong).unwrap();
        assert_eq!(pong[..2], [0x8A, 0x81]);
        assert_eq!(socket.event(), Ok(Event::Pong(b"q".to_vec())));
        assert_eq!(socket.event(), Ok(Event::Close(Some(1000))));
        drop(server);
        assert_eq!(socket.event(), Ok(Event::End));
        assert_eq!(socket.defect(), None);
    }

    #[test]
    fn what_is_no_row_of_frames_is_malformed() {
        for bytes in [&b"\x80\x01a"[..], b"\x01\x01a\x81\x01b", b"\x83\x00", b"\x88\x01a"] {
            let (mut socket, mut server) = pair();
            server.write_all(bytes).unwrap();
            let event = socket.event();
            assert!(matches!(event, Err(Missing::Malformed(_))), "{bytes:?} {event:?}");
        }
    }

    #[test]
    fn a_control_frame_that_is_too_long_is_a_defect() {
        let (mut socket, mut server) = pair();
        server.write_all(&[&b"\x8A\x7E\x00\x7E"[..], &[b'x'; 126]].concat()).unwrap();
        assert_eq!(socket.event(), Ok(Event::Pong(vec![b'x'; 126])));
        assert!(socket.defect().is_some());
    }
}
