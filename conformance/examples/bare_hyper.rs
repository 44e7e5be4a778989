//! hyper alone, which the suite is tried against: every request is read to its end and answered.
//! `cargo run -p owin-conformance --example bare_hyper -- 8080`.

use std::error::Error;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let port = std::env::args().nth(1).ok_or("the port is missing")?.parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let http = Builder::new(TokioExecutor::new());
        drop(tokio::spawn(async move {
            // An error of one connection is nobody else's.
            let _ended = http.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        }));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Failure> {
    let _read = request.into_body().collect().await?;
    Ok(Response::new(Full::new(Bytes::from_static(b"hello\n"))))
}
