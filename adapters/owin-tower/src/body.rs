//! The body of a response that an app gives to a tower service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use owin_core::Error;
use owin_core::body::Whole;
use owin_http::CallBody;

use crate::carried::Carried;

/// The body of the response of an [`AppService`](crate::AppService).
///
/// Where the app still runs, reading the body drives it: nothing is spawned. Dropping it before its
/// end gives the call up and fires `owin.CallCancelled`.
pub struct Body(Kind);

enum Kind {
    /// The app is done.
    Whole(Whole),
    /// The app runs in the middle of a pipeline.
    Inner(Option<(Carried, u64)>),
    /// The app runs by itself.
    Call(CallBody),
}

impl Body {
    /// Makes a body of bytes or text, or of a stream by way of [`Whole::stream`]: what a layer
    /// answers with that has to answer as the app does.
    ///
    /// ```
    /// use owin_core::RequestBody;
    /// use owin_tower::Body;
    /// use tower_http::validate_request::ValidateRequestHeaderLayer;
    ///
    /// let closed = |_: &mut http::Request<RequestBody>| -> Result<(), http::Response<Body>> {
    ///     let mut refusal = http::Response::new(Body::new("closed today"));
    ///     *refusal.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    ///     Err(refusal)
    /// };
    /// let layer = owin_tower::layer(ValidateRequestHeaderLayer::custom(closed));
    /// # let _layer = layer;
    /// ```
    #[must_use]
    pub fn new(body: impl Into<Whole>) -> Self {
        Self(Kind::Whole(body.into()))
    }

    pub(crate) fn inner(carried: Carried, turn: u64) -> Self {
        Self(Kind::Inner(Some((carried, turn))))
    }

    pub(crate) fn call(body: CallBody) -> Self {
        Self(Kind::Call(body))
    }

    /// What is at hand as it is; anything else as a stream.
    pub(crate) fn into_whole(mut self) -> Whole {
        match &mut self.0 {
            Kind::Whole(whole) => std::mem::take(whole),
            Kind::Inner(_) | Kind::Call(_) => Whole::stream(self),
        }
    }
}

/// No bytes.
impl Default for Body {
    fn default() -> Self {
        Self::from(Whole::empty())
    }
}

impl From<Whole> for Body {
    fn from(whole: Whole) -> Self {
        Self(Kind::Whole(whole))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Kind::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Kind::Call(body) => Pin::new(body).poll_frame(cx),
            Kind::Inner(None) => Poll::Ready(None),
            Kind::Inner(Some((carried, turn))) => carried.poll_frame(*turn, cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(whole) => whole.is_end_stream(),
            Kind::Call(body) => body.is_end_stream(),
            Kind::Inner(inner) => inner.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(whole) => whole.size_hint(),
            Kind::Call(body) => body.size_hint(),
            Kind::Inner(_) => SizeHint::new(),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Kind::Inner(Some((carried, turn))) = &self.0 {
            carried.give_up(*turn);
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}
