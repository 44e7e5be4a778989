//! A future that is given up when the call is cancelled.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use owin_core::{CallCancelled, Cancelled, Error};
use pin_project_lite::pin_project;

pin_project! {
    /// A future of a service; the error of a client that has gone once the token fires. A service is
    /// told by dropping its future.
    ///
    /// Most are done at the first look, and then nobody waits for the token.
    pub(crate) struct UnlessGone<'t, F> {
        #[pin]
        future: F,
        token: &'t CallCancelled,
        cancelled: Option<Cancelled<'t>>,
    }
}

impl<'t, F> UnlessGone<'t, F> {
    pub(crate) const fn new(future: F, token: &'t CallCancelled) -> Self {
        Self { future, token, cancelled: None }
    }
}

impl<F: Future> Future for UnlessGone<'_, F> {
    type Output = Result<F::Output, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(done) = this.future.poll(cx) {
            return Poll::Ready(Ok(done));
        }
        let token: &CallCancelled = this.token;
        let cancelled = Pin::new(this.cancelled.get_or_insert_with(|| token.cancelled()));
        cancelled.poll(cx).map(|_reason| Err(gone()))
    }
}

fn gone() -> Error {
    Error::peer("the call was cancelled, and the service with it")
}
