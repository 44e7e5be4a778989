//! A server on a free port, and a client that says and sees every byte.

mod client;
mod judge;
mod raw;
mod response;

use std::fmt::Write as _;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use nowin_like_server::NowinServer;
use owin_core::{Address, App, AppExt, Environment, Error, Properties, Running, server};
use tokio::sync::mpsc;

pub(crate) use self::client::Client;
pub(crate) use self::judge::Judge;
pub(crate) use self::raw::{GET_AND_CLOSE, body_of, talk, try_talk};
pub(crate) use self::response::Response;

/// What an app gives back.
pub(crate) type Answer = Result<Environment, Error>;

/// How long anything may take before the test fails with a message.
pub(crate) const BUDGET: Duration = Duration::from_secs(10);

/// Waits within the budget.
pub(crate) async fn soon<T>(what: &str, wanted: impl Future<Output = T>) -> T {
    match tokio::time::timeout(BUDGET, wanted).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {BUDGET:?}"),
    }
}

/// A server that runs.
pub(crate) struct Started {
    running: Box<dyn Running>,
}

impl Started {
    pub(crate) fn addresses(&self) -> &[Address] {
        self.running.addresses()
    }

    pub(crate) fn properties(&self) -> &Properties {
        self.running.properties()
    }

    /// The first address that was bound.
    pub(crate) fn socket(&self) -> SocketAddr {
        let first = self.addresses().first().unwrap();
        first.sockets().unwrap().remove(0)
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.socket()).await
    }

    /// One `GET` on a connection of its own.
    pub(crate) async fn get(&self, target: &str) -> Response {
        self.connect().await.get(target).await
    }

    /// The answer to these bytes on a connection of its own.
    pub(crate) async fn answer_to(&self, request: impl AsRef<[u8]>) -> Response {
        let mut client = self.connect().await;
        client.send(request).await;
        client.response().await
    }

    /// Everything that comes back for these bytes, up to the end of the connection.
    pub(crate) async fn all(&self, request: impl AsRef<[u8]>) -> String {
        let mut client = self.connect().await;
        client.send(request).await;
        client.rest().await
    }

    pub(crate) async fn stop(self, deadline: Duration) -> Result<(), Error> {
        soon("the stop", self.running.stop(deadline)).await
    }
}

/// Starts an app on a free port of the loopback address.
pub(crate) async fn serve(app: impl App) -> Started {
    serve_at("http://127.0.0.1:0", app).await
}

/// Starts an app at an address.
pub(crate) async fn serve_at(address: &str, app: impl App) -> Started {
    start_with(NowinServer::new(), &[address], app).await.unwrap()
}

/// Starts an app on a server at some addresses.
pub(crate) async fn start_with(
    server: NowinServer,
    addresses: &[&str],
    app: impl App,
) -> Result<Started, Error> {
    let mut properties = Properties::new();
    for address in addresses {
        properties.listen_on(address.parse()?);
    }
    start_built(server, properties, |_| Ok(app.boxed())).await
}

/// Starts what is built with the properties.
pub(crate) async fn start_built(
    server: NowinServer,
    properties: Properties,
    build: impl FnOnce(&mut Properties) -> Result<owin_core::BoxApp, Error>,
) -> Result<Started, Error> {
    let running = server::start(Box::new(server), properties, build).await?;
    Ok(Started { running })
}

/// Does nothing: 200 without a body.
pub(crate) async fn nothing(env: Environment) -> Answer {
    Ok(env)
}

/// Answers with a text, whatever is asked.
pub(crate) fn hello(text: &'static str) -> impl App {
    move |mut env: Environment| async move {
        env.response_mut().set_body(text);
        Ok(env)
    }
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

/// Answers with the body of the request, once all of it has come.
pub(crate) async fn echo(mut env: Environment) -> Answer {
    let body = env.request_mut().body_mut().read_to_end(usize::MAX).await?;
    env.response_mut().set_body(body);
    Ok(env)
}

/// Answers with the number of bytes of the body and their sum.
pub(crate) async fn digest(mut env: Environment) -> Answer {
    let (mut count, mut sum) = (0_usize, 0_u64);
    while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
        count += chunk.len();
        sum = chunk.iter().fold(sum, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
    }
    env.response_mut().set_body(format!("{count} {sum}"));
    Ok(env)
}

/// What [`digest`] says of a body.
pub(crate) fn digest_of(body: &[u8]) -> String {
    let sum = body.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
    format!("{} {sum}", body.len())
}

/// Bytes that repeat after 251.
pub(crate) fn pattern(count: usize) -> Vec<u8> {
    (0_u8..251).cycle().take(count).collect()
}

/// A `POST` with a body of known length.
pub(crate) fn post(target: &str, body: &[u8]) -> Vec<u8> {
    let mut head = format!("POST {target} HTTP/1.1\r\nHost: h\r\n");
    write!(head, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
    [head.as_bytes(), body].concat()
}

/// A `POST` whose body comes in chunks of that many bytes.
pub(crate) fn post_chunked(body: &[u8], size: usize) -> Vec<u8> {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut all = head.as_bytes().to_vec();
    for chunk in body.chunks(size) {
        all.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        all.extend_from_slice(chunk);
        all.extend_from_slice(b"\r\n");
    }
    all.extend_from_slice(b"0\r\n\r\n");
    all
}

/// What apps tell the test.
pub(crate) struct Seen<T>(mpsc::UnboundedReceiver<T>);

/// A way from apps to the test.
pub(crate) fn seen<T>() -> (mpsc::UnboundedSender<T>, Seen<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Seen(receiver))
}

impl<T> Seen<T> {
    /// Waits for the next.
    pub(crate) async fn next(&mut self, what: &str) -> T {
        soon(what, self.0.recv()).await.unwrap_or_else(|| panic!("{what}: nobody tells"))
    }

    /// What was told and not looked at.
    pub(crate) fn rest(&mut self) -> Vec<T> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}
