//! Calls one app again and again in the same memory.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

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
pub struct Caller {
    erased: Exclusive<Pin<Box<dyn ErasedCaller>>>,
    is_under_way: bool,
}

impl Caller {
    /// Makes what calls a shared app through a function that gives its share back.
    pub(super) fn new<A, F, Fut>(app: Arc<A>, call: F) -> Self
    where
        A: Send + Sync + 'static,
        F: Fn(Arc<A>, Environment) -> Fut + Send + 'static,
        Fut: Future<Output = Returned<A>> + Send + 'static,
    {
        let typed = Typed { app, spare: None, call, future: None };
        Self { erased: Exclusive::new(Box::pin(typed)), is_under_way: false }
    }

    /// Starts a call; one that was under way is dropped. The app is first run by
    /// [`poll`](Self::poll).
    #[inline]
    pub fn start(&mut self, env: Environment) {
        self.stop();
        self.erased.get_mut().as_mut().start(env);
        self.is_under_way = true;
    }

    /// Drives the call.
    ///
    /// # Errors
    ///
    /// The app's own, or that it panicked.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Environment, Error>> {
        let caller = self.erased.get_mut();
        match catch_unwind(AssertUnwindSafe(|| caller.as_mut().poll(cx))) {
            Ok(polled) => {
                self.is_under_way = polled.is_pending();
                polled
            }
            Err(panic) => {
                self.stop();
                Poll::Ready(Err(Error::from_panic(&*panic)))
            }
        }
    }

    /// Drives the call, and lets a panic of the app pass to whoever asks.
    pub(crate) fn poll_through(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Environment, Error>> {
        let polled = self.erased.get_mut().as_mut().poll(cx);
        self.is_under_way = polled.is_pending();
        polled
    }

    /// Drops the call that is under way, if one is.
    #[inline]
    pub fn stop(&mut self) {
        if self.is_under_way {
            self.drop_future();
        }
    }

    #[cold]
    fn drop_future(&mut self) {
        let caller = self.erased.get_mut();
        let _panic = catch_unwind(AssertUnwindSafe(|| caller.as_mut().stop()));
        self.is_under_way = false;
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller")
    }
}

/// What the future of a call gives back: its share of the app, and what the app said.
pub(super) type Returned<A> = (Arc<A>, Result<Environment, Error>);

/// A caller in object-safe form.
trait ErasedCaller: Send {
    fn start(self: Pin<&mut Self>, env: Environment);
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Environment, Error>>;
    fn stop(self: Pin<&mut Self>);
}

pin_project! {
    struct Typed<A, F, Fut> {
        app: Arc<A>,
        // The share that the call before gave back; one that panicked kept its own.
        spare: Option<Arc<A>>,
        call: F,
        #[pin]
        future: Option<Fut>,
    }
}

impl<A, F, Fut> ErasedCaller for Typed<A, F, Fut>
where
    A: Send + Sync,
    F: Fn(Arc<A>, Environment) -> Fut + Send,
    Fut: Future<Output = Returned<A>> + Send,
{
    fn start(self: Pin<&mut Self>, env: Environment) {
        let mut this = self.project();
        let app = this.spare.take().unwrap_or_else(|| Arc::clone(this.app));
        this.future.set(Some((this.call)(app, env)));
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Environment, Error>> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(Error::app("the app panicked, or no call is under way")));
        };
        let (app, returned) = ready!(future.poll(cx));
        this.future.set(None);
        *this.spare = Some(app);
        Poll::Ready(returned)
    }

    fn stop(self: Pin<&mut Self>) {
        self.project().future.set(None);
    }
}
