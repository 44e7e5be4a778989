//! What services made for hyper upgrade a connection by, on any server.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{App, Dictionary, Environment, Error, Middleware, keys};
use owin_http::REQUEST_EXTENSIONS;

use crate::switch::{self, Handle};

/// The request that hyper's connection is given. What it asks for does not matter: hyper hands over
/// whatever it answers with 101.
const SCRIPT: &[u8] =
    b"GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: opaque\r\n\r\n";

/// Offers a foreign service the extension that services made for hyper upgrade a connection by:
/// [`OnUpgrade`], among the extensions of the request that [`take_request`](owin_http::take_request)
/// makes. There where the server offers `opaque.Upgrade`; else `None`.
///
/// When the service has answered with 101, or with 200 to a CONNECT of HTTP/2, put its response in
/// and accept: [`Upgrading::accept`]. [`OfferUpgrade`] does both.
///
/// hyper makes no such extension for others. So this lets a connection of hyper's read a request
/// that asks for an upgrade, takes its extension, and puts the real stream behind that connection
/// once the server has handed it over.
///
/// # Errors
///
/// Where the extensions cannot be set.
///
/// ```
/// use owin_core::{Environment, Error, keys, upgrade::OpaqueUpgrade};
/// use owin_http::take_request;
/// use owin_hyper::offer_upgrade;
///
/// let mut env = Environment::new();
/// assert!(offer_upgrade(&mut env)?.is_none(), "the server does not offer it");
/// env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new("echo"))?;
/// let upgrading = offer_upgrade(&mut env)?;
/// assert!(upgrading.is_some());
/// let request = take_request(&mut env);
/// assert!(request.extensions().get::<hyper::upgrade::OnUpgrade>().is_some());
/// # Ok::<_, Error>(())
/// ```
pub fn offer_upgrade(env: &mut Environment) -> Result<Option<Upgrading>, Error> {
    let Some(opaque) = env.get(keys::OPAQUE_UPGRADE).cloned() else { return Ok(None) };
    let (transport, handle) = switch::switch(Bytes::from_static(SCRIPT));
    let given: Arc<Mutex<Option<OnUpgrade>>> = Arc::default();
    let taking = Arc::clone(&given);
    let is_handed: Arc<AtomicBool> = Arc::default();
    let awaited = Arc::clone(&is_handed);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
        *taking.lock().unwrap_or_else(PoisonError::into_inner) = on_upgrade;
        let awaited = Arc::clone(&awaited);
        // Whoever says so polls the connection again.
        poll_fn(move |_| match awaited.load(Ordering::Acquire) {
            true => Poll::Ready(Ok::<_, Infallible>(switching())),
            false => Poll::Pending,
        })
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(transport), service);
    let mut connection: Connection = Box::pin(async move {
        let served = connection.with_upgrades().await;
        served.map_err(|error| Error::server("a connection was not handed over").with_source(error))
    });
    // Reads the request and calls the service, which waits.
    let _is_pending = connection.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let given = given.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(on_upgrade) = given else { return Ok(None) };
    let mut extensions = match env.get(REQUEST_EXTENSIONS) {
        Some(_) => env.remove(REQUEST_EXTENSIONS)?.unwrap_or_default(),
        None => http::Extensions::new(),
    };
    extensions.insert(on_upgrade);
    env.set(REQUEST_EXTENSIONS, extensions)?;
    Ok(Some(Upgrading { opaque, connection, is_handed, handle }))
}

type Connection = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// An upgrade that was offered to a foreign service; made by [`offer_upgrade`].
///
/// Where it is dropped the extension fails, as it does on hyper for any other answer than 101.
#[must_use = "the service that was given the extension waits for it"]
pub struct Upgrading {
    opaque: OpaqueUpgrade,
    connection: Connection,
    is_handed: Arc<AtomicBool>,
    handle: Handle,
}

impl Upgrading {
    /// Takes the connection over for the service, which has answered with 101: records the decision
    /// in the environment. The service gets the connection when the server performs it, and the
    /// connection ends when the service drops it.
    ///
    /// # Errors
    ///
    /// Where the response has started, or the connection was taken over already.
    pub fn accept(self, env: &mut Environment) -> Result<(), Error> {
        let Self { opaque, connection, is_handed, handle } = self;
        opaque.accept(env, None, async move |mut env: Dictionary| {
            let stream = env.remove(keys::OPAQUE_STREAM)?;
            let stream = stream.ok_or_else(|| Error::server("there is no opaque.Stream"))?;
            is_handed.store(true, Ordering::Release);
            connection.await?;
            handle.put(stream);
            poll_fn(|cx| handle.poll_dropped(cx)).await;
            Ok(())
        })
    }
}

/// The answer that hands the connection over.
fn switching() -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("opaque"));
    response
}

impl fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrading").field("opaque", &self.opaque).finish_non_exhaustive()
    }
}

/// Offers the extension to the apps inside, which are foreign services, and takes the connection over
/// where they answer with 101, or with 200 to a CONNECT: see [`offer_upgrade`].
///
/// ```
/// use owin_core::{AppExt, Environment, Error};
/// use owin_http::{put_response, take_request};
/// use owin_hyper::OfferUpgrade;
///
/// async fn echo(mut env: Environment) -> Result<Environment, Error> {
///     let request = take_request(&mut env);
///     let upgrade = hyper::upgrade::on(request);
///     tokio::spawn(async move {
///         let Ok(upgraded) = upgrade.await else { return };
///         let mut io = tokio::io::split(hyper_util::rt::TokioIo::new(upgraded));
///         let _lost = tokio::io::copy(&mut io.0, &mut io.1).await;
///     });
///     let switching = http::Response::builder().status(101);
///     put_response(&mut env, switching.body(String::new())?)?;
///     Ok(env)
/// }
/// let app = echo.with(OfferUpgrade);
/// # let _app = app.boxed();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct OfferUpgrade;

/// The app that [`OfferUpgrade`] makes.
#[derive(Clone, Debug)]
pub struct OfferUpgradeApp<A>(A);

impl<A: App> Middleware<A> for OfferUpgrade {
    type App = OfferUpgradeApp<A>;

    fn wrap(self, app: A) -> OfferUpgradeApp<A> {
        OfferUpgradeApp(app)
    }
}

impl<A: App> App for OfferUpgradeApp<A> {
    async fn call(&self, mut env: Environment) -> Result<Environment, Error> {
        let upgrading = offer_upgrade(&mut env)?;
        let mut env = self.0.call(env).await?;
        let status = env.response().status();
        let is_connect = *env.request().method() == Method::CONNECT;
        let is_switching =
            status == StatusCode::SWITCHING_PROTOCOLS || (is_connect && status.is_success());
        if let Some(upgrading) = upgrading.filter(|_| is_switching)
            && env.upgrade_decision().is_none()
        {
            upgrading.accept(&mut env)?;
        }
        Ok(env)
    }
}
