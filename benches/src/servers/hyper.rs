//! hyper's HTTP/1 connection.

use std::convert::Infallible;
use std::error::Error;
use std::io;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::Paths;

pub(super) async fn serve(paths: Paths) -> io::Result<()> {
    let listener = TcpListener::from_std(super::listen()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        match paths {
            Paths::Root => drop(tokio::spawn(connection(stream, answer::<Incoming>))),
            Paths::All => drop(tokio::spawn(connection(stream, read_and_answer))),
        }
    }
}

/// Serves one connection with one of the two functions below.
async fn connection<F, A, E>(stream: TcpStream, app: F) -> hyper::Result<()>
where
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Result<Response<Full<Bytes>>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut http = http1::Builder::new();
    http.pipeline_flush(true).serve_connection(TokioIo::new(stream), service_fn(app)).await
}

async fn answer<B>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(super::BODY.as_bytes())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}

async fn read_and_answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let _what_a_server_would_store = body.collect().await;
    answer(Request::from_parts(head, ())).await
}
