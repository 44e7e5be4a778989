//! Bodies of foreign types, taken in without boxing twice.

use std::any::Any;
use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use owin_core::body::Whole;
use owin_core::{Error, RequestBody};
use pin_project_lite::pin_project;

/// A body of so many bytes is looked at at once: most are in memory, and then there is no stream.
const MAX_AT_HAND_BYTES: u64 = 64 * 1024;

/// Gives a value back as the type that it has anyway; as it is where it has another.
fn same<T: 'static, U: 'static>(value: T) -> Result<U, T> {
    let mut place = Some(value);
    let any: &mut dyn Any = &mut place;
    if let Some(same) = any.downcast_mut::<Option<U>>().and_then(Option::take) {
        return Ok(same);
    }
    match place {
        Some(value) => Err(value),
        None => unreachable!("the value is only taken out where it is returned"),
    }
}

/// The body of a foreign request; `None` for one that is at its end.
pub(crate) fn request_body<B>(body: B) -> Option<RequestBody>
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    match same::<B, RequestBody>(body) {
        Ok(ours) => Some(ours),
        Err(foreign) if foreign.is_end_stream() => None,
        Err(foreign) => Some(RequestBody::new(FromPeer { body: foreign })),
    }
}

/// The body of a foreign response: bytes where they are at hand.
pub(crate) fn whole<B>(body: B) -> Whole
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    let body = match same::<B, Whole>(body) {
        Ok(ours) => return ours,
        Err(foreign) => foreign,
    };
    if body.is_end_stream() {
        return Whole::empty();
    }
    // The body of most services that answer by themselves; all others have to be pinned to be read.
    let body = match same::<B, Full<Bytes>>(body) {
        Ok(full) => return full.into_inner().map_or_else(Whole::empty, Whole::from),
        Err(foreign) => foreign,
    };
    if body.size_hint().exact().is_none_or(|exact| exact > MAX_AT_HAND_BYTES) {
        return Whole::stream(body);
    }
    look_at(Box::pin(body))
}

/// Asks once for a frame. Whoever is told to wait is asked again later, with a waker.
fn look_at<B>(mut body: Pin<Box<B>>) -> Whole
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    let Poll::Ready(first) = body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
    else {
        return Whole::stream(body);
    };
    let Some(first) = first else { return Whole::empty() };
    match ours(first).map(Frame::into_data) {
        Ok(Ok(data)) if body.is_end_stream() => Whole::from(data),
        Ok(Ok(data)) => Whole::stream(Begun { first: Some(Ok(Frame::data(data))), rest: body }),
        Ok(Err(frame)) => {
            let first = frame.into_trailers().ok().map(|fields| Ok(Frame::trailers(fields)));
            Whole::stream(Begun { first, rest: body })
        }
        Err(error) => Whole::stream(Begun { first: Some(Err(error)), rest: body }),
    }
}

/// A frame or an error of a foreign body, in types of ours.
fn ours<D, E>(frame: Result<Frame<D>, E>) -> Result<Frame<Bytes>, Error>
where
    D: Buf,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    match frame {
        Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
        Err(error) => Err(Error::from(error.into())),
    }
}

/// A body of which the first frame was read already.
struct Begun<B: Body> {
    first: Option<Result<Frame<Bytes>, Error>>,
    rest: Pin<Box<B>>,
}

impl<B> Body for Begun<B>
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(first));
        }
        this.rest.as_mut().poll_frame(cx).map(|frame| frame.map(ours))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.rest.size_hint();
        let data = self.first.as_ref().and_then(|first| first.as_ref().ok()?.data_ref());
        let first = data.map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(first));
        }
        hint.set_lower(hint.lower().saturating_add(first));
        hint
    }
}

pin_project! {
    /// A body that comes from the peer: where it fails, the peer is at fault.
    struct FromPeer<B> {
        #[pin]
        body: B,
    }
}

impl<B> Body for FromPeer<B>
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>>,
{
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let polled = self.project().body.poll_frame(cx);
        polled.map(|frame| frame.map(|frame| frame.map_err(|error| broken(error.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn broken(error: Box<dyn StdError + Send + Sync>) -> Error {
    match error.downcast::<Error>() {
        Ok(ours) => *ours,
        Err(error) => Error::peer("the body of the request broke off").with_source(error),
    }
}
