//! Requests as bytes, and answers taken apart.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::servers::Started;

/// More than any step of a test takes.
const LONG: Duration = Duration::from_secs(20);

/// Waits, but not for ever.
pub(crate) async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, wanted).await.expect("it did not come in time")
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: String,
    /// Sorted, but lines of one name are as they came.
    pub(crate) fields: Vec<(String, String)>,
    /// Without chunks.
    pub(crate) body: Vec<u8>,
}

/// What comes back for those bytes, until the server closes.
pub(crate) async fn exchange(server: &Started, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server.socket).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let read = soon(stream.read_to_end(&mut answer)).await;
    read.unwrap_or_else(|error| panic!("{}: {error} after {answer:?}", server.name));
    parse(&answer).unwrap_or_else(|| panic!("{}: no answer: {answer:?}", server.name))
}

/// The head of what comes back for those bytes, and the connection behind it.
pub(crate) async fn open(server: &Started, bytes: &[u8]) -> (Answer, TcpStream) {
    let mut stream = TcpStream::connect(server.socket).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(soon(stream.read_u8()).await.unwrap());
    }
    (parse(&head).unwrap(), stream)
}

/// What comes back for requests that are sent one behind the other, of which the last closes.
pub(crate) async fn exchange_row(server: &Started, requests: &[&str]) -> Vec<Answer> {
    let mut stream = TcpStream::connect(server.socket).await.unwrap();
    stream.write_all(requests.concat().as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    soon(stream.read_to_end(&mut bytes)).await.unwrap();
    let mut rest = bytes.as_slice();
    let mut answers = Vec::new();
    for request in requests {
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n").expect(server.name) + 4;
        let mut answer = parse(&rest[..end]).unwrap();
        let length = answer.field("content-length").map_or(0, |length| length.parse().unwrap());
        let length = if request.starts_with("HEAD ") { 0 } else { length };
        answer.body = rest[end..end + length].to_owned();
        answers.push(answer);
        rest = &rest[end + length..];
    }
    assert!(rest.is_empty(), "{}: there is more: {rest:?}", server.name);
    answers
}

/// Takes an answer apart. `Date` is left out: it says when a test ran.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.to_owned();
    let fields = lines.map(|line| line.split_once(':').unwrap_or((line, "")));
    let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let mut fields: Vec<_> = fields.filter(|(name, _)| name != "date").collect();
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    let is_chunked = fields.iter().any(|(name, _)| name == "transfer-encoding");
    let body = &bytes[end + 4..];
    let body = if is_chunked && !body.is_empty() { join(body)? } else { body.to_owned() };
    Some(Answer { status, fields, body })
}

/// The bytes in chunks; `None` where the last one is missing.
fn join(mut chunked: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    loop {
        let end = chunked.windows(2).position(|two| two == b"\r\n")?;
        let length = std::str::from_utf8(&chunked[..end]).ok()?;
        let length = usize::from_str_radix(length, 16).ok()?;
        if length == 0 {
            return chunked.ends_with(b"\r\n\r\n").then_some(joined);
        }
        joined.extend_from_slice(chunked.get(end + 2..end + 2 + length)?);
        chunked = chunked.get(end + 4 + length..)?;
    }
}

impl Answer {
    /// The first value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.0 == name).map(|(_, value)| value.as_str())
    }

    /// The same without a field that a server adds by itself.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|field| field.0 != name);
        self
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A request of that method and target, with those lines of the head besides, and a body. The server
/// is to close behind its answer.
pub(crate) fn request(line: &str, fields: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nhost: example.org\r\nconnection: close\r\n");
    for field in fields {
        text.push_str(field);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Sends the same requests to all servers, of which the first is the one that is right.
pub(crate) async fn compare(servers: &[Started], requests: &[Vec<u8>]) {
    let mut differences = String::new();
    for bytes in requests {
        let right = exchange(&servers[0], bytes).await;
        for server in &servers[1..] {
            let answer = exchange(server, bytes).await.without_own_fields(server);
            if let Some(difference) = answer.difference(&right) {
                let asked = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
                differences.push_str(&format!("{}: {asked:?}{difference}\n", server.name));
            }
        }
    }
    assert!(differences.is_empty(), "what differs:\n{differences}");
}

impl Answer {
    /// The same without what a server adds by itself: the reference server its name, tiny_http its
    /// name and an offer of an upgrade, where it gives its connection away.
    pub(crate) fn without_own_fields(mut self, server: &Started) -> Self {
        let own: &[(&str, &str)] = match server.name {
            "the reference server" => &[("server", "nowin")],
            "owin-tiny-http" => &[
                ("server", "tiny-http (Rust)"),
                ("connection", "upgrade"),
                ("upgrade", "HTTP/1.1"),
            ],
            _ => &[],
        };
        self.fields.retain(|(name, value)| !own.contains(&(name, value)));
        self
    }

    /// What is other than it should be.
    pub(crate) fn difference(&self, right: &Self) -> Option<String> {
        let mut text = String::new();
        if self.status != right.status {
            text.push_str(&format!("\n  {} for {}", self.status, right.status));
        }
        let added = self.fields.iter().filter(|field| !right.fields.contains(field));
        added.for_each(|field| text.push_str(&format!("\n  + {field:?}")));
        let missing = right.fields.iter().filter(|field| !self.fields.contains(field));
        missing.for_each(|field| text.push_str(&format!("\n  - {field:?}")));
        if text.is_empty() && self.fields != right.fields {
            text.push_str(&format!("\n  {:?} for {:?}", self.fields, right.fields));
        }
        if self.body != right.body {
            let show = |bytes: &[u8]| {
                let start = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]).into_owned();
                format!("{} bytes {start:?}", bytes.len())
            };
            text.push_str(&format!("\n  {} for {}", show(&self.body), show(&right.body)));
        }
        (!text.is_empty()).then_some(text)
    }
}
