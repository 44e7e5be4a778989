//! HTTP/1.1, byte by byte (RFC 9112).

use std::net::SocketAddr;
use std::time::Duration;

use owin_core::async_trait;
use owin_core::bytes::{Bytes, BytesMut};
use socket2::{SockRef, Socket};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::tls::{Agreed, Tls};
use crate::client::{Answer, Head, Incoming, Outgoing, Request, Sending, Talk};
use crate::evidence::{Evidence, within};

/// How long a line of an answer may be.
const LINE_BYTES: usize = 16_384;

/// Connects and sends the head of a request.
///
/// # Errors
///
/// Where nobody listens.
pub async fn open(to: SocketAddr, request: &Request) -> Result<Talk, Evidence> {
    let stream = connect(to).await?;
    let ends = Ends::of(&stream)?;
    begin(stream, ends, request).await
}

/// The same over TLS; says what the handshake agreed on, too.
///
/// # Errors
///
/// Where nobody listens, or the handshake fails.
pub async fn open_tls(tls: &Tls, request: &Request) -> Result<(Talk, Agreed), Evidence> {
    let stream = connect(tls.address()).await?;
    let ends = Ends::of(&stream)?;
    let (stream, agreed) = tls.handshake(stream).await?;
    Ok((begin(stream, ends, request).await?, agreed))
}

async fn connect(to: SocketAddr) -> Result<TcpStream, Evidence> {
    let stream = within("a connection", TcpStream::connect(to)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What is known of the connection below: its addresses, and what resets it.
struct Ends {
    local: SocketAddr,
    to: SocketAddr,
    socket: Socket,
}

impl Ends {
    fn of(stream: &TcpStream) -> Result<Self, Evidence> {
        let (local, to) = (stream.local_addr()?, stream.peer_addr()?);
        Ok(Self { local, to, socket: SockRef::from(stream).try_clone()? })
    }
}

async fn begin(
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    ends: Ends,
    request: &Request,
) -> Result<Talk, Evidence> {
    let Ends { local, to, socket } = ends;
    let (read, write) = tokio::io::split(stream);
    let (read, write) = (Box::new(read), Box::new(write));
    let unsent = BytesMut::from(head_of(to, request).as_bytes());
    let mut sender = Sender { write, socket, sending: request.sending, unsent };
    within("room for the head", sender.write()).await??;
    let framing = Framing::ToEnd;
    let receiver = Receiver { read, unread: BytesMut::new(), framing, trailers: Vec::new() };
    Ok(Talk { outgoing: Box::new(sender), answer: Answer::new(receiver), local })
}

fn head_of(to: SocketAddr, request: &Request) -> String {
    let mut head = format!("{} {} HTTP/1.1\r\nhost: {to}\r\n", request.method, request.target);
    for (name, value) in &request.fields {
        head += &format!("{name}: {value}\r\n");
    }
    match request.sending {
        Sending::Nothing => head += "connection: close\r\n",
        Sending::Length(length) => {
            head += &format!("connection: close\r\ncontent-length: {length}\r\n");
        }
        Sending::Unknown => head += "connection: close, te\r\ntransfer-encoding: chunked\r\n",
        Sending::Raw => head += "connection: upgrade\r\n",
    }
    head + "\r\n"
}

struct Sender {
    write: Box<dyn AsyncWrite + Send + Unpin>,
    /// The connection once more: both are closed together.
    socket: Socket,
    sending: Sending,
    /// What was to be sent, and was not yet.
    unsent: BytesMut,
}

impl Sender {
    async fn write(&mut self) -> Result<(), Evidence> {
        while !self.unsent.is_empty() {
            self.write.write_buf(&mut self.unsent).await?;
        }
        Ok(self.write.flush().await?)
    }
}

#[async_trait]
impl Outgoing for Sender {
    async fn send(&mut self, data: Bytes) -> Result<(), Evidence> {
        let is_chunk = self.sending == Sending::Unknown && !data.is_empty();
        if is_chunk {
            self.unsent.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
        }
        self.unsent.extend_from_slice(&data);
        if is_chunk {
            self.unsent.extend_from_slice(b"\r\n");
        }
        self.write().await
    }

    async fn finish(&mut self, trailers: &[(&str, &str)]) -> Result<(), Evidence> {
        if self.sending == Sending::Unknown {
            let lines = trailers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
            let end = format!("0\r\n{}\r\n", lines.collect::<String>());
            self.unsent.extend_from_slice(end.as_bytes());
        }
        self.write().await?;
        if self.sending == Sending::Raw {
            self.write.shutdown().await?;
        }
        Ok(())
    }

    fn reset(self: Box<Self>) -> Result<(), Evidence> {
        Ok(self.socket.set_linger(Some(Duration::ZERO))?)
    }
}

/// Where the body ends (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    /// So many bytes of the chunk are left.
    Chunk(u64),
    ToEnd,
    Over,
}

struct Receiver {
    read: Box<dyn AsyncRead + Send + Unpin>,
    /// What came and was not looked at.
    unread: BytesMut,
    framing: Framing,
    trailers: Vec<(String, String)>,
}

#[async_trait]
impl Incoming for Receiver {
    async fn head(&mut self) -> Result<Head, Evidence> {
        loop {
            let head = self.one_head().await?;
            if head.status >= 200 || head.status == 101 {
                self.framing = framing(&head)?;
                return Ok(head);
            }
        }
    }

    async fn data(&mut self) -> Result<Option<Bytes>, Evidence> {
        loop {
            match self.framing {
                Framing::Over | Framing::Length(0) => return Ok(None),
                Framing::Chunk(0) => self.next_chunk().await?,
                Framing::ToEnd => return self.some(u64::MAX).await,
                Framing::Length(left) | Framing::Chunk(left) => {
                    let Some(data) = self.some(left).await? else {
                        return Err(Evidence::new("the answer broke off"));
                    };
                    self.took(crate::pattern::length(&data)).await?;
                    return Ok(Some(data));
                }
            }
        }
    }

    fn trailers(&self) -> &[(String, String)] {
        &self.trailers
    }
}

impl Receiver {
    async fn one_head(&mut self) -> Result<Head, Evidence> {
        let status_line = self.line().await?;
        let mut words = status_line.splitn(3, ' ');
        let both = (words.next(), words.next().map(str::parse));
        let (Some("HTTP/1.1" | "HTTP/1.0"), Some(Ok(status))) = both else {
            return Err(Evidence::new(format!("no status line but {status_line:?}")));
        };
        Ok(Head { status, fields: self.fields().await? })
    }

    /// Field lines, up to the empty one.
    async fn fields(&mut self) -> Result<Vec<(String, String)>, Evidence> {
        let mut fields = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(fields);
            }
            let Some((name, value)) = line.split_once(':') else {
                return Err(Evidence::new(format!("no field line but {line:?}")));
            };
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// A line, without its CRLF.
    async fn line(&mut self) -> Result<String, Evidence> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|two| two == b"\r\n") {
                let line = self.unread.split_to(end);
                drop(self.unread.split_to(2));
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if self.unread.len() > LINE_BYTES {
                return Err(Evidence::new(format!("a line has more than {LINE_BYTES} bytes")));
            }
            if self.read.read_buf(&mut self.unread).await? == 0 {
                return Err(Evidence::new("the connection ended where a line should be"));
            }
        }
    }

    /// Up to so many bytes; `None` at the end of the connection.
    async fn some(&mut self, max_bytes: u64) -> Result<Option<Bytes>, Evidence> {
        if self.unread.is_empty() {
            self.unread.reserve(crate::pattern::PERIOD);
            if self.read.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
        let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let count = self.unread.len().min(max_bytes);
        Ok(Some(self.unread.split_to(count).freeze()))
    }

    async fn took(&mut self, count: u64) -> Result<(), Evidence> {
        match &mut self.framing {
            Framing::Length(left) => *left -= count,
            Framing::Chunk(left) => {
                *left -= count;
                if *left == 0 && !self.line().await?.is_empty() {
                    return Err(Evidence::new("a chunk is longer than it says"));
                }
            }
            Framing::ToEnd | Framing::Over => {}
        }
        Ok(())
    }

    async fn next_chunk(&mut self) -> Result<(), Evidence> {
        let line = self.line().await?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16);
        let size = size.map_err(|_| Evidence::new(format!("no chunk size but {line:?}")))?;
        self.framing = Framing::Chunk(size);
        if size == 0 {
            self.trailers = self.fields().await?;
            self.framing = Framing::Over;
        }
        Ok(())
    }
}

