//! The same answer by way of a bridge: an app on hyper, a tower service on both servers, layers of
//! tower in the middle of a pipeline.

use std::convert::Infallible;
use std::hint::black_box;
use std::io;
use std::task::{Context, Poll};

use bytes::Bytes;
use examples::apps::plaintext;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use nowin_like_server::Runtimes;
use owin_core::features::ConnectionInfo;
use owin_core::{AppExt as _, BoxApp, Environment, RequestBody};
use owin_http::{Calls, Framing};
use tokio::net::{TcpListener, TcpStream};
use tower::util::MapRequestLayer;
use tower::{Service as _, ServiceBuilder};

use super::{Peer, floor, owin};

/// Runs one of them.
pub(super) async fn serve(peer: Peer) -> io::Result<()> {
    match peer {
        Peer::HyperApp => on_hyper(app_on_hyper).await,
        Peer::HyperTower => on_hyper(tower_on_hyper).await,
        Peer::FloorTower => floor::serve(ask_hello).await,
        Peer::NowinTower => on_nowin(owin_tower::app(Hello).boxed()).await,
        Peer::NowinLayers => on_nowin(with_layers()).await,
        _ => on_nowin(with_blind_layers()).await,
    }
}

/// A tower service, as a user of tower writes one.
#[derive(Clone)]
struct Hello;

impl<B> tower::Service<Request<B>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<B>) -> Self::Future {
        let mut response = Response::new(Full::from(super::BODY));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        std::future::ready(Ok(response))
    }
}

/// The service alone, with a request that was not read and an answer that is not written.
fn ask_hello() {
    let mut request = Request::new(());
    request.headers_mut().insert(HOST, HeaderValue::from_static("127.0.0.1"));
    drop(black_box(Hello.call(request).into_inner()));
}

/// Five layers that do nothing, one behind the other.
macro_rules! five {
    ($type:ty) => {{
        let nothing = || MapRequestLayer::new(|passed: $type| passed);
        let three = ServiceBuilder::new().layer(nothing()).layer(nothing()).layer(nothing());
        three.layer(nothing()).layer(nothing())
    }};
}

fn with_layers() -> BoxApp {
    plaintext.with(owin_tower::layer(five!(Request<RequestBody>))).boxed()
}

fn with_blind_layers() -> BoxApp {
    plaintext.with(owin_tower::environment_layer(five!(Environment))).boxed()
}

async fn on_nowin(app: BoxApp) -> io::Result<()> {
    owin::serve_app(app, Runtimes::Shared).await
}

async fn on_hyper<C>(connection: fn(TcpStream) -> C) -> io::Result<()>
where
    C: Future<Output = hyper::Result<()>> + Send + 'static,
{
    let listener = TcpListener::from_std(super::listen()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        drop(tokio::spawn(connection(stream)));
    }
}

async fn app_on_hyper(stream: TcpStream) -> hyper::Result<()> {
    // hyper says itself how long a body is.
    let calls = Calls::new(&plaintext.boxed(), ConnectionInfo::new());
    let calls = calls.with_framing(Framing::ByBody);
    let service = service_fn(move |request| {
        let respond = calls.respond(request);
        async { Ok::<_, Infallible>(respond.await) }
    });
    let mut http = http1::Builder::new();
    http.pipeline_flush(true).serve_connection(TokioIo::new(stream), service).await
}

async fn tower_on_hyper(stream: TcpStream) -> hyper::Result<()> {
    let service = TowerToHyperService::new(Hello);
    let mut http = http1::Builder::new();
    http.pipeline_flush(true).serve_connection(TokioIo::new(stream), service).await
}
