//! The start of a call: what every request has by then, whichever server took it.

use http::Version;

use crate::body::{BodySender, Watch};
use crate::call::head::Asked;
use crate::call::stage::{Rest, Stage};
use crate::{Call, Environment, RequestBody};

impl Call {
    /// Starts the call. A request of HTTP/1.0 that names no host gets the
    /// [best guess](crate::features::RequestMut::guess_host).
    #[inline]
    pub fn start(&mut self, mut env: Environment) {
        if env.request().protocol() < Version::HTTP_11 {
            env.request_mut().guess_host();
        }
        self.asked = Asked::by(env.request().method());
        self.env = None;
        self.error = None;
        self.published = None;
        self.kept_back = None;
        self.rest = Rest::default();
        self.caller.start(env);
        self.stage = Stage::Running;
    }

    /// Starts the call with a body of so many bytes, which come by the sender. Where the client waits
    /// for leave to send them (RFC 9110 §10.1.1), [`Event::Continue`](crate::Event::Continue) says
    /// when the app reads.
    ///
    /// ```
    /// use owin_core::{AppExt, Call, Environment, Error, Event, features::ConnectionInfo};
    ///
    /// # async fn serve_one() -> Result<(), Error> {
    /// let app = (async |mut env: Environment| -> Result<Environment, Error> {
    ///     let body = env.request_mut().body_mut().read_to_end(64).await?;
    ///     env.response_mut().set_body(body);
    ///     Ok(env)
    /// }).boxed();
    /// let mut call = Call::new(&app, ConnectionInfo::new());
    /// let mut env = call.prepare();
    /// env.request_mut().headers_mut().set("expect", "100-continue")?;
    /// let mut sender = call.start_fed(env, 5);
    /// assert!(matches!(call.event().await, Event::Continue));
    /// sender.send("hello").await?;
    /// sender.finish();
    /// assert!(matches!(call.event().await, Event::Head));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn start_fed(&mut self, mut env: Environment, length: u64) -> BodySender {
        let is_kept_back = length > 0 && env.request().expects_continue();
        let (sender, body) = RequestBody::channel_of_length(length);
        drop(env.request_mut().set_body(body));
        self.start(env);
        self.kept_back = is_kept_back.then(|| Watch::on(&sender));
        sender
    }
}
