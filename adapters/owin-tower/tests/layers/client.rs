//! A client over a real socket, and what it gets.

use std::fmt::Debug;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use owin_tower::BoxError;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long anything may take before a test fails with a message.
const BUDGET: Duration = Duration::from_secs(20);

/// Waits within the budget.
pub(crate) async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    tokio::time::timeout(BUDGET, wanted).await.expect("it did not come in time")
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The value of a field; none where it is missing.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// An answer that has begun. Dropped, it takes the connection along.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Incoming,
    _connection: JoinSet<Result<(), hyper::Error>>,
}

/// The beginning of a request.
pub(crate) fn request(method: &str, target: &str) -> http::request::Builder {
    Request::builder().method(method).uri(target).header("host", "example.org")
}

/// A `GET` of that target.
pub(crate) fn get(target: &str) -> Request<Empty<Bytes>> {
    request("GET", target).body(Empty::new()).unwrap()
}

/// A `POST` of that text.
pub(crate) fn post(text: impl Into<Bytes>) -> Request<http_body_util::Full<Bytes>> {
    request("POST", "/").body(http_body_util::Full::new(text.into())).unwrap()
}

/// Sends a request on a connection of its own; the answer begins, and may go on.
pub(crate) async fn open<B>(socket: SocketAddr, request: Request<B>) -> Result<Opened, hyper::Error>
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let stream = TcpStream::connect(socket).await.unwrap();
    stream.set_nodelay(true).unwrap();
    // Closed in the usual way it would only say that it has no more to ask.
    stream.set_zero_linger().unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut runs = JoinSet::new();
    runs.spawn(connection);
    let (head, body) = soon(sender.send_request(request)).await?.into_parts();
    Ok(Opened { head, body, _connection: runs })
}

/// Reads an answer to its end.
pub(crate) async fn whole(answer: Opened) -> Result<Reply, hyper::Error> {
    let body = soon(answer.body.collect()).await?.to_bytes();
    Ok(Reply { status: answer.head.status, headers: answer.head.headers, body })
}

/// The next bytes of an answer; none at its end.
pub(crate) async fn chunk<B>(body: &mut B) -> Option<Result<Bytes, B::Error>>
where
    B: Body<Data = Bytes, Error: Debug> + Unpin,
{
    let frame = soon(body.frame()).await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}
