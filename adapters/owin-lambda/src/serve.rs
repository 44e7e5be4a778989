//! The server: asks for invocations until it is stopped.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lambda_runtime::{Error as BoxError, LambdaEvent, LambdaInvocation};
use lambda_runtime::{Runtime, Service, service_fn};
use owin_core::features::ConnectionInfo;
use owin_core::http::Uri;
use owin_core::http::uri::Authority;
use owin_core::{Address, BoxApp, Error, Properties, Running, Server, server};
use tokio::task::AbortHandle;

use crate::event::Event;
use crate::service::LambdaService;
use crate::stop::{Noticing, Stop};

/// AWS Lambda's runtime as the server of an app.
///
/// It listens on nothing, so the addresses in the properties are passed over: it asks the Runtime
/// API for an invocation, answers it, and asks again. All that it knows of where it is comes from
/// the variables that Lambda sets.
///
/// ```
/// use owin_core::{AppExt, Environment, Error, Properties, server};
/// use owin_lambda::LambdaServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let started = server::start(Box::new(LambdaServer::new()), Properties::new(), |_| {
///     Ok((async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed())
/// });
/// let error = started.await.err().expect("this is no Lambda function");
/// assert!(error.to_string().contains("AWS_LAMBDA_RUNTIME_API"));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LambdaServer {
    margin: Duration,
}

impl LambdaServer {
    /// The name in `server.Name`.
    pub const NAME: &'static str = "lambda";

    /// Makes a server.
    #[must_use]
    pub fn new() -> Self {
        Self { margin: Duration::from_millis(500) }
    }

    /// Chooses how long before the deadline of an invocation `owin.CallCancelled` fires; 500 ms
    /// without this. An app that has not answered when a quarter of that is left is answered for,
    /// with 503. Of an invocation that has less than twice that time, it is half of it.
    #[must_use]
    pub fn with_margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }
}

impl Default for LambdaServer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Server for LambdaServer {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        check_variables()?;
        let launch = server::launch(properties, Vec::new()).await?;
        let connection = ConnectionInfo::new().with_server(launch.info());
        let stop = Arc::new(Stop::new());
        let task =
            spawn(LambdaService::new(app, connection, self.margin, Arc::clone(&stop)), &stop);
        let stopped = Arc::clone(&stop);
        let launched = launch.running_with(async move |deadline| {
            let outcome = stop.stop(deadline).await;
            task.abort();
            outcome
        });
        Ok(Box::new(LambdaRunning { launched, stop: stopped }))
    }
}

/// The client of the Runtime API panics where one of these is missing.
fn check_variables() -> Result<(), Error> {
    let read = |name: &str| {
        std::env::var(name).map_err(|error| {
            let missing = format!("{name} is not set: the server lambda runs on AWS Lambda only");
            Error::server(missing).with_source(error)
        })
    };
    let api = read("AWS_LAMBDA_RUNTIME_API")?;
    let uri = api.parse::<Uri>().ok();
    if uri.as_ref().and_then(Uri::authority).and_then(Authority::port_u16).is_none() {
        return Err(Error::server("AWS_LAMBDA_RUNTIME_API is not a host and port"));
    }
    read("AWS_LAMBDA_FUNCTION_NAME")?;
    read("AWS_LAMBDA_FUNCTION_VERSION")?;
    if read("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?.parse::<i32>().is_err() {
        return Err(Error::server("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is not a number"));
    }
    Ok(())
}

fn spawn(service: LambdaService, stop: &Arc<Stop>) -> AbortHandle {
    let runtime = runtime(Arc::new(service)).layer(Noticing(Arc::clone(stop)));
    tokio::spawn(run(runtime, Ended(Arc::clone(stop)))).abort_handle()
}

/// The type of the service is hidden, for the compiler cannot show of what is inside that it may
/// move between threads.
fn runtime(
    service: Arc<LambdaService>,
) -> Runtime<
    impl Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send> + Send + 'static,
> {
    Runtime::new(service_fn(move |invocation: LambdaEvent<Event>| {
        let service = Arc::clone(&service);
        async move { service.answer(invocation).await }
    }))
}

async fn run<S>(runtime: Runtime<S>, ended: Ended)
where
    S: Service<LambdaInvocation, Response = (), Error = BoxError, Future: Send>,
{
    let told = tokio::select! {
        biased;
        ran = runtime.run() => {
            let error = ran.err().map_or_else(String::new, |error| error.to_string());
            tracing::error!("the Runtime API gives no more invocations: {error}");
            Err("the Runtime API is out of reach")
        }
        () = ended.0.is_due() => Ok(()),
    };
    ended.0.ended(told);
}

/// Tells of a task that is aborted or panics.
struct Ended(Arc<Stop>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended(Err("the client of the Runtime API broke off"));
    }
}

/// The server while it runs; it stops by itself where the Runtime API does.
struct LambdaRunning {
    launched: Box<dyn Running>,
    stop: Arc<Stop>,
}

#[async_trait]
impl Running for LambdaRunning {
    fn addresses(&self) -> &[Address] {
        self.launched.addresses()
    }

    fn properties(&self) -> &Properties {
        self.launched.properties()
    }

    async fn stopped(&mut self) {
        self.stop.has_ended().await;
    }

    async fn stop(self: Box<Self>, deadline: Duration) -> Result<(), Error> {
        self.launched.stop(deadline).await
    }
}
