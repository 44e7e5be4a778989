//! A client on blocking sockets that knows just enough of HTTP to count answers.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A request without a body.
pub(crate) const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// How long an answer may take: far longer than any server takes under a tool that slows it down.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one read can hold.
const READ_BYTES: usize = 16 * 1024;

/// A keep-alive connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    /// What came of answers that are not whole yet.
    unread: Vec<u8>,
}

impl Client {
    /// Connects to a server of this machine.
    ///
    /// # Errors
    ///
    /// Where it does not accept.
    pub(crate) fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Sends bytes, a whole request or not.
    ///
    /// # Errors
    ///
    /// Where the connection has ended.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads answers until so many have come.
    ///
    /// # Errors
    ///
    /// Where one is not 200, has no length, or does not come.
    pub(crate) fn answers(&mut self, mut count: usize) -> io::Result<()> {
        let mut bytes = [0; READ_BYTES];
        while count > 0 {
            let read = self.stream.read(&mut bytes)?;
            if read == 0 {
                return Err(io::Error::other("the server closed the connection"));
            }
            self.unread.extend_from_slice(bytes.get(..read).unwrap_or_default());
            let mut done = 0;
            while let Some(length) = whole_answer(self.unread.get(done..).unwrap_or_default())? {
                done += length;
                count = count.saturating_sub(1);
            }
            self.unread.drain(..done);
        }
        Ok(())
    }

    /// Sends requests one after the other, each when the one before is answered; `batch` is what
    /// is sent at once, and has `depth` requests.
    ///
    /// # Errors
    ///
    /// As for [`answers`](Self::answers).
    pub(crate) fn ask(&mut self, batch: &[u8], depth: usize, batches: u32) -> io::Result<()> {
        for _ in 0..batches {
            self.send(batch)?;
            self.answers(depth)?;
        }
        Ok(())
    }
}

/// The bytes that the first answer takes; `None` where it is not whole.
fn whole_answer(bytes: &[u8]) -> io::Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(format!("the server answered {status:?}")));
    }
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.trim().parse::<usize>().ok());
    let length = length.ok_or_else(|| io::Error::other("the answer does not say its length"))?;
    let whole = end.saturating_add(4).saturating_add(length);
    Ok((whole <= bytes.len()).then_some(whole))
}

#[cfg(test)]
mod tests {
    use super::whole_answer;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nx: y\r\n\r\nabc";

    #[test]
    fn an_answer_ends_with_its_body() {
        let two = [ANSWER, ANSWER].concat();
        assert_eq!(whole_answer(&two).unwrap(), Some(ANSWER.len()));
        assert!((0..ANSWER.len()).all(|cut| whole_answer(&two[..cut]).unwrap().is_none()));
    }

    #[test]
    fn another_status_and_an_unknown_length_are_errors() {
        assert!(whole_answer(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(whole_answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(whole_answer(b"HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\n").is_err());
    }
}
