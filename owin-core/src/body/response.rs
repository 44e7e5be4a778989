//! `owin.ResponseBody`: where the bytes of the response go.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, BytesMut};

use crate::body::Whole;
use crate::{Environment, Error};

/// Takes the bytes that an application pushes; implemented by servers, and by middlewares that
/// watch or change what is written.
///
/// The environment comes along, for the sink that goes to the wire starts the response:
/// [`Environment::start_response`]. Most servers need no sink of their own, they use
/// [`Call`](crate::Call).
pub trait ResponseSink: Send + Sync + 'static {
    /// Takes some of the bytes, at least one where there is one, or waits until it can.
    ///
    /// # Errors
    ///
    /// Where the call is over or cancelled, or the bytes break the response.
    fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>>;

    /// Starts the response, sends what was taken, and waits until the transport has it.
    ///
    /// # Errors
    ///
    /// As for [`poll_write`](Self::poll_write).
    fn poll_flush(&self, env: &mut Environment, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;
}

/// The body of a response (OWIN 1.0 §3.5): an outlet for bytes that are pushed, and room for a body
/// that is handed over whole.
///
/// Write through [`Environment::response_mut`]. A middleware replaces the outlet to see or change
/// what is pushed, and puts the old one back on the way out:
///
/// ```
/// use owin_core::{Environment, Error, ResponseBody, from_fn, middleware::Next};
///
/// let shout = from_fn(async |mut env: Environment, next: Next| -> Result<Environment, Error> {
///     let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
///     let mut env = next.run(env).await?;
///     let captured = env.response_mut().replace_outlet(outlet).into_whole();
///     if let Ok(bytes) = captured.into_bytes() {
///         env.response_mut().set_body(bytes.to_ascii_uppercase());
///     }
///     Ok(env)
/// });
/// # let _middleware = shout;
/// ```
#[derive(Debug, Default)]
pub struct ResponseBody {
    outlet: Outlet,
    whole: Whole,
}

/// Where pushed bytes go.
#[derive(Clone, Default)]
pub(crate) enum Outlet {
    /// Nowhere: there is no call, or it is over.
    #[default]
    Detached,
    /// Into memory.
    Capture(Arc<Mutex<BytesMut>>),
    /// To whoever implements the trait.
    Sink(Arc<dyn ResponseSink>),
}

impl ResponseBody {
    /// Makes a body whose pushed bytes go to the sink.
    #[must_use]
    pub fn new(sink: Arc<dyn ResponseSink>) -> Self {
        Self { outlet: Outlet::Sink(sink), whole: Whole::empty() }
    }

    /// Makes a body that keeps what is pushed in memory, until [`into_whole`](Self::into_whole).
    #[must_use]
    pub fn capture() -> Self {
        Self { outlet: Outlet::Capture(Arc::default()), whole: Whole::empty() }
    }

    /// Makes a body that takes no pushed bytes.
    #[must_use]
    pub const fn detached() -> Self {
        Self { outlet: Outlet::Detached, whole: Whole::empty() }
    }

