//! A client of web servers that sees every byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::PATIENCE;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The framing says that this is all; not where only the end of the connection could say so.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the body has that line.
    pub(crate) fn has_line(&self, line: &str) -> bool {
        self.text().lines().any(|own| own == line)
    }

    /// The values of a field.
    pub(crate) fn fields(&self, name: &str) -> Vec<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let wanted = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name));
        wanted.map(|(_, value)| value.trim().to_owned()).collect()
    }
}

/// A connection to a web server.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Reads the head, up to the empty line.
    pub(crate) fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let count = self.stream.read_line(&mut head).unwrap();
            assert!(count > 0, "the connection ended in the head {head:?}");
        }
        head
    }

    /// Reads a body that is chunked or has a length, until that is there.
    pub(crate) fn read_until(&mut self, text: &str) {
        let mut all = String::new();
        while !all.contains(text) {
            let count = self.stream.read_line(&mut all).unwrap();
            assert!(count > 0, "the connection ended before {text:?}: {all:?}");
        }
    }

    /// Reads so many bytes of whatever comes.
    pub(crate) fn skip(&mut self, bytes: u64) {
        let count = std::io::copy(&mut self.stream.by_ref().take(bytes), &mut std::io::sink());
        assert_eq!(count.unwrap(), bytes);
    }

    /// Reads an answer; `has_body` is false for `HEAD`.
    pub(crate) fn answer(&mut self, has_body: bool) -> Answer {
        let head = self.head();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        let mut answer = Answer { status, head, body: Vec::new(), is_whole: true };
        let length = answer.fields("content-length").first().map(|value| value.parse().unwrap());
        if !has_body || matches!(status, 204 | 304) {
            return answer;
        }
        if answer.fields("transfer-encoding").iter().any(|coding| coding == "chunked") {
            answer.is_whole = self.chunks(&mut answer.body);
            return answer;
        }
        let wanted: u64 = length.unwrap_or(u64::MAX);
        let read = self.stream.by_ref().take(wanted).read_to_end(&mut answer.body);
        answer.is_whole = read.is_ok() && u64::try_from(answer.body.len()).ok() == length;
        answer
    }

    /// Reads chunks; says whether the last one came.
    fn chunks(&mut self, body: &mut Vec<u8>) -> bool {
        loop {
            let mut line = String::new();
            if !matches!(self.stream.read_line(&mut line), Ok(1..)) {
                return false;
            }
            let size = u64::from_str_radix(line.trim(), 16).unwrap();
            let wanted = usize::try_from(size).unwrap();
            let before = body.len();
            let read = self.stream.by_ref().take(size).read_to_end(body);
            if read.is_err() || body.len() - before < wanted {
                return false;
            }
            let mut end = [0; 2];
            if self.stream.read_exact(&mut end).is_err() {
                return false;
            }
            if size == 0 {
                return true;
            }
        }
    }
}

/// Sends a request without a body and reads the answer.
pub(crate) fn get(port: u16, target: &str) -> Answer {
    ask(port, &format!("GET {target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"))
}

/// Sends a whole request and reads the answer.
pub(crate) fn ask(port: u16, request: &str) -> Answer {
    let mut client = Client::connect(port);
    client.send(request.as_bytes());
    client.answer(!request.starts_with("HEAD "))
}

/// Sends a body of a length that is said, or in chunks, while the answer is read.
pub(crate) fn post(port: u16, target: &str, body: &[u8], is_chunked: bool) -> Answer {
    let framing = if is_chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {}", body.len())
    };
    let mut client = Client::connect(port);
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n{framing}\r\n\r\n"
    );
    client.send(head.as_bytes());
    let mut sender = client.stream().try_clone().unwrap();
    std::thread::scope(|scope| {
        // A server may answer without reading everything.
        scope.spawn(move || drop(send_body(&mut sender, body, is_chunked)));
        client.answer(true)
    })
}

fn send_body(to: &mut TcpStream, body: &[u8], is_chunked: bool) -> std::io::Result<()> {
    if !is_chunked {
        return to.write_all(body);
    }
    for piece in body.chunks(10_000) {
        write!(to, "{:x}\r\n", piece.len())?;
        to.write_all(piece)?;
        to.write_all(b"\r\n")?;
    }
    to.write_all(b"0\r\n\r\n")
}
