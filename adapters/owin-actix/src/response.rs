//! The head of a response as actix sends it.

use actix_http::body::BodySize;
use actix_http::header::{self, HeaderName, HeaderValue};
use actix_http::{ConnectionType, Response, StatusCode};
use bytes::Bytes;
use owin_core::{BodyLength, Head};

use crate::body::CallBody;
use crate::phrase;

/// A status in the types of actix, which are those of the version of http before.
pub(crate) fn status(status: owin_core::http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The answer to a request that no app sees; nothing behind it is another one.
pub(crate) fn refusal(status: StatusCode) -> Response<CallBody> {
    let body = CallBody::whole(Bytes::new(), BodySize::Sized(0));
    let mut response = Response::with_body(status, body);
    response.head_mut().set_connection_type(ConnectionType::Close);
    response
}

/// Status and fields; the framing is not chosen yet.
pub(crate) fn head(head: &Head<'_>) -> Response<()> {
    let mut response = Response::with_body(status(head.status()), ());
    let usual = response.status().canonical_reason();
    if usual != Some(head.reason_phrase()) {
        // Of a status without a usual phrase actix would say that it is unknown.
        let phrase = phrase::kept(head.reason_phrase());
        response.head_mut().reason = phrase.or(usual.is_none().then_some(""));
    }
    for (name, value) in head.lines() {
        // What was a legal field in one version of http is one in the other.
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            response.headers_mut().append(name, value);
        }
    }
    if head.wants_close() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

/// The head of a connection that goes over to another protocol.
pub(crate) fn switching(mut response: Response<()>, protocol: &str) -> Response<()> {
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    if let Ok(protocol) = HeaderValue::from_str(protocol) {
        response.headers_mut().insert(header::UPGRADE, protocol);
    }
    response.head_mut().no_chunking(true);
    response.head_mut().set_connection_type(ConnectionType::Upgrade);
    response
}

/// What of the request decides how a response is framed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Framing {
    /// There are no chunks.
    pub(crate) is_http_10: bool,
    /// actix writes no chunks there, though it would say so.
    pub(crate) is_raw: bool,
    /// Whether the client asks for another protocol: actix closes behind the answer.
    pub(crate) is_asked_to_switch: bool,
}

impl Framing {
    /// Chooses the framing, and completes the head by it.
    ///
    /// What has no bytes although it is not over is to actix a body without chunks, and so it is
    /// asked for until the app has ended: a body of no bytes it would drop at once.
    pub(crate) fn frame(
        self,
        response: &mut Response<()>,
        length: BodyLength,
        has_body: bool,
        is_over: bool,
    ) -> BodySize {
        if self.is_raw || self.is_asked_to_switch {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        match length {
            BodyLength::Known(length) if has_body && (is_over || length > 0) => {
                return BodySize::Sized(length);
            }
            BodyLength::Known(length) => {
                response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
                response.head_mut().no_chunking(true);
            }
            BodyLength::Unknown if self.is_http_10 || self.is_raw => {
                response.head_mut().no_chunking(true);
                response.head_mut().set_connection_type(ConnectionType::Close);
            }
            BodyLength::Unknown => {}
            _ if is_over => return BodySize::None,
            _ => response.head_mut().no_chunking(true),
        }
        BodySize::Stream
    }
}
