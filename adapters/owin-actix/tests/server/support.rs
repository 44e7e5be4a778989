//! A server to talk to, and a client that says what it is told to, byte by byte.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use owin_actix::ActixServer;
use owin_core::{AppExt, BoxApp, Environment, Error, Properties, Running, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything takes that works.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A server that runs.
pub(crate) struct Served {
    pub(crate) running: Box<dyn Running>,
    pub(crate) address: SocketAddr,
}

/// Serves an app on a free port.
pub(crate) async fn serve(app: BoxApp) -> Served {
    serve_with(ActixServer::new().with_workers(2.try_into().unwrap()), app).await
}

pub(crate) async fn serve_with(actix: ActixServer, app: BoxApp) -> Served {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let running = server::start(Box::new(actix), properties, |_| Ok(app)).await.unwrap();
    let address = running.addresses()[0].sockets().unwrap()[0];
    Served { running, address }
}

impl Served {
    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    pub(crate) async fn stop(self) {
        self.running.stop(LONG).await.unwrap();
    }
}

/// Any async closure as a boxed app.
pub(crate) fn app<F, Fut>(app: F) -> BoxApp
where
    F: Fn(Environment) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Environment, Error>> + Send + 'static,
{
    app.boxed()
}

pub(crate) fn hello() -> BoxApp {
    app(async |mut env: Environment| {
        let text = format!("hello from {}", env.request().path());
        env.response_mut().set_body(text);
        Ok(env)
    })
}

/// Gives back what it gets, piece by piece.
pub(crate) fn echo() -> BoxApp {
    app(async |mut env: Environment| {
        while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
            env.response_mut().write_bytes(chunk).await?;
        }
        Ok(env)
    })
}

/// A client on one connection.
pub(crate) struct Client {
    pub(crate) reader: OwnedReadHalf,
    /// Gone while somebody else sends.
    pub(crate) writer: Option<OwnedWriteHalf>,
    unread: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let (reader, writer) = TcpStream::connect(address).await.unwrap().into_split();
        Self { reader, writer: Some(writer), unread: Vec::new() }
    }

    /// A client on a connection of which some bytes were read already.
    pub(crate) fn of(stream: TcpStream, read: &[u8]) -> Self {
        let (reader, writer) = stream.into_split();
        Self { reader, writer: Some(writer), unread: read.to_vec() }
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.reader.reunite(self.writer.unwrap()).unwrap()
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.writer.as_mut().unwrap().write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends from a task of its own, and goes on although the server may close. The connection
    /// stays open to the end.
    pub(crate) fn send_beside(&mut self, bytes: Vec<u8>) -> JoinHandle<OwnedWriteHalf> {
        let mut writer = self.writer.take().unwrap();
        tokio::spawn(async move {
            let _closed_early = writer.write_all(&bytes).await;
            writer
        })
    }

    /// Says that no more will come.
    pub(crate) async fn half_close(&mut self) {
        self.writer.as_mut().unwrap().shutdown().await.unwrap();
    }

    /// Goes away with a reset.
    pub(crate) fn reset(self) {
        let stream = self.into_stream();
        stream.set_zero_linger().unwrap();
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        self.answer().await
    }

    /// Reads more; `false` at the end.
    async fn more(&mut self) -> bool {
        let mut buf = vec![0; 64 * 1024];
        let count = timeout(LONG, self.reader.read(&mut buf)).await.expect("the server is silent");
        let count = count.unwrap_or(0);
        self.unread.extend_from_slice(&buf[..count]);
        count > 0
    }

    pub(crate) async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|bytes| bytes == end) {
                return self.unread.drain(..at + end.len()).collect();
            }
            assert!(self.more().await, "ended behind {:?}", String::from_utf8_lossy(&self.unread));
        }
    }

    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert!(self.more().await, "ended after {} of {count}", self.unread.len());
        }
        self.unread.drain(..count).collect()
    }

    /// What comes until the connection ends, by a close or a reset.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.unread)
    }

    pub(crate) async fn head(&mut self) -> Answer {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await).unwrap();
        let status = head[9..12].parse().unwrap();
        Answer { status, head, body: Vec::new() }
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        if let Some(length) = answer.field("content-length").map(|length| length.parse().unwrap()) {
            answer.body = self.exactly(length).await;
        } else if answer.field("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk().await {
                answer.body.extend_from_slice(&chunk);
            }
        }
        answer
    }

    /// The next chunk; `None` for the last.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = String::from_utf8(self.until(b"\r\n").await).unwrap();
        let size = usize::from_str_radix(line.trim(), 16).unwrap();
        let chunk = self.exactly(size).await;
        self.until(b"\r\n").await;
        (size > 0).then_some(chunk)
    }
}

/// An app that stops its whole thread behind a flush until the client has seen what was flushed, and
/// what tells it so.
pub(crate) fn stops_behind_a_flush() -> (BoxApp, Sender<()>) {
    let (tell, told) = std::sync::mpsc::channel();
    let told = Arc::new(Mutex::new(told));
    let app = app(move |mut env: Environment| {
        let told = Arc::clone(&told);
        async move {
            env.response_mut().write("flushed").await?;
            env.response_mut().flush().await?;
            let has_seen = told.lock().unwrap().recv_timeout(LONG / 4).is_ok();
            env.response_mut().write(format!("seen: {has_seen}")).await?;
            Ok(env)
        }
    });
    (app, tell)
}

/// Gets the answer of such an app.
pub(crate) async fn sees_what_is_flushed(client: &mut Client, path: &str, tell: &Sender<()>) {
    client.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
    client.head().await;
    assert_eq!(client.chunk().await.unwrap(), b"flushed");
    tell.send(()).unwrap();
    assert_eq!(client.chunk().await.unwrap(), b"seen: true");
    assert_eq!(client.chunk().await, None);
}
