//! One connection of the suite, and what can be done with it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock;
use crate::wire::answer::{self, Answer, Asked, Reading};
use crate::wire::stream::Stream;
use crate::wire::transcript::{Direction, Transcript};
use crate::wire::waiting::{End, Limits, Missing};

/// What is read of one answer at most; no answer that the suite asks for is longer.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// What is sent at once and longer than that is a message that is too long, with the same all over.
const LONG_BYTES: usize = 12 * 1024;

/// What the transcript has of it.
const SHOWN_BYTES: usize = 512;

/// Interim answers before the final one; who sends more sends no final one.
const MAX_INTERIM: usize = 8;

/// What a parser makes of the bytes that have come.
#[derive(Debug)]
pub(crate) enum Parsed<T> {
    /// More bytes are needed.
    Partial,
    /// Something whole, and how many bytes it took.
    Whole(T, usize),
    /// What came is nothing that it knows, and why.
    Malformed(String),
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) stream: Box<dyn Stream>,
    /// The addresses of this end and of the other one, where the stream has any.
    ends: Option<(SocketAddr, SocketAddr)>,
    unread: Vec<u8>,
    end: Option<End>,
    log: Arc<Mutex<Transcript>>,
    pub(super) limits: Limits,
}

impl Link {
    /// A connection that was made; what happens is told to the transcript.
    pub(crate) fn new(
        stream: Box<dyn Stream>,
        limits: Limits,
        log: Arc<Mutex<Transcript>>,
    ) -> Self {
        Self { stream, ends: None, unread: Vec::new(), end: None, log, limits }
    }

    /// Says which addresses it connects.
    pub(crate) fn between(mut self, own: SocketAddr, other: SocketAddr) -> Self {
        self.ends = Some((own, other));
        self
    }

    /// The addresses of this end and of the other one, where the stream has any.
    pub(crate) fn ends(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.ends
    }

