//! Calls one app again and again in the same memory.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::exclusive::Exclusive;
use crate::{Environment, Error};

/// Calls one app again and again: one call at a time, in memory that is allocated once.
///
/// A panic of the app comes out as an error.
///
/// ```
/// use std::future::poll_fn;
/// use owin_core::{AppExt, Environment, Error};
///
/// async fn twice() -> Result<(), Error> {
///     let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
///     let mut caller = app.caller();
///     for _ in 0..2 {
///         caller.start(Environment::new());
///         let _env = poll_fn(|cx| caller.poll(cx)).await?;
///     }
///     Ok(())
/// }
/// ```
pub struct Caller(Exclusive<Pin<Box<dyn ErasedCaller>>>);

impl Caller {
    pub(super) fn new(inner: Pin<Box<dyn ErasedCaller>>) -> Self {
        Self(Exclusive::new(inner))
    }

    /// Starts a call; one that was under way is dropped.
    pub fn start(&mut self, env: Environment) {
        let caller = self.0.get_mut();
        if catch_unwind(AssertUnwindSafe(|| caller.as_mut().start(env))).is_err() {
            self.stop();
        }
    }

    /// Drives the call.
    ///
    /// # Errors
    ///
    /// The app's own, or that it panicked.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Environment, Error>> {
        let caller = self.0.get_mut();
        match catch_unwind(AssertUnwindSafe(|| caller.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(panic) => {
                self.stop();
                Poll::Ready(Err(Error::from_panic(&*panic)))
            }
        }
    }

    /// Drops the call that is under way, if one is.
    pub fn stop(&mut self) {
        let caller = self.0.get_mut();
        let _panic = catch_unwind(AssertUnwindSafe(|| caller.as_mut().stop()));
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller")
    }
}

/// A caller in object-safe form.
pub(crate) trait ErasedCaller: Send {
    fn start(self: Pin<&mut Self>, env: Environment);
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Environment, Error>>;
    fn stop(self: Pin<&mut Self>);
}

pub(super) fn erase<F, Fut>(call: F) -> Pin<Box<dyn ErasedCaller>>
where
    F: Fn(Environment) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Environment, Error>> + Send + 'static,
{
    Box::pin(Typed { call, future: None })
}

pin_project! {
    struct Typed<F, Fut> {
        call: F,
        #[pin]
        future: Option<Fut>,
    }
}

impl<F, Fut> ErasedCaller for Typed<F, Fut>
where
    F: Fn(Environment) -> Fut + Send,
    Fut: Future<Output = Result<Environment, Error>> + Send,
{
    fn start(self: Pin<&mut Self>, env: Environment) {
        let mut this = self.project();
        this.future.set(None);
        let future = (this.call)(env);
        this.future.set(Some(future));
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Environment, Error>> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(Error::app("the app panicked, or no call is under way")));
        };
        let polled = future.poll(cx);
        if polled.is_ready() {
            this.future.set(None);
        }
        polled
    }

    fn stop(self: Pin<&mut Self>) {
        self.project().future.set(None);
    }
}
