//! One connection of HTTP/2, and what can be done with it.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock;
use crate::wire::http2::frame::{self, Frame};
use crate::wire::http2::peer::Peer;
use crate::wire::stream::Stream;
use crate::wire::transcript::{Direction, Transcript};
use crate::wire::waiting::End;
use crate::wire::{Answer, Limits, Missing};

/// What a client says first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much is read at once.
const READ_BYTES: usize = 32 * 1024;

/// One connection.
#[derive(Debug)]
pub(crate) struct Link {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
    end: Option<End>,
    peer: Peer,
    log: Arc<Mutex<Transcript>>,
    limits: Limits,
    /// The identifier of the next stream that is opened.
    next: u32,
    pings: u64,
}

impl Link {
    /// A connection that was made, and on which nothing was said.
    pub(crate) fn new(
        stream: Box<dyn Stream>,
        limits: Limits,
        log: Arc<Mutex<Transcript>>,
    ) -> Self {
        let peer = Peer::new(&[]);
        Self { stream, unread: Vec::new(), end: None, peer, log, limits, next: 1, pings: 0 }
    }

    /// Says the preface with these settings.
    pub(crate) fn open(&mut self, settings: &[(u16, u32)]) {
        self.peer = Peer::new(settings);
        self.send_bytes(PREFACE);
        self.send(&settings_frame(settings));
    }

    /// Sends a frame.
    pub(crate) fn send(&mut self, frame: &Frame) {
        if frame.stream != 0 {
            self.peer.expect(frame.stream);
        }
        if frame.kind == frame::HEADERS && frame.stream % 2 == 1 {
            self.next = self.next.max(frame.stream.saturating_add(2));
        }
        self.log(|log| log.frame(Direction::Sent, frame.to_string()));
        self.write(&frame.to_bytes());
    }

