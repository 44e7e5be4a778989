//! The HTTP side of a front: hyper, over memory, before what speaks another protocol.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::Arc;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use owin_core::bytes::Bytes;
use owin_core::http::StatusCode;
use tokio::io::DuplexStream;

/// What goes back; an error of its body breaks it off.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>>;

/// What a direction holds before its writer waits.
const PIPE_BYTES: usize = 64 * 1024;

/// What is behind the HTTP of one connection.
pub(crate) trait Behind: Send + Sync + 'static {
    /// The answer to a request.
    fn ask(&self, request: Request<Incoming>) -> impl Future<Output = Answer> + Send;
}

/// A connection of a client to the front, which serves it until it ends.
pub(crate) fn connect(behind: impl Behind) -> io::Result<DuplexStream> {
    let (here, there) = tokio::io::duplex(PIPE_BYTES);
    let behind = Arc::new(behind);
    let service = service_fn(move |request| {
        let behind = Arc::clone(&behind);
        async move { Ok::<_, Infallible>(behind.ask(request).await) }
    });
    // Who has said all still wants the answer.
    let mut server = http1::Builder::new();
    let serving = server.half_close(true).serve_connection(TokioIo::new(there), service);
    tokio::spawn(serving);
    Ok(here)
}

/// What the front answers itself.
pub(crate) fn refusal(status: StatusCode) -> Answer {
    let mut answer = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = status;
    answer
}
