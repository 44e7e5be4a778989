//! Who says that the server stops, and who is under way then.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lambda_runtime::tower::Layer;
use lambda_runtime::{LambdaInvocation, Service};
use owin_core::Error;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long after the deadline of a stop an app may tidy up, and its answer be posted.
const GRACE: Duration = Duration::from_secs(1);

/// What the server, its calls and whoever stops it share.
#[derive(Debug)]
pub(crate) struct Stop {
    state: watch::Sender<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    is_stopping: bool,
    /// The deadline has passed.
    is_cut_off: bool,
    /// From an invocation to the end of its answer.
    is_busy: bool,
    /// The server takes no more invocations; why, where nobody has stopped it.
    ended: Option<Result<(), &'static str>>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self { state: watch::Sender::new(State::default()) }
    }

    /// Waits until the server is to stop and there is nothing under way.
    pub(crate) async fn is_due(&self) {
        self.wait(|state| state.is_stopping && !state.is_busy).await;
    }

    /// Waits until calls are to be given up.
    pub(crate) async fn cut_off(&self) {
        self.wait(|state| state.is_cut_off).await;
    }

    /// Says that the server takes no more invocations, and why, where nobody has stopped it. The
    /// first word counts.
    pub(crate) fn ended(&self, why: Result<(), &'static str>) {
        self.state.send_modify(|state| _ = state.ended.get_or_insert(why));
    }

    /// Waits for that.
    pub(crate) async fn has_ended(&self) {
        self.wait(|state| state.ended.is_some()).await;
    }

    /// Stops.
    ///
    /// # Errors
    ///
    /// Where a call had to be cut off, or the server had ended before by a fault.
    pub(crate) async fn stop(&self, deadline: Duration) -> Result<(), Error> {
        self.state.send_modify(|state| state.is_stopping = true);
        if timeout(deadline, self.has_ended()).await.is_ok() {
            return self.state.borrow().ended.unwrap_or(Ok(())).map_err(Error::server);
        }
        self.state.send_modify(|state| state.is_cut_off = true);
        let _is_late = timeout(GRACE, self.has_ended()).await;
        Err(Error::server("1 call had to be cut off"))
    }

    async fn wait(&self, what: impl FnMut(&State) -> bool) {
        // The sender is ours, so this ends only as it should.
        let _closed = self.state.subscribe().wait_for(what).await.map(drop);
    }
}

/// Notices what is under way, the posting of the answer included.
#[derive(Clone, Debug)]
pub(crate) struct Noticing(pub(crate) Arc<Stop>);

impl<S> Layer<S> for Noticing {
    type Service = Noticed<S>;

    fn layer(&self, inner: S) -> Noticed<S> {
        Noticed { inner, stop: Arc::clone(&self.0) }
    }
}

/// The service of that layer.
#[derive(Clone, Debug)]
pub(crate) struct Noticed<S> {
    inner: S,
    stop: Arc<Stop>,
}

impl<S> Service<LambdaInvocation> for Noticed<S>
where
    S: Service<LambdaInvocation, Future: Send>,
    S::Future: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let busy = Busy::new(&self.stop);
        let answered = self.inner.call(invocation);
        Box::pin(async move {
            let _busy = busy;
            answered.await
        })
    }
}

struct Busy(Arc<Stop>);

impl Busy {
    fn new(stop: &Arc<Stop>) -> Self {
        stop.state.send_modify(|state| state.is_busy = true);
        Self(Arc::clone(stop))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.is_busy = false);
    }
}
