//! An app as hyper's service.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::service::Service;
use hyper::upgrade::OnUpgrade;
use owin_core::features::ConnectionInfo;
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{BoxApp, CancelReason, Environment, Error, keys};
use owin_http::{Calls, Framing, Respond, Unfinished};

use crate::body::{AnswerBody, RequestBody};
use crate::cookies;
use crate::line::Line;
use crate::stop::{Phase, Stop};
use crate::upgrade;

/// How long an app may go on after its client has gone.
pub(crate) const APP_GRACE: Duration = Duration::from_secs(5);

/// An app as the service of one connection of hyper's, for servers that run hyper themselves, over
/// TLS or a transport of their own. [`HyperServer`](crate::HyperServer) is a whole server.
///
/// Serve the connection with upgrades
/// ([`with_upgrades`](hyper::server::conn::http1::Connection::with_upgrades)), on a runtime of
/// tokio: what is left of a call whose client has gone is driven on there for some seconds.
///
/// ```
/// use hyper::{server::conn::http1, service::Service};
/// use owin_core::{AppExt, Environment, Error, features::ConnectionInfo};
/// use owin_hyper::AppService;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
/// let service = AppService::new(&app, ConnectionInfo::new());
/// // http1::Builder::new().serve_connection(io, service).with_upgrades().await
/// let request = http::Request::get("/").header("host", "h").body(String::new())?;
/// let Ok(response) = service.call(request).await;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AppService {
    calls: Calls,
    line: Arc<Line>,
    mount: Mount,
    stop: Stop,
}

/// What the address says of all requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mount {
    /// The path base; empty, or with a slash in front.
    pub(crate) path_base: Arc<str>,
    /// The connection is in clear text, and nobody else says `https`.
    pub(crate) is_clear: bool,
}

impl AppService {
    /// Makes the service of a connection.
    #[must_use]
    pub fn new(app: &BoxApp, connection: impl Into<Arc<ConnectionInfo>>) -> Self {
        let stop = Stop::default();
        let calls = Calls::finished_by(app, connection, finisher(&stop));
        let calls = calls.with_framing(Framing::ByBody);
        Self { calls, line: Arc::default(), mount: Mount::default(), stop }
    }

    /// Answers a request; whoever hosts the service adds to the environment what it knows besides: a
    /// path base, whose connection it is. For frameworks, which know it for each request only.
    ///
    /// Where `add` fails the error's status is the answer, and the app is not called.
    ///
    /// ```
    /// use http_body::Body;
    /// use owin_core::{AppExt, Environment, Error, features::ConnectionInfo};
    /// use owin_hyper::AppService;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// let app = (async |mut env: Environment| -> Result<Environment, Error> {
    ///     let base = env.request().path_base().to_owned();
    ///     env.response_mut().set_body(base);
    ///     Ok(env)
    /// }).boxed();
    /// let service = AppService::new(&app, ConnectionInfo::new());
    /// let request = http::Request::get("/a").header("host", "h").body(String::new())?;
    /// let answer = service.answer(request, |env| {
    ///     env.request_mut().set_path_base("/shop");
    ///     Ok(())
    /// });
    /// let Ok(response) = answer.await;
    /// assert_eq!(response.body().size_hint().exact(), Some(5));
    /// # Ok(())
    /// # }
    /// ```
    pub fn answer<B>(
        &self,
        mut request: Request<B>,
        add: impl FnOnce(&mut Environment) -> Result<(), Error>,
    ) -> Answer
    where
        B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        let is_line = request.version() < Version::HTTP_2;
        if !is_line {
            cookies::joined(request.headers_mut());
        }
        let has_extensions = !request.extensions().is_empty();
        let on_upgrade = if has_extensions { request.extensions_mut().remove() } else { None };
        let offer = if on_upgrade.is_some() { upgrade::protocol(&request) } else { None };
        let is_whole = request.body().is_end_stream();
        let line = is_line.then(|| Arc::clone(&self.line));
        if let Some(line) = &line {
            line.begin(is_whole);
        }
        let watched = line.clone().filter(|_| !is_whole);
        let request = request.map(|body| RequestBody::new(body, watched));
        let respond = self.calls.respond_with(request, |env| {
            self.mount.add(env, offer)?;
            add(env)
        });
        Answer { respond, on_upgrade, line, stop: self.stop.clone() }
    }

    /// The same in a server.
    pub(crate) fn of_server(calls: Calls, line: Arc<Line>, mount: Mount, stop: Stop) -> Self {
        Self { calls, line, mount, stop }
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }
}

