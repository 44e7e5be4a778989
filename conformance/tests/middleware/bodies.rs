//! Bodies of requests that a middleware has changed.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use owin_core::bytes::Bytes;
use owin_core::http::HeaderMap;
use owin_core::http_body::{Body, Frame, SizeHint};
use owin_core::{Environment, Error, RequestBody};

/// A body of which so many bytes come through, with or without its trailers.
struct Changed {
    body: RequestBody,
    left: usize,
    has_trailers: bool,
}

impl Body for Changed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)?) else {
            return Poll::Ready(None);
        };
        if frame.is_trailers() {
            return Poll::Ready(self.has_trailers.then_some(Ok(frame)));
        }
        let mut data = frame.into_data().unwrap_or_default();
        data.truncate(self.left);
        self.left -= data.len();
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

/// A body that lies there whole.
struct Whole {
    data: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let data = self.data.take().filter(|data| !data.is_empty()).map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Lets no more than so many bytes through.
pub(crate) fn cut(env: &mut Environment, left: usize) {
    change(env, left, true);
}

/// Lets no trailers through.
pub(crate) fn without_trailers(env: &mut Environment) {
    change(env, usize::MAX, false);
}

fn change(env: &mut Environment, left: usize, has_trailers: bool) {
    let body = env.request_mut().take_body();
    let _taken = env.request_mut().set_body(RequestBody::new(Changed { body, left, has_trailers }));
}

/// Reads all of it, and puts it back.
pub(crate) async fn collected(env: &mut Environment) -> Result<(), Error> {
    let mut data = Vec::new();
    let mut body = env.request_mut().take_body();
    while let Some(piece) = body.chunk().await? {
        data.extend(piece);
    }
    let mut trailers = HeaderMap::new();
    for (name, value) in body.trailers().into_iter().flat_map(|own| own.lines()) {
        let name = owin_core::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        trailers.append(name, value.try_into().unwrap());
    }
    let trailers = (!trailers.is_empty()).then_some(trailers);
    let whole = Whole { data: Some(data.into()), trailers };
    let _read = env.request_mut().set_body(RequestBody::new(whole));
    Ok(())
}