    /// What takes the pushed bytes, for a sink around it that watches or changes them and passes them
    /// on. The body itself has to be put back on the way out.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use std::task::{Context, Poll};
    ///
    /// use owin_core::body::ResponseSink;
    /// use owin_core::bytes::Buf;
    /// use owin_core::{AppExt, Environment, Error, ResponseBody, from_fn, middleware::Next};
    ///
    /// /// Counts what goes through.
    /// struct Counting(Arc<dyn ResponseSink>, Arc<AtomicUsize>);
    ///
    /// impl ResponseSink for Counting {
    ///     fn poll_write(
    ///         &self,
    ///         env: &mut Environment,
    ///         data: &mut (dyn Buf + Send),
    ///         cx: &mut Context<'_>,
    ///     ) -> Poll<Result<(), Error>> {
    ///         let before = data.remaining();
    ///         let polled = self.0.poll_write(env, data, cx);
    ///         self.1.fetch_add(before - data.remaining(), Ordering::Relaxed);
    ///         polled
    ///     }
    ///
    ///     fn poll_flush(&self, env: &mut Environment, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
    ///         self.0.poll_flush(env, cx)
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// let counted = Arc::new(AtomicUsize::new(0));
    /// let count = counted.clone();
    /// let counting = from_fn(move |mut env: Environment, next: Next| {
    ///     let count = count.clone();
    ///     async move {
    ///         let before = env.response().body().map(ResponseBody::sink);
    ///         let Some(before) = before else { return next.run(env).await };
    ///         let around = ResponseBody::new(Arc::new(Counting(before, count)));
    ///         let outlet = env.response_mut().replace_outlet(around);
    ///         let mut env = next.run(env).await?;
    ///         let whole = env.response_mut().replace_outlet(outlet).into_whole();
    ///         env.response_mut().set_body(whole);
    ///         Ok(env)
    ///     }
    /// });
    /// let app = async |mut env: Environment| -> Result<Environment, Error> {
    ///     env.response_mut().write("hello").await?;
    ///     env.response_mut().set_body(", world");
    ///     Ok(env)
    /// };
    /// let host = owin_core::testing::TestHost::new(app.with(counting));
    /// assert_eq!(host.get("/").send().await?.text().await?, "hello, world");
    /// assert_eq!(counted.load(Ordering::Relaxed), 5);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sink(&self) -> Arc<dyn ResponseSink> {
        match &self.outlet {
            Outlet::Sink(sink) => Arc::clone(sink),
            outlet => Arc::new(outlet.clone()),
        }
    }

    /// What was captured, followed by what was handed over whole.
    #[must_use]
    pub fn into_whole(self) -> Whole {
        let mut whole = self.whole;
        if let Outlet::Capture(captured) = self.outlet {
            let captured = std::mem::take(&mut *lock(&captured));
            whole.prepend(captured.freeze());
        }
        whole
    }

    /// How many bytes were captured or handed over, where that is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        let captured = match &self.outlet {
            Outlet::Capture(captured) => lock(captured).len(),
            Outlet::Detached | Outlet::Sink(_) => 0,
        };
        self.whole.length()?.checked_add(u64::try_from(captured).ok()?)
    }

    /// How many bytes were handed over whole, where that is known.
    pub(crate) fn whole_length(&self) -> Option<u64> {
        self.whole.length()
    }

    pub(crate) fn outlet(&self) -> Outlet {
        self.outlet.clone()
    }

    /// Replaces where pushed bytes go, and keeps what was handed over whole.
    pub(crate) fn set_outlet(&mut self, outlet: Outlet) -> Outlet {
        std::mem::replace(&mut self.outlet, outlet)
    }

    #[inline]
    pub(crate) fn set_whole(&mut self, whole: Whole) {
        self.whole = whole;
    }

    pub(crate) fn take_whole(&mut self) -> Whole {
        std::mem::take(&mut self.whole)
    }

    /// What was handed over whole.
    pub(crate) fn whole_mut(&mut self) -> &mut Whole {
        &mut self.whole
    }

    /// Says whether pushed bytes go to that sink.
    #[inline]
    pub(crate) fn is_wired_to<S: ResponseSink>(&self, sink: &Arc<S>) -> bool {
        matches!(&self.outlet, Outlet::Sink(own)
            if std::ptr::addr_eq(Arc::as_ptr(own), Arc::as_ptr(sink)))
    }

    /// Says whether what was handed over whole is pulled later.
    pub(crate) fn has_stream(&self) -> bool {
        self.whole.has_stream()
    }

    pub(crate) fn has_no_whole(&self) -> bool {
        self.whole.is_empty()
    }
}

impl Outlet {
    /// Says whether pushed bytes go to the same place.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Detached, Self::Detached) => true,
            (Self::Capture(left), Self::Capture(right)) => Arc::ptr_eq(left, right),
            (Self::Sink(left), Self::Sink(right)) => {
                std::ptr::addr_eq(Arc::as_ptr(left), Arc::as_ptr(right))
            }
            _ => false,
        }
    }

    pub(crate) fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        match self {
            Self::Detached => Poll::Ready(Err(nobody_takes())),
            Self::Capture(captured) => {
                lock(captured).put(data);
                Poll::Ready(Ok(()))
            }
            Self::Sink(sink) => sink.poll_write(env, data, cx),
        }
    }

    pub(crate) fn poll_flush(
        &self,
        env: &mut Environment,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        match self {
            Self::Detached => Poll::Ready(Err(nobody_takes())),
            Self::Capture(_) => Poll::Ready(Ok(())),
            Self::Sink(sink) => sink.poll_flush(env, cx),
        }
    }
}

impl ResponseSink for Outlet {
    fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        Self::poll_write(self, env, data, cx)
    }

    fn poll_flush(&self, env: &mut Environment, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Self::poll_flush(self, env, cx)
    }
}

fn nobody_takes() -> Error {
    Error::app("nobody takes the response: the call is over").with_key("owin.ResponseBody")
}

fn lock(captured: &Mutex<BytesMut>) -> std::sync::MutexGuard<'_, BytesMut> {
    captured.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Detached => "Detached",
            Self::Capture(_) => "Capture",
            Self::Sink(_) => "Sink",
        })
    }
}