/// What drives calls to their end of which the client wants nothing more.
pub(crate) fn finisher(stop: &Stop) -> Arc<dyn Fn(Unfinished) + Send + Sync> {
    let stop = stop.clone();
    Arc::new(move |unfinished| {
        if unfinished.is_cancelled() && stop.phase() == Phase::Aborting {
            stop.count_cut_off();
        }
        stop.spawn(finish(unfinished, stop.clone()));
    })
}

async fn finish(unfinished: Unfinished, stop: Stop) {
    if unfinished.is_cancelled() {
        let _is_late = tokio::time::timeout(APP_GRACE, unfinished).await;
        return;
    }
    let mut listening = stop.listener();
    tokio::select! {
        biased;
        () = unfinished => {}
        () = listening.reached(Phase::Aborting) => stop.count_cut_off(),
    }
}

impl<B> Service<Request<B>> for AppService
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: Request<B>) -> Answer {
        self.answer(request, |_| Ok(()))
    }
}

impl Mount {
    /// What the server knows of a request besides.
    fn add(&self, env: &mut Environment, offer: Option<String>) -> Result<(), Error> {
        let misdirected = self.is_clear && env.request().scheme() != "http";
        if misdirected {
            return Err(Error::peer("a resource of https was asked for in clear text")
                .with_status(StatusCode::MISDIRECTED_REQUEST));
        }
        if *env.request().method() == Method::CONNECT && offer.is_none() {
            return Err(Error::peer("this server opens no tunnels")
                .with_status(StatusCode::NOT_IMPLEMENTED));
        }
        if !self.path_base.is_empty() {
            self.split(env)?;
        }
        if let Some(protocol) = offer {
            env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new(protocol))?;
        }
        Ok(())
    }

    fn split(&self, env: &mut Environment) -> Result<(), Error> {
        let split = owin_core::path::split_base(env.request().path(), &self.path_base);
        let Some((base, path)) = split.map(|(base, path)| (base.to_owned(), path.to_owned()))
        else {
            return Err(
                Error::peer("nothing is mounted at this path").with_status(StatusCode::NOT_FOUND)
            );
        };
        env.request_mut().set_path_base(&base);
        env.request_mut().set_path(&path);
        Ok(())
    }
}

/// The future of an answer; never fails.
#[must_use = "futures do nothing unless polled"]
pub struct Answer {
    respond: Respond,
    on_upgrade: Option<OnUpgrade>,
    /// Nothing over HTTP/2.
    line: Option<Arc<Line>>,
    stop: Stop,
}

impl Future for Answer {
    type Output = Result<Response<AnswerBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Poll::Ready(response) = Pin::new(&mut this.respond).poll(cx) {
            let is_line = this.line.is_some();
            let line = this.line.take();
            let mut response = response.map(|body| AnswerBody::new(body, line));
            if let Some(decision) = response.body_mut().take_upgrade() {
                if !is_line {
                    upgrade::make_stream(&mut response);
                }
                upgrade::perform(decision, this.on_upgrade.take(), &this.stop);
            }
            if !response.extensions().is_empty() {
                upgrade::translate(response.extensions_mut());
            }
            return Poll::Ready(Ok(response));
        }
        if let Some(line) = &this.line {
            line.look_for_loss(cx);
            if line.take_broken() {
                this.respond.cancel(CancelReason::PeerClosed);
            }
        }
        Poll::Pending
    }
}

/// Nobody waits for the answer any more.
impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.end();
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}
