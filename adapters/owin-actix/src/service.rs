//! An OWIN app as a service of actix-web.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::body::MessageBody;
use actix_service::{Service, ServiceFactory};
use actix_web::dev::{
    AppService, HttpServiceFactory, ResourceDef, ServiceRequest, ServiceResponse,
};
use actix_web::{Error as ActixError, HttpRequest, HttpResponse};
use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::path::decode;
use owin_core::{BoxApp, Properties, server};

use crate::answer::{Answer, Mount};
use crate::capabilities::capabilities;
use crate::connection::{Connection, Facts, seen};
use crate::worker::Worker;

/// Mounts an OWIN app in an actix-web application, beside its own services.
///
/// In a scope, the prefix of that is the path base of the app. As a service of the application
/// itself the app gets every request that no service before it took; as its default service every
/// one that none took.
///
/// ```
/// use actix_web::{App, HttpResponse, web};
/// use owin_core::{AppExt, Environment, Error};
///
/// let shop = (async |mut env: Environment| -> Result<Environment, Error> {
///     assert_eq!(env.request().path_base(), "/shop");
///     env.response_mut().set_body("hello");
///     Ok(env)
/// }).boxed();
/// let app = App::new()
///     .route("/status", web::get().to(HttpResponse::Ok))
///     .service(web::scope("/shop").service(owin_actix::service(&shop)));
/// # drop(app);
/// ```
#[must_use]
pub fn service(app: &BoxApp) -> OwinService {
    let mut properties = Properties::new();
    let announced = capabilities().and_then(|said| server::announce(&mut properties, said));
    debug_assert!(announced.is_ok(), "the keys have these types");
    let info = Arc::new(ServerInfo::from_properties(&properties));
    OwinService { app: app.clone(), info }
}

/// An OWIN app as a service of actix-web; made by [`service`].
#[derive(Clone)]
pub struct OwinService {
    app: BoxApp,
    info: Arc<ServerInfo>,
}

impl HttpServiceFactory for OwinService {
    fn register(self, config: &mut AppService) {
        config.register_service(ResourceDef::prefix(""), None, self, None);
    }
}

impl ServiceFactory<ServiceRequest> for OwinService {
    type Response = ServiceResponse;
    type Error = ActixError;
    type Config = ();
    type Service = MountedService;
    type InitError = ();
    type Future = Ready<Result<MountedService, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let worker = Rc::new(Worker::new(&self.app, None));
        ready(Ok(MountedService { worker, info: Arc::clone(&self.info) }))
    }
}

/// An OWIN app on one thread of an actix-web server.
pub struct MountedService {
    worker: Rc<Worker>,
    info: Arc<ServerInfo>,
}

impl MountedService {
    fn connection(&self, request: &HttpRequest) -> Rc<Connection> {
        seen(request.conn_data::<Facts>(), &self.info).unwrap_or_else(|| {
            let mut info = ConnectionInfo::new().with_server(Arc::clone(&self.info));
            if let Some(remote) = request.peer_addr() {
                info = info.with_remote(remote).with_local(request.app_config().local_addr());
            }
            Rc::new(Connection::of_foreign_server(info))
        })
    }
}

impl Service<ServiceRequest> for MountedService {
    type Response = ServiceResponse;
    type Error = ActixError;
    type Future = Mounted;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), ActixError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Mounted {
        let (request, payload) = request.into_parts();
        let connection = self.connection(&request);
        let base = base(&request);
        let is_secure = request.app_config().secure();
        let mount = Mount { worker: &self.worker, base: &base, is_secure };
        let answer = Answer::to(request.head(), payload, connection, mount);
        Mounted { answer, request: Some(request) }
    }
}

/// What the scopes around the app have taken of the path, decoded.
fn base(request: &HttpRequest) -> String {
    let path = request.match_info();
    let taken = path.as_str().strip_suffix(path.unprocessed()).unwrap_or_default();
    let taken = taken.trim_end_matches('/');
    if taken.is_empty() { String::new() } else { decode(taken).unwrap_or_default() }
}

/// The future of a response of a mounted app.
#[must_use = "futures do nothing unless polled"]
pub struct Mounted {
    answer: Answer,
    request: Option<HttpRequest>,
}

impl Future for Mounted {
    type Output = Result<ServiceResponse, ActixError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(response) = Pin::new(&mut self.answer).poll(cx) else {
            return Poll::Pending;
        };
        let Some(request) = self.request.take() else { return Poll::Pending };
        let response = HttpResponse::from(response.map_body(|_, body| body.boxed()));
        Poll::Ready(Ok(ServiceResponse::new(request, response)))
    }
}

impl fmt::Debug for OwinService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwinService").finish_non_exhaustive()
    }
}

impl fmt::Debug for MountedService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MountedService").finish_non_exhaustive()
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mounted").finish_non_exhaustive()
    }
}