fn framing(head: &Head) -> Result<Framing, Evidence> {
    let length = head.field("content-length").map(str::parse::<u64>);
    match (head.status, head.field("transfer-encoding"), length) {
        (101, _, _) => Ok(Framing::ToEnd),
        (204 | 304, _, _) => Ok(Framing::Over),
        (_, Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunk(0)),
        (_, None, Some(Ok(length))) => Ok(Framing::Length(length)),
        (_, None, None) => Ok(Framing::ToEnd),
        _ => Err(Evidence::new(format!("the answer {} has no framing", head.status))),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// The body that a client reads of these bytes, and the trailer fields.
    async fn read(answer: &'static str) -> Result<(String, Vec<(String, String)>), Evidence> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let to = listener.local_addr()?;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1_024];
            assert!(stream.read(&mut head).await.unwrap() > 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let mut talk = open(to, &Request::get("/")).await?;
        server.await.unwrap();
        talk.answer.head_of(200).await?;
        let text = talk.answer.text(1_000).await?;
        Ok((text, talk.answer.trailers().to_vec()))
    }

    async fn body(answer: &'static str) -> String {
        read(answer).await.unwrap().0
    }

    #[tokio::test]
    async fn every_framing_is_read() {
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc").await, "ab");
        assert_eq!(body("HTTP/1.1 200 OK\r\n\r\nabc").await, "abc");
        assert_eq!(body("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\n\r\nabc").await, "abc");
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            2\r\nab\r\n1;x=y\r\nc\r\n0\r\nA: b\r\n\r\n";
        let (text, trailers) = read(chunks).await.unwrap();
        assert_eq!((text.as_str(), trailers), ("abc", vec![("a".to_owned(), "b".to_owned())]));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_not_whole() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        ] {
            assert!(read(answer).await.is_err(), "{answer}");
        }
    }

    #[tokio::test]
    async fn another_status_is_evidence_that_quotes_the_answer() {
        let answer = "HTTP/1.1 501 No\r\ncontent-length: 9\r\n\r\nnot here\n";
        let evidence = read(answer).await.unwrap_err();
        assert_eq!(evidence.text(), "the answer is 501 not here");
    }
}
