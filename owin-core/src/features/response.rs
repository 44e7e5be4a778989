//! The response half of the environment.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::{StatusCode, Version as Protocol};
use http_body::Body;

use crate::body::{ResponseBody, Whole};
use crate::environment::ResponseState;
use crate::features::{Feature, FeatureMut, ReasonPhrase};
use crate::headers::Headers;
use crate::{Environment, Error, keys};

/// The response of a call, as the keys `owin.Response…` tell it.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a>(&'a Environment);

impl<'a> Feature<'a> for Response<'a> {
    fn of(env: &'a Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl<'a> Response<'a> {
    /// The status (`owin.ResponseStatusCode`); 200 where none was set.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.0.inner.slots.response_status_code.get().copied().unwrap_or(StatusCode::OK)
    }

    /// The phrase (`owin.ResponseReasonPhrase`); that of RFC 9110 §15 where none was set, and empty
    /// for a status that it does not name.
    #[must_use]
    pub fn reason_phrase(self) -> &'a str {
        let chosen =
            self.0.inner.slots.boxed().response_reason_phrase.get().map(ReasonPhrase::as_str);
        chosen.or_else(|| self.status().canonical_reason()).unwrap_or_default()
    }

    /// The protocol that the application asked for (`owin.ResponseProtocol`).
    #[must_use]
    pub fn protocol(self) -> Option<Protocol> {
        self.0.get(keys::RESPONSE_PROTOCOL).copied()
    }

    /// The fields (`owin.ResponseHeaders`).
    #[inline]
    #[must_use]
    pub fn headers(self) -> &'a Headers {
        self.0.inner.slots.response_headers.get().unwrap_or(Headers::none())
    }

    /// How far the response is.
    #[must_use]
    pub fn state(self) -> ResponseState {
        self.0.response_state()
    }

    /// The body (`owin.ResponseBody`).
    #[must_use]
    pub fn body(self) -> Option<&'a ResponseBody> {
        self.0.inner.slots.response_body.get()
    }
}

/// The response of a call, to be written.
///
/// ```
/// use owin_core::{Environment, Error};
///
/// async fn app(mut env: Environment) -> Result<Environment, Error> {
///     let mut response = env.response_mut();
///     response.set_status(http::StatusCode::CREATED)?;
///     response.headers_mut()?.set("content-type", "text/plain")?;
///     response.write("first, ").await?;
///     response.flush().await?; // now the head and the first bytes are on the wire
///     response.write("second").await?;
///     Ok(env)
/// }
/// ```
#[derive(Debug)]
pub struct ResponseMut<'a>(&'a mut Environment);

impl<'a> FeatureMut<'a> for ResponseMut<'a> {
    fn of_mut(env: &'a mut Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl ResponseMut<'_> {
    /// Sets the status.
    ///
    /// # Errors
    ///
    /// Where the response has started.
    pub fn set_status(&mut self, status: StatusCode) -> Result<(), Error> {
        self.0.set(keys::RESPONSE_STATUS_CODE, status).map(drop)
    }

    /// Sets the phrase behind the status.
    ///
    /// # Errors
    ///
    /// Where the response has started, or a character cannot stand in a status line.
    pub fn set_reason_phrase(&mut self, phrase: &str) -> Result<(), Error> {
        let phrase: ReasonPhrase = phrase.parse()?;
        self.0.set(keys::RESPONSE_REASON_PHRASE, phrase).map(drop)
    }

    /// The fields, to be changed.
    ///
    /// # Errors
    ///
    /// Where the response has started.
    #[inline]
    pub fn headers_mut(&mut self) -> Result<&mut Headers, Error> {
        if self.0.inner.state != ResponseState::Open {
            return Err(Error::response_started(keys::RESPONSE_HEADERS.name()));
        }
        let absent = || Error::app("is absent").with_key(keys::RESPONSE_HEADERS.name());
        self.0.inner.slots.response_headers.get_mut().ok_or_else(absent)
    }

    /// Hands the body over whole: the server takes it once the pipeline has unwound.
    ///
    /// Takes text, bytes, or by [`Whole::stream`] any [`http_body::Body`]. What was handed over
    /// before is replaced; what was pushed before stays in front.
    #[inline]
    pub fn set_body(&mut self, body: impl Into<Whole>) {
        self.body_mut().set_whole(body.into());
    }

    /// Takes the body that was handed over whole, to wrap or to read it; empty where there is none.
    #[must_use]
    pub fn take_body(&mut self) -> Whole {
        self.body_mut().take_whole()
    }

    /// Replaces the body's outlet and returns the one before: for middlewares that capture what is
    /// written, and that must put it back on the way out.
    pub fn replace_outlet(&mut self, body: ResponseBody) -> ResponseBody {
        std::mem::replace(self.body_mut(), body)
    }

    /// Pushes bytes. Small writes are sent together; a write waits while the client is slow.
    ///
    /// # Errors
    ///
    /// Where the call is over or cancelled, a sending-headers callback failed, or more is written
    /// than the `Content-Length` says.
    pub async fn write(&mut self, data: impl AsRef<[u8]>) -> Result<(), Error> {
        self.write_buf(&mut data.as_ref()).await
    }

    /// Pushes bytes without copying them where they are many.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    pub async fn write_bytes(&mut self, mut data: Bytes) -> Result<(), Error> {
        self.write_buf(&mut data).await
    }

    /// Starts the response if it has not, sends what was written, and waits until it has been
    /// handed to the transport.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.push_whole().await?;
        let outlet = self.body_mut().outlet();
        poll_fn(|cx| outlet.poll_flush(self.0, cx)).await
    }

    /// Says that no more can be changed: status and headers are fixed and go out.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    pub async fn start(&mut self) -> Result<(), Error> {
        self.flush().await
    }

    async fn write_buf(&mut self, data: &mut (dyn Buf + Send)) -> Result<(), Error> {
        self.push_whole().await?;
        poll_fn(|cx| self.poll_write(data, cx)).await
    }

    fn poll_write(
        &mut self,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let outlet = self.body_mut().outlet();
        while data.has_remaining() {
            ready!(outlet.poll_write(self.0, data, cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// What was handed over whole comes before what is pushed now.
    async fn push_whole(&mut self) -> Result<(), Error> {
        if self.body_mut().has_no_whole() {
            return Ok(());
        }
        let mut whole = self.take_body();
        while let Some(frame) = poll_fn(|cx| std::pin::Pin::new(&mut whole).poll_frame(cx)).await {
            match frame?.into_data() {
                Ok(mut data) => poll_fn(|cx| self.poll_write(&mut data, cx)).await?,
                Err(frame) => self.append_trailers(frame.into_trailers().unwrap_or_default())?,
            }
        }
        Ok(())
    }

    fn append_trailers(&mut self, trailers: http::HeaderMap) -> Result<(), Error> {
        self.0.set(keys::SERVER_RESPONSE_TRAILERS, Headers::from(trailers)).map(drop)
    }

    #[inline]
    fn body_mut(&mut self) -> &mut ResponseBody {
        self.0.inner.slots.response_body.occupy()
    }
}

impl Environment {
    /// The response half.
    #[inline]
    #[must_use]
    pub fn response(&self) -> Response<'_> {
        Response(self)
    }

    /// The response half, to be written.
    #[inline]
    #[must_use]
    pub fn response_mut(&mut self) -> ResponseMut<'_> {
        ResponseMut(self)
    }
}