    /// Sends bytes that may be no frames. That nobody takes them is no error: an answer may lie there.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.log(|log| log.bytes(Direction::Sent, bytes));
        self.write(bytes);
    }

    /// Sends many bytes, of which the transcript says what they are; whether all of them were taken.
    pub(crate) fn flood(&mut self, what: &str, bytes: &[u8]) -> bool {
        self.log(|log| log.frame(Direction::Sent, what));
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> bool {
        let sent = self.stream.send(bytes);
        if let Err(error) = &sent {
            self.log(|log| log.event(format!("not all of it was taken: {error}")));
        }
        sent.is_ok()
    }

    /// The identifier that the next stream should have.
    pub(crate) fn next_stream(&self) -> u32 {
        self.next
    }

    /// Expects an answer on a stream whose frame was sent as bytes.
    pub(crate) fn expect(&mut self, stream: u32) {
        self.peer.expect(stream);
        self.next = self.next.max(stream + 2);
    }

    /// What is known of the server.
    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Makes no room for more of an answer, but where it is told to.
    pub(crate) fn holds_windows(&mut self) {
        self.peer.refills = false;
    }

    /// Whether the connection has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// How long silence must last to count.
    pub(crate) fn quiet(&self) -> Duration {
        self.limits.quiet
    }

    /// How long an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        self.limits.answer
    }

    /// Waits for the server's first settings.
    pub(crate) fn settled(&mut self) -> Result<(), Missing> {
        self.wait(self.limits.answer, |peer| peer.has_settings)
    }

    /// Reads the final answer on a stream.
    pub(crate) fn answer(&mut self, stream: u32) -> Result<Answer, Missing> {
        let is_over = |peer: &Peer| {
            peer.reply(stream).is_none_or(|reply| reply.is_over()) || peer.is_forsaken(stream)
        };
        self.wait(self.limits.answer, is_over)?;
        let stopped = |why: String| Missing::Stopped(why);
        let reply = self.peer.reply(stream).ok_or_else(|| stopped("nobody asked".to_owned()))?;
        if let Some(why) = reply.reason() {
            return Err(stopped(why));
        }
        match self.peer.goaway {
            Some((_, code)) if !reply.is_whole => {
                Err(stopped(format!("the server says GOAWAY with {}", frame::code(code))))
            }
            _ => Ok(reply.answer.clone()),
        }
    }

    /// Sends a ping, and returns its payload.
    pub(crate) fn ping(&mut self) -> Vec<u8> {
        self.pings += 1;
        let payload = (0x0077_6963_6E00_0000 | self.pings).to_be_bytes();
        self.send(&Frame::new(frame::PING, 0, 0, payload));
        payload.to_vec()
    }

    /// Sends a ping and waits for its answer: then everything sent before was looked at.
    pub(crate) fn ping_through(&mut self) -> Result<(), Missing> {
        let payload = self.ping();
        self.wait(self.limits.answer, |peer| peer.pongs.contains(&payload))
    }

    /// Reads until that is so, no longer than that.
    ///
    /// # Errors
    ///
    /// Where the connection ends before, the time is over, or what comes are no frames.
    pub(crate) fn wait(
        &mut self,
        patience: Duration,
        is_done: impl Fn(&Peer) -> bool,
    ) -> Result<(), Missing> {
        let until = clock::now() + patience;
        loop {
            while let Some(frame) = Frame::take(&mut self.unread).map_err(Missing::Malformed)? {
                self.log(|log| log.frame(Direction::Came, frame.to_string()));
                for out in self.peer.take(&frame).map_err(Missing::Malformed)? {
                    self.send(&out);
                }
                self.tell_head(&frame);
                if is_done(&self.peer) {
                    return Ok(());
                }
            }
            if is_done(&self.peer) {
                return Ok(());
            }
            if let Some(end) = self.end {
                return Err(Missing::Ended(end));
            }
            self.fill(until, patience)?;
        }
    }

    /// Waits for the end of the connection, and passes over what comes before it.
    pub(crate) fn end(&mut self) -> Result<(), Missing> {
        match self.wait(self.limits.answer, |_| false) {
            Err(Missing::Ended(_)) | Ok(()) => Ok(()),
            Err(missing) => Err(missing),
        }
    }

    /// Shows what a head that came says.
    fn tell_head(&self, frame: &Frame) {
        let is_end = frame.has(frame::END_HEADERS);
        if is_end
            && matches!(frame.kind, frame::HEADERS | frame::CONTINUATION)
            && let Some(reply) = self.peer.reply(frame.stream)
        {
            let status = reply.answer.status;
            self.log(|log| log.event(format!("stream {}: the status is {status}", frame.stream)));
        }
    }

    /// Reads once.
    fn fill(&mut self, until: Instant, patience: Duration) -> Result<(), Missing> {
        if clock::until(self.limits.end).is_zero() {
            return Err(Missing::OutOfTime);
        }
        let left = clock::until(until.min(self.limits.end));
        if left.is_zero() {
            return Err(Missing::Silent(patience));
        }
        let mut bytes = [0; READ_BYTES];
        match self.stream.receive(&mut bytes, left) {
            Ok(0) => self.ended(End::Closed),
            Ok(length) => {
                let came = bytes.get(..length).unwrap_or_default();
                if self.unread.is_empty() && came.starts_with(b"HTTP/") {
                    let line = came.split(|byte| *byte == b'\n').next().unwrap_or_default();
                    self.log(|log| log.bytes(Direction::Came, line));
                }
                self.unread.extend(came);
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => self.ended(End::Reset),
            },
        }
        Ok(())
    }

    fn ended(&mut self, end: End) {
        self.end = Some(end);
        let how = if end == End::Closed { "closed" } else { "reset" };
        self.log(|log| log.event(format!("{how} by the server")));
    }

    fn log(&self, tell: impl FnOnce(&mut Transcript)) {
        tell(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A SETTINGS frame.
fn settings_frame(settings: &[(u16, u32)]) -> Frame {
    let one = |(id, value): &(u16, u32)| {
        id.to_be_bytes().into_iter().chain(value.to_be_bytes()).collect::<Vec<u8>>()
    };
    let payload: Vec<u8> = settings.iter().flat_map(one).collect();
    Frame::new(frame::SETTINGS, 0, 0, payload)
}