    /// Sends bytes. That the other side no longer takes them is no error: its answer may lie there.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.log_sent(bytes.as_ref());
        if let Err(error) = self.stream.send(bytes.as_ref()) {
            self.log(|log| log.event(format!("not all of it was taken: {error}")));
        }
    }

    /// Sends bytes in segments of that size.
    pub(crate) fn send_in_pieces(&mut self, bytes: impl AsRef<[u8]>, size: usize) {
        for piece in bytes.as_ref().chunks(size.max(1)) {
            self.send(piece);
        }
    }

    /// Does nothing for so long, or until the run is over.
    pub(crate) fn pause(&mut self, time: Duration) {
        std::thread::sleep(time.min(clock::until(self.limits.end)));
    }

    /// Says that nothing more will be sent.
    pub(crate) fn half_close(&mut self) {
        self.log(|log| log.event("half-closed by the suite"));
        self.stream.half_close();
    }

    /// Ends what is sent as if the line had been cut: TLS says nothing of it.
    pub(crate) fn cut(&mut self) {
        self.log(|log| log.event("cut by the suite"));
        self.stream.cut();
    }

    /// Says by TLS that nothing more will be sent, and leaves TCP open.
    pub(crate) fn notify_close(&mut self) {
        self.log(|log| log.event("close_notify of the suite"));
        self.stream.notify_close();
    }

    /// Ends the connection with a reset.
    pub(crate) fn reset(self) {
        self.log(|log| log.event("reset by the suite"));
        self.stream.reset();
    }

    /// Reads the final answer; interim ones before it are passed over.
    pub(crate) fn answer(&mut self, asked: Asked) -> Result<Answer, Missing> {
        self.answer_within(asked, self.limits.answer)
    }

    /// Reads the final answer, and waits for it no longer than that.
    pub(crate) fn answer_within(
        &mut self,
        asked: Asked,
        patience: Duration,
    ) -> Result<Answer, Missing> {
        let until = clock::now() + patience;
        for _ in 0..=MAX_INTERIM {
            let answer = self.one(asked, until, patience)?;
            if !matches!(answer.status, 100..=199) || answer.status == 101 {
                return Ok(answer);
            }
        }
        Err(Missing::Malformed(format!("more than {MAX_INTERIM} interim answers")))
    }

    /// Reads the next answer, an interim one too.
    pub(crate) fn next(&mut self, asked: Asked) -> Result<Answer, Missing> {
        let patience = self.limits.answer;
        self.one(asked, clock::now() + patience, patience)
    }

    /// Waits for the end of the connection, and passes over what comes before it.
    pub(crate) fn end(&mut self) -> Result<End, Missing> {
        let until = clock::now() + self.limits.answer;
        loop {
            if let Some(end) = self.end {
                return Ok(end);
            }
            self.unread.clear();
            self.fill(until, self.limits.answer)?;
        }
    }

    /// Waits until these bytes have come; they stay to be read.
    pub(crate) fn arrives(&mut self, bytes: &[u8]) -> Result<(), Missing> {
        let until = clock::now() + self.limits.answer;
        while !self.unread.windows(bytes.len().max(1)).any(|window| window == bytes) {
            self.more(until)?;
        }
        Ok(())
    }

    /// Reads so many bytes, whatever they are.
    pub(crate) fn take(&mut self, length: usize) -> Result<Vec<u8>, Missing> {
        let until = clock::now() + self.limits.answer;
        while self.unread.len() < length {
            self.more(until)?;
        }
        Ok(self.unread.drain(..length).collect())
    }

    /// Reads to the end of the connection.
    pub(crate) fn rest(&mut self) -> Result<Vec<u8>, Missing> {
        let until = clock::now() + self.limits.answer;
        loop {
            match self.more(until) {
                Ok(()) => {}
                Err(Missing::Ended(_)) => return Ok(std::mem::take(&mut self.unread)),
                Err(missing) => return Err(missing),
            }
        }
    }

    /// Reads more of what is no answer yet, or is none.
    fn more(&mut self, until: Instant) -> Result<(), Missing> {
        if let Some(end) = self.end {
            return Err(Missing::Ended(end));
        }
        if self.unread.len() > MAX_ANSWER_BYTES {
            return Err(Missing::Malformed("what comes has no end".to_owned()));
        }
        self.fill(until, self.limits.answer)
    }

    /// How long an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        self.limits.answer
    }

    /// Takes what begins the bytes that came; the reader says what that is and how many bytes it
    /// took, or that more are needed.
    pub(crate) fn take_by<T>(
        &mut self,
        patience: Duration,
        reader: impl Fn(&[u8]) -> Option<(T, usize)>,
    ) -> Result<T, Missing> {
        self.parsed(patience, |bytes| match reader(bytes) {
            Some((taken, used)) => Parsed::Whole(taken, used),
            None => Parsed::Partial,
        })
    }

    /// Reads until a parser has something whole.
    pub(crate) fn parsed<T>(
        &mut self,
        patience: Duration,
        mut parse: impl FnMut(&[u8]) -> Parsed<T>,
    ) -> Result<T, Missing> {
        let until = clock::now() + patience;
        loop {
            match parse(&self.unread) {
                Parsed::Whole(whole, used) => {
                    self.unread.drain(..used);
                    return Ok(whole);
                }
                Parsed::Malformed(why) => return Err(Missing::Malformed(why)),
                Parsed::Partial => {}
            }
            if let Some(end) = self.end {
                return Err(Missing::Ended(end));
            }
            if self.unread.len() > MAX_ANSWER_BYTES {
                return Err(Missing::Malformed("what comes has no end".to_owned()));
            }
            self.fill(until, patience)?;
        }
    }

    /// How long silence must last to count.
    pub(crate) fn quiet(&self) -> Duration {
        self.limits.quiet
    }

    fn one(&mut self, asked: Asked, until: Instant, patience: Duration) -> Result<Answer, Missing> {
        loop {
            match answer::read(&self.unread, asked, self.end.is_some()) {
                Reading::Whole(answer, used) => {
                    self.unread.drain(..used);
                    return Ok(*answer);
                }
                Reading::Malformed(why) => return Err(Missing::Malformed(why)),
                Reading::Partial => {}
            }
            if let Some(end) = self.end {
                return Err(Missing::Ended(end));
            }
            if self.unread.len() > MAX_ANSWER_BYTES {
                return Err(Missing::Malformed("the answer has no end".to_owned()));
            }
            self.fill(until, patience)?;
        }
    }

    /// Reads once.
    fn fill(&mut self, until: Instant, patience: Duration) -> Result<(), Missing> {
        if clock::until(self.limits.end).is_zero() {
            return Err(Missing::OutOfTime);
        }
        let left = clock::until(until.min(self.limits.end));
        if left.is_zero() {
            self.log(|log| log.event("waited in vain"));
            return Err(Missing::Silent(patience));
        }
        let mut bytes = [0; 16 * 1024];
        match self.stream.receive(&mut bytes, left) {
            Ok(0) => self.ended(End::Closed),
            Ok(length) => {
                let came = bytes.get(..length).unwrap_or_default();
                self.log(|log| log.bytes(Direction::Came, came));
                self.unread.extend(came);
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                ErrorKind::UnexpectedEof => self.ended(End::Cut),
                _ => {
                    self.log(|log| log.event(error.to_string()));
                    self.ended(End::Reset);
                }
            },
        }
        Ok(())
    }

    fn ended(&mut self, end: End) {
        self.end = Some(end);
        self.log(|log| log.event(format!("{end} by the server")));
    }

    /// Of what is long and says the same on and on, the beginning is evidence enough.
    pub(super) fn log_sent(&self, bytes: &[u8]) {
        let kept = if bytes.len() > LONG_BYTES { SHOWN_BYTES } else { bytes.len() };
        let (shown, rest) = bytes.split_at_checked(kept).unwrap_or((bytes, b""));
        self.log(|log| log.bytes(Direction::Sent, shown));
        if !rest.is_empty() {
            self.log(|log| log.event(format!("and {} bytes more", rest.len())));
        }
    }

    pub(super) fn log(&self, tell: impl FnOnce(&mut Transcript)) {
        tell(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use socket2::SockRef;

    use super::*;

    /// A connection, and its other end.
    pub(in crate::wire) fn pair() -> (Link, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let limits = Limits {
            answer: Duration::from_secs(5),
            quiet: Duration::from_millis(50),
            end: clock::now() + Duration::from_secs(20),
        };
        let log = Arc::new(Mutex::new(Transcript::new()));
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let link = Link::new(Box::new(stream), limits, log);
        (link, listener.accept().unwrap().0)
    }

    #[test]
    fn an_answer_that_comes_in_pieces_is_read_whole() {
        let (mut link, mut server) = pair();
        let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let writer = std::thread::spawn(move || {
            for byte in answer {
                server.write_all(&[*byte]).unwrap();
            }
        });
        assert_eq!(link.answer(Asked::Whole).unwrap().body, b"ok");
        writer.join().unwrap();
        assert_eq!(link.end(), Ok(End::Closed));
    }

    #[test]
    fn silence_ends_after_its_time() {
        let (mut link, _server) = pair();
        let quiet = link.quiet();
        assert_eq!(link.answer_within(Asked::Whole, quiet), Err(Missing::Silent(quiet)));
    }

    #[test]
    fn interim_answers_without_end_are_no_answer() {
        let (mut link, mut server) = pair();
        server.write_all(&b"HTTP/1.1 102 Processing\r\n\r\n".repeat(MAX_INTERIM + 1)).unwrap();
        assert!(matches!(link.answer(Asked::Whole), Err(Missing::Malformed(_))));
    }

    #[test]
    fn a_reset_is_seen_on_the_other_side_in_both_directions() {
        let (link, mut server) = pair();
        link.reset();
        let error = server.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        let (mut link, server) = pair();
        SockRef::from(&server).set_linger(Some(Duration::ZERO)).unwrap();
        drop(server);
        assert_eq!(link.answer(Asked::Whole), Err(Missing::Ended(End::Reset)));
    }

    #[test]
    fn of_a_long_message_the_beginning_is_shown() {
        let (mut link, _server) = pair();
        link.send(vec![b'x'; 100_000]);
        let text = link.log.lock().unwrap().to_string();
        assert!(text.len() < 1000 && text.ends_with("- and 99488 bytes more\n"), "{text}");
    }

    #[test]
    fn when_the_run_is_over_nothing_is_waited_for() {
        let (mut link, _server) = pair();
        link.limits.end = clock::now();
        assert_eq!(link.answer(Asked::Whole), Err(Missing::OutOfTime));
    }
}
