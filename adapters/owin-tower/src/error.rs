//! Whose fault a foreign error is, and which status answers it.

use std::any::TypeId;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::Request;
use http_body::{Body as HttpBody, Frame, SizeHint};
use owin_core::{Environment, Error, RequestBody};
use pin_project_lite::pin_project;

/// Any error, as tower's services have it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// What makes an error of ours of a foreign one, or leaves it to the default.
type Map = dyn Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync;

/// Makes errors of ours of foreign ones, as the user chose.
#[derive(Clone, Default)]
pub(crate) struct Errors(Option<Arc<Map>>);

impl Errors {
    /// Foreign errors are the app's.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    pub(crate) fn by<F>(map: F) -> Self
    where
        F: Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync + 'static,
    {
        Self(Some(Arc::new(map)))
    }

    /// An error of ours comes back as it was, with its fault and its status; any other is what the
    /// user says, or else the app's.
    pub(crate) fn ours(&self, error: impl Into<BoxError>) -> Error {
        self.chosen(error.into()).unwrap_or_else(Error::from)
    }

    /// What the user says of an error; the error, where it is nobody's.
    fn chosen(&self, error: BoxError) -> Result<Error, BoxError> {
        let foreign = match error.downcast::<Error>() {
            Ok(ours) => return Ok(*ours),
            Err(foreign) => foreign,
        };
        match self.0.as_ref().and_then(|map| map(&*foreign)) {
            Some(chosen) => Ok(chosen.with_source(foreign)),
            None => Err(foreign),
        }
    }

    /// Puts a request into an environment; what the layer has made of its body fails with the
    /// errors that the user chose.
    pub(crate) fn put_request<B>(
        &self,
        env: &mut Environment,
        request: Request<B>,
    ) -> Result<(), Error>
    where
        B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
    {
        if self.0.is_none() || TypeId::of::<B>() == TypeId::of::<RequestBody>() {
            return owin_http::put_request(env, request);
        }
        owin_http::put_request(env, request.map(|body| Mapped { body, errors: self.clone() }))
    }
}

impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errors").field("is_chosen", &self.0.is_some()).finish()
    }
}

pin_project! {
    /// A body whose errors are those that the user chose.
    struct Mapped<B> {
        #[pin]
        body: B,
        errors: Errors,
    }
}

impl<B> HttpBody for Mapped<B>
where
    B: HttpBody<Error: Into<BoxError>>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.project();
        let chosen = |error: B::Error| match this.errors.chosen(error.into()) {
            Ok(ours) => BoxError::from(ours),
            Err(foreign) => foreign,
        };
        this.body.poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(chosen)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
