//! What a server takes out of a response, where it would otherwise copy it.

use bytes::Bytes;
use http::HeaderMap;

use super::Call;
use super::head::SERVERS_FIELDS;
use super::stage::Stage;

impl Call {
    /// Puts the fields of the head, those of [`Head::fields`](crate::Head::fields), into a map of the
    /// server's, in place of what is there; right after [`Event::Head`](crate::Event::Head) or
    /// [`Event::Upgrade`](crate::Event::Upgrade). Nothing is copied where they lie in a map, as they do
    /// after [`RequestMut::set_fields`](crate::features::RequestMut::set_fields).
    ///
    /// The head has no fields after that.
    ///
    /// ```
    /// use owin_core::{AppExt, Call, Environment, Error, Event, features::ConnectionInfo};
    /// use owin_core::http::HeaderMap;
    ///
    /// async fn serve_one() -> Result<HeaderMap, Error> {
    ///     let app = (async |mut env: Environment| -> Result<Environment, Error> {
    ///         env.response_mut().headers_mut()?.set("etag", "\"7\"")?;
    ///         env.response_mut().headers_mut()?.set("connection", "close")?;
    ///         Ok(env)
    ///     }).boxed();
    ///     let mut call = Call::new(&app, ConnectionInfo::new());
    ///     let mut env = call.prepare();
    ///     env.request_mut().set_fields(HeaderMap::new());
    ///     call.start(env);
    ///     assert!(matches!(call.event().await, Event::Head));
    ///     assert!(call.head().wants_close());
    ///     let mut fields = HeaderMap::new();
    ///     call.take_fields(&mut fields);
    ///     Ok(fields)
    /// }
    /// # let mut serving = std::pin::pin!(serve_one());
    /// # let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
    /// # let std::task::Poll::Ready(Ok(fields)) = serving.as_mut().poll(cx) else { panic!() };
    /// # assert_eq!((fields.len(), fields["etag"].as_bytes()), (1, &b"\"7\""[..]));
    /// ```
    pub fn take_fields(&mut self, fields: &mut HeaderMap) {
        let (headers, said) = match (self.stage, &mut self.published, &mut self.env) {
            (Stage::Running | Stage::Rest, Some(head), _) => (&mut head.headers, &head.said),
            (Stage::Rest | Stage::Upgrading, None, Some(env)) => {
                (env.inner.slots.response_headers.occupy(), &self.rest.said)
            }
            _ => return,
        };
        std::mem::swap(fields, headers.map_mut());
        if said.has_servers_fields() {
            SERVERS_FIELDS.iter().for_each(|name| drop(fields.remove(*name)));
        }
    }

    /// Takes the whole body, where it is at hand in one piece: right after
    /// [`Event::Head`](crate::Event::Head) that is the shortest way to the end, which then is all that
    /// still comes. `None` where the body comes bit by bit, or trailers follow: then ask for the next
    /// event.
    ///
    /// The bytes are those that the head promises, none for `HEAD`, 204 and 304.
    ///
    /// ```
    /// use owin_core::{AppExt, Call, Environment, Error, Event, features::{ConnectionInfo, Outcome}};
    ///
    /// async fn serve_one() -> Result<(), Error> {
    ///     let app = (async |mut env: Environment| -> Result<Environment, Error> {
    ///         env.response_mut().set_body("hello");
    ///         Ok(env)
    ///     }).boxed();
    ///     let mut call = Call::new(&app, ConnectionInfo::new());
    ///     let env = call.prepare();
    ///     call.start(env);
    ///     assert!(matches!(call.event().await, Event::Head));
    ///     assert_eq!(call.take_whole().as_deref(), Some(&b"hello"[..]));
    ///     assert!(matches!(call.event().await, Event::End));
    ///     call.complete(Outcome::Completed);
    ///     Ok(())
    /// }
    /// # let mut serving = std::pin::pin!(serve_one());
    /// # let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(serving.as_mut().poll(cx).is_ready());
    /// ```
    #[inline]
    #[must_use]
    pub fn take_whole(&mut self) -> Option<Bytes> {
        match (self.stage, &mut self.env) {
            (Stage::Refused { is_head_sent: true, .. }, _) => {
                self.over();
                Some(Bytes::new())
            }
            (Stage::Rest, Some(env)) if self.rest.is_at_hand && self.rest.sent_bytes == 0 => {
                let whole = env.inner.slots.response_body.occupy().whole_mut();
                let front = whole.take_front();
                if self.rest.has_body {
                    self.stage = Stage::Over;
                    return Some(front);
                }
                self.over();
                Some(Bytes::new())
            }
            _ => None,
        }
    }
}
