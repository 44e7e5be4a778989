//! hyper itself, and the servers of the contract.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use nowin_like_server::NowinServer;
use owin_core::{App, AppExt as _, BoxApp, Properties, Running, Server, server};
use owin_hyper::HyperServer;
use owin_tiny_http::TinyHttpServer;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::{Service, ServiceExt as _};

/// Any error.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A server that runs; stops when it is dropped.
pub(crate) struct Started {
    pub(crate) name: &'static str,
    pub(crate) socket: SocketAddr,
    _running: Runs,
}

enum Runs {
    Plain { _accepting: JoinSet<()> },
    Ours(Option<Box<dyn Running>>),
}

/// A foreign service on hyper itself, over HTTP/1.1.
pub(crate) async fn plain<S, B>(service: S) -> Started
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    plain_over(service, false).await
}

/// The same, over HTTP/2 where it is wanted.
pub(crate) async fn plain_over<S, B>(service: S, is_http_2: bool) -> Started
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = listener.local_addr().unwrap();
    let mut accepting = JoinSet::new();
    accepting.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, remote)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let service = service.clone();
            let io = TokioIo::new(stream);
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(remote));
                service.clone().oneshot(request)
            });
            connections.spawn(async move {
                let _lost = if is_http_2 {
                    http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
                } else {
                    http1::Builder::new().serve_connection(io, service).with_upgrades().await
                };
            });
        }
    });
    Started { name: "plain hyper", socket, _running: Runs::Plain { _accepting: accepting } }
}

/// An app on the reference server.
pub(crate) async fn nowin(app: impl App) -> Started {
    ours(Box::new(NowinServer::new()), app.boxed()).await
}

/// An app on hyper, by way of the contract.
pub(crate) async fn hyper(app: impl App) -> Started {
    ours(Box::new(HyperServer::new()), app.boxed()).await
}

/// An app on tiny_http.
pub(crate) async fn tiny(app: impl App) -> Started {
    ours(Box::new(TinyHttpServer::new()), app.boxed()).await
}

async fn ours(server: Box<dyn Server>, app: BoxApp) -> Started {
    let name = match server.name() {
        "hyper" => "owin-hyper",
        "tiny-http" => "owin-tiny-http",
        _ => "the reference server",
    };
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let running = server::start(server, properties, |_| Ok(app)).await.unwrap();
    let socket = running.addresses()[0].sockets().unwrap()[0];
    Started { name, socket, _running: Runs::Ours(Some(running)) }
}

impl Started {
    /// Stops, and waits for it.
    pub(crate) async fn stop(mut self) {
        if let Runs::Ours(running) = &mut self._running {
            let running = running.take().unwrap();
            let _cut_off = running.stop(Duration::from_secs(5)).await;
        }
    }
}
