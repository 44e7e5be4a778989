//! A server on a free port, and a client that says and sees every byte.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use owin_core::{App, AppExt, Environment, Error, Properties, Running, server};
use owin_tiny_http::TinyHttpServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What an app gives back.
pub(crate) type Answer = Result<Environment, Error>;

/// How long anything may take before the test fails with a message.
pub(crate) const BUDGET: Duration = Duration::from_secs(20);

/// Waits within the budget.
pub(crate) async fn soon<T>(what: &str, wanted: impl Future<Output = T>) -> T {
    match tokio::time::timeout(BUDGET, wanted).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {BUDGET:?}"),
    }
}

/// A server that runs.
pub(crate) struct Started(pub(crate) Box<dyn Running>);

impl Started {
    pub(crate) fn socket(&self) -> SocketAddr {
        self.0.addresses().first().unwrap().sockets().unwrap().remove(0)
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.socket()).await
    }

    pub(crate) async fn get(&self, target: &str) -> Response {
        self.connect().await.get(target).await
    }

    /// The answer to these bytes on a connection of its own.
    pub(crate) async fn answer_to(&self, request: impl AsRef<[u8]>) -> Response {
        let mut client = self.connect().await;
        client.send(request).await;
        client.response().await
    }

    pub(crate) async fn stop(self, deadline: Duration) -> Result<(), Error> {
        soon("the stop", self.0.stop(deadline)).await
    }
}

/// Starts an app on a free port of the loopback address.
pub(crate) async fn serve(app: impl App) -> Started {
    start(TinyHttpServer::new(), &["http://127.0.0.1:0"], app).await.unwrap()
}

/// The same, on a server that does not look for its sockets.
pub(crate) async fn serve_blindly(app: impl App) -> Started {
    let server = TinyHttpServer::new().without_sockets();
    start(server, &["http://127.0.0.1:0"], app).await.unwrap()
}

/// Says whether this system lets a process look for its sockets: Linux, outside of some containers.
#[expect(clippy::print_stderr, reason = "a skip is told")]
pub(crate) fn sockets_are_found() -> bool {
    let is_linux = cfg!(target_os = "linux");
    let is_allowed = std::env::var_os("OWIN_NO_PIDFD_GETFD").is_none();
    if !(is_linux && is_allowed) {
        eprintln!("skipped: this system hides the sockets of tiny_http");
    }
    is_linux && is_allowed
}

/// Starts an app on a server at some addresses.
pub(crate) async fn start(
    server: TinyHttpServer,
    addresses: &[&str],
    app: impl App,
) -> Result<Started, Error> {
    let mut properties = Properties::new();
    for address in addresses {
        properties.listen_on(address.parse()?);
    }
    server::start(Box::new(server), properties, |_| Ok(app.boxed())).await.map(Started)
}

/// Answers with a text, whatever is asked.
pub(crate) fn hello(text: &'static str) -> impl App {
    tell(move |_| text.to_owned())
}

/// Answers with what it makes of the request.
pub(crate) fn tell(
    what: impl Fn(&Environment) -> String + Copy + Send + Sync + 'static,
) -> impl App {
    move |mut env: Environment| async move {
        let told = what(&env);
        env.response_mut().set_body(told);
        Ok(env)
    }
}

/// Answers with the body of the request while it comes.
pub(crate) async fn echo(mut env: Environment) -> Answer {
    while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
        env.response_mut().write_bytes(chunk).await?;
    }
    Ok(env)
}

/// Bytes that repeat after 251.
pub(crate) fn pattern(count: usize) -> Vec<u8> {
    (0_u8..251).cycle().take(count).collect()
}

/// One connection to a server, from outside.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        let stream = soon("the connection", TcpStream::connect(to)).await.unwrap();
        Self::of(stream)
    }

    pub(crate) fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = soon("room for the bytes", self.stream.write_all(bytes.as_ref())).await;
        sent.expect("the server takes the bytes");
    }

    pub(crate) async fn get(&mut self, target: &str) -> Response {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        self.response().await
    }

    /// A whole response.
    pub(crate) async fn response(&mut self) -> Response {
        let mut response = self.head().await;
        if response.field("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await {
                response.body.extend(chunk);
            }
            while let Some(line) = Some(self.line().await).filter(|line| !line.is_empty()) {
                response.trailers.push(line);
            }
        } else if let Some(length) = response.field("content-length") {
            let length = length.parse().unwrap();
            response.body = self.exactly(length).await;
        } else if response.status != 204 && response.status != 304 {
            response.body = self.rest().await;
        }
        response
    }

    /// A head, and nothing behind it.
    pub(crate) async fn head(&mut self) -> Response {
        let status = self.line().await;
        let mut response = Response::new(&status);
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else {
                assert_eq!(line, "", "a field line");
                return response;
            };
            let all = response.fields.entry(name.to_lowercase()).or_default();
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(value);
        }
    }

    /// The next chunk; `None` for the last.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = usize::from_str_radix(&self.line().await, 16).expect("a chunk size");
        if size == 0 {
            return None;
        }
        let data = self.exactly(size).await;
        assert_eq!(self.line().await, "", "the end of a chunk");
        Some(data)
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

    /// So many bytes.
    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            self.more("more bytes").await;
        }
        self.unread.drain(..count).collect()
    }

    async fn more(&mut self, what: &str) {
        let read = soon(what, self.stream.read_buf(&mut self.unread)).await.unwrap();
        let so_far = String::from_utf8_lossy(&self.unread);
        assert!(read > 0, "{what} should come, not the end, after {so_far:?}");
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let end = soon("the end of the connection", self.stream.read_to_end(&mut self.unread));
        let _reset_or_not = end.await;
        std::mem::take(&mut self.unread)
    }

    /// Sees to it that the connection ends, and nothing comes before.
    pub(crate) async fn is_closed(&mut self) {
        let rest = self.rest().await;
        assert!(rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest));
    }

    /// Says whether nothing comes for a moment: the server is silent, or waits.
    pub(crate) async fn is_silent(&mut self) -> bool {
        let moment = Duration::from_millis(300);
        self.unread.is_empty()
            && tokio::time::timeout(moment, self.stream.read_buf(&mut self.unread)).await.is_err()
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) line: String,
    fields: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<String>,
}

impl Response {
    fn new(line: &str) -> Self {
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("{line:?} is no status line"));
        let (fields, body, trailers) = (HashMap::new(), Vec::new(), Vec::new());
        Self { status, line: line.to_owned(), fields, body, trailers }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
