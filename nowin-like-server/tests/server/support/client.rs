//! A client that says and sees every byte.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::response::{Framing, Response};
use super::soon;

/// One connection to a server, from outside.
pub(crate) struct Client {
    stream: TcpStream,
    /// What came and was not looked at.
    unread: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        let stream = soon("the connection", TcpStream::connect(to)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }

    /// A client over a connection that was made.
    pub(crate) fn over(stream: TcpStream) -> Self {
        Self { stream, unread: Vec::new() }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("the server takes the bytes");
    }

    /// Sends as much as the server takes.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        soon("room for the bytes", self.stream.write_all(bytes.as_ref())).await
    }

    /// Sends no more, but goes on reading.
    pub(crate) async fn half_close(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Breaks the connection off with a reset.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// What came and was not looked at.
    pub(crate) fn take_unread(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unread)
    }

    /// The two halves, for a client that reads while it writes.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    pub(crate) async fn get(&mut self, target: &str) -> Response {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        self.response().await
    }

    pub(crate) async fn head(&mut self, target: &str) -> Response {
        self.send(format!("HEAD {target} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        self.response_head().await
    }

    /// A whole response.
    pub(crate) async fn response(&mut self) -> Response {
        let mut response = self.response_head().await;
        match response.framing() {
            Framing::Empty => {}
            Framing::Length(length) => response.body = self.exactly(length).await,
            Framing::Chunked => self.chunks(&mut response).await,
            Framing::ToEnd => response.body = self.rest().await.into_bytes(),
        }
        response
    }

    /// A head, and nothing behind it.
    pub(crate) async fn response_head(&mut self) -> Response {
        let mut head = String::new();
        loop {
            let line = self.line().await;
            if line.is_empty() {
                return Response::parse(&head);
            }
            head += &line;
            head += "\r\n";
        }
    }

    async fn chunks(&mut self, response: &mut Response) {
        loop {
            let size = usize::from_str_radix(&self.line().await, 16).expect("a chunk size");
            if size == 0 {
                break;
            }
            let data = self.exactly(size).await;
            response.body.extend_from_slice(&data);
            assert_eq!(self.line().await, "", "the end of a chunk");
        }
        loop {
            let line = self.line().await;
            if line.is_empty() {
                return;
            }
            response.trailers.push(line);
        }
    }

    /// A line, without its CRLF.
    pub(crate) async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.unread.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.unread.drain(..end + 2).take(end).collect();
                return String::from_utf8_lossy(&line).into_owned();
            }
            self.more("a line").await;
        }
    }

    /// The same, or the error of a connection that ended before.
    pub(crate) async fn try_line(&mut self) -> std::io::Result<String> {
        while !self.unread.windows(2).any(|two| two == b"\r\n") {
            if soon("a line", self.stream.read_buf(&mut self.unread)).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.line().await)
    }

    /// So many bytes.
    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            self.more("more bytes").await;
        }
        self.unread.drain(..count).collect()
    }

    async fn more(&mut self, what: &str) {
        let read = soon(what, self.stream.read_buf(&mut self.unread)).await;
        let read = read.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(read > 0, "{what} should come, not the end, after {:?}", self.left());
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> String {
        self.try_rest().await.expect("an orderly end")
    }

    /// The same, or the error that the connection ended with.
    pub(crate) async fn try_rest(&mut self) -> std::io::Result<String> {
        soon("the end of the connection", self.stream.read_to_end(&mut self.unread)).await?;
        Ok(self.left())
    }

    /// Sees to it that nothing more comes and the connection is closed.
    pub(crate) async fn is_closed(&mut self) {
        assert_eq!(self.rest().await, "", "nothing more should come");
    }

    fn left(&self) -> String {
        String::from_utf8_lossy(&self.unread).into_owned()
    }
}
