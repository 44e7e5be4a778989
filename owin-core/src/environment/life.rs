//! The life of an environment: made, filled by the server, started, over, made anew.

use std::sync::Arc;

use http::{Method, Version as Protocol};

use crate::body::ResponseBody;
use crate::environment::{Environment, Extras, Inner};
use crate::features::{ConnectionInfo, OnSendingHeaders, Outcome};
use crate::{CallCancelled, Error, Version};

/// How far the response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseState {
    /// Status, phrase and headers can be changed.
    Open,
    /// The head is fixed: by the first flush, an overflowing buffer, an explicit start, an upgrade,
    /// or the end of the call.
    Started,
    /// The last byte has been handed over, or the call has failed.
    Done,
}

/// For servers.
impl Environment {
    /// Makes an environment with the required keys: `GET /` over `HTTP/1.1` and `http`, without
    /// headers, its body at the end, a response that nobody takes.
    #[must_use]
    pub fn new() -> Self {
        let mut env = Self { inner: Box::new(Inner::empty()) };
        env.fill_required();
        env
    }

    /// Makes an environment of a connection, whose facts show through in every call on it.
    #[must_use]
    pub fn on(connection: Arc<ConnectionInfo>) -> Self {
        let mut env = Self::new();
        env.inner.connection = Some(connection);
        env
    }

    /// Makes the environment of the call of that number on a connection, in the memory of a
    /// [recycled](Self::recycle) one where there is one.
    ///
    /// The number and the connection are told anew each time: the environment of a call that failed
    /// is lost, and an app may have given back another one than it was given.
    #[inline]
    pub(crate) fn renewed(
        spare: Option<Self>,
        connection: &Arc<ConnectionInfo>,
        request_number: u64,
    ) -> Self {
        let mut env = spare.unwrap_or_default();
        if !env.connection().is_some_and(|own| Arc::ptr_eq(own, connection)) {
            env.inner.connection = Some(Arc::clone(connection));
        }
        env.inner.request_number = request_number;
        env
    }

    /// Empties the environment for the next call on the same connection.
    ///
    /// The allocation, the memory of texts and headers, and the connection are kept. Handles of the
    /// call before keep what they point at; they cannot see the next call.
    pub fn reset(&mut self) {
        self.recycle();
        self.detach();
    }

    /// Empties everything but the outlet and the token, if they are still there.
    ///
    /// What an app left under keys of its own is dropped here, so this belongs to the end of a call:
    /// the next one may be minutes away, or never come.
    #[inline]
    pub(crate) fn recycle(&mut self) {
        let inner = &mut *self.inner;
        inner.state = ResponseState::Open;
        inner.request_number += 1;
        if inner.request_id.get().is_some() {
            let _unread = inner.request_id.take();
        }
        if let Some(extras) = &mut inner.extras {
            **extras = Extras::new();
        }
        if inner.slots.is_touched() {
            inner.slots.reset();
            self.fill_required();
        } else {
            self.fill_usual();
        }
    }

    /// Takes the outlet and the token away.
    pub(crate) fn detach(&mut self) {
        let slots = &mut self.inner.slots;
        slots.response_body.put(ResponseBody::detached());
        slots.call_cancelled.put(CallCancelled::never());
    }

    /// The facts of the connection, where the server gave them.
    #[must_use]
    pub fn connection(&self) -> Option<&Arc<ConnectionInfo>> {
        self.inner.connection.as_ref()
    }

    /// Says how far the response is.
    #[must_use]
    pub fn response_state(&self) -> ResponseState {
        self.inner.state
    }

    /// Starts the response: runs the sending-headers callbacks, last registered first, then fixes
    /// status, phrase and headers.
    ///
    /// Servers call this from their [`ResponseSink`](crate::body::ResponseSink) and after the call;
    /// a response that has started already stays as it is.
    ///
    /// # Errors
    ///
    /// The error of a callback. The response can then only be answered with 500, and whoever asks
    /// again is refused too.
    pub fn start_response(&mut self) -> Result<(), Error> {
        if self.start_quietly() { Ok(()) } else { self.start_by_callbacks() }
    }

    /// Starts the response where nothing has to run for that; says whether it did.
    #[inline]
    pub(crate) fn start_quietly(&mut self) -> bool {
        let callbacks = self.inner.slots.server_on_sending_headers.get();
        let has_none = callbacks.is_none_or(OnSendingHeaders::is_empty);
        let is_quiet = has_none && self.inner.extras.is_none();
        if is_quiet && self.inner.state == ResponseState::Open {
            self.inner.state = ResponseState::Started;
        }
        is_quiet
    }

    fn start_by_callbacks(&mut self) -> Result<(), Error> {
        if let Some(why) = &self.inner.extras().failed_start {
            return Err(Error::app(format!("a sending-headers callback failed before: {why}")));
        }
        if self.inner.state != ResponseState::Open {
            return Ok(());
        }
        while let Some(callback) = self.next_sending_headers() {
            if let Err(error) = callback(self) {
                self.inner.extras_mut().failed_start = Some(error.to_string());
                return Err(error);
            }
        }
        self.inner.state = ResponseState::Started;
        Ok(())
    }

    /// Ends the call: runs the completion callbacks, last registered first, with the outcome.
    ///
    /// An environment that is dropped before this tells them [`Outcome::Cancelled`] where
    /// `owin.CallCancelled` has fired, else [`Outcome::Failed`].
    #[inline]
    pub fn complete(&mut self, outcome: Outcome) {
        self.inner.state = ResponseState::Done;
        let callbacks = self.inner.slots.server_on_completed.get_mut();
        if let Some(callbacks) = callbacks.filter(|callbacks| !callbacks.is_empty()) {
            callbacks.run(outcome);
        }
    }

    fn next_sending_headers(&mut self) -> Option<crate::features::SendingHeaders> {
        self.inner.slots.server_on_sending_headers.get_mut()?.pop()
    }

    /// Gives every required key the value with which a call begins.
    fn fill_required(&mut self) {
        let slots = &mut self.inner.slots;
        slots.request_body.renew();
        slots.request_path_base.renew();
        slots.request_scheme.renew().push_str("http");
        slots.response_body.occupy();
        slots.call_cancelled.occupy();
        slots.owin_version.put(Version::V1_0);
        slots.server_on_sending_headers.occupy();
        slots.server_on_completed.occupy();
        self.fill_usual();
    }

    /// The same for the keys that servers and apps write in every call, without a note.
    fn fill_usual(&mut self) {
        let slots = &mut self.inner.slots;
        slots.request_headers.renew();
        if slots.request_method.get() != Some(&Method::GET) {
            slots.request_method.put(Method::GET);
        }
        slots.request_path.renew().push('/');
        slots.request_protocol.put(Protocol::HTTP_11);
        slots.request_query_string.renew();
        slots.response_body.occupy().whole_mut().clear();
        slots.response_headers.renew();
        slots.server_raw_target.reset();
    }
}
