//! A request to an app in memory.

use http::{Method, Version as Protocol};

use crate::body::{BodySender, RequestBody, Whole};
use crate::testing::TestResponse;
use crate::upgrade::OpaqueUpgrade;
use crate::{Call, Canceller, Environment, Error, Event, keys};

/// A request to an app in memory; [`send`](Self::send) starts it.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest {
    call: Call,
    env: Environment,
    /// What was wrong with the request, told when it is sent.
    wrong: Option<Error>,
}

impl TestRequest {
    pub(super) fn new(mut call: Call, method: Method, target: &str) -> Self {
        let mut env = call.prepare();
        env.request_mut().set_method(method);
        let filled = env.request_mut().set_target(target);
        let filled = filled.and_then(|()| {
            let headers = env.request_mut().headers_mut();
            if headers.contains("host") { Ok(()) } else { headers.set("host", "localhost") }
        });
        Self { call, env, wrong: filled.err() }
    }

    /// Adds a field line.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let added = self.env.request_mut().headers_mut().append(name, value);
        self.wrong = self.wrong.or(added.err());
        self
    }

    /// Replaces `Host`.
    pub fn host(mut self, host: &str) -> Self {
        let set = self.env.request_mut().headers_mut().set("host", host);
        self.wrong = self.wrong.or(set.err());
        self
    }

    /// Chooses the protocol; HTTP/1.1 without this.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.env.request_mut().set_protocol(protocol);
        self
    }

    /// Chooses the scheme; `http` without this.
    pub fn scheme(mut self, scheme: &str) -> Self {
        self.env.request_mut().set_scheme(scheme);
        self
    }

    /// Gives the body whole; sets `Content-Length` where it is known.
    pub fn body(mut self, body: impl Into<Whole>) -> Self {
        let body = body.into();
        if let Some(length) = body.length() {
            let set = self.env.request_mut().headers_mut().set("content-length", length);
            self.wrong = self.wrong.or(set.err());
        }
        let _empty = self.env.request_mut().set_body(RequestBody::from(body));
        self
    }

    /// Gives the body piece by piece. Feed it while somebody drives the request: the two are joined,
    /// or tasks of their own.
    pub fn stream(mut self) -> (BodySender, Self) {
        let (sender, body) = RequestBody::channel();
        let _empty = self.env.request_mut().set_body(body);
        (sender, self.header("transfer-encoding", "chunked"))
    }

    /// Changes the environment as only a server could.
    ///
    /// ```
    /// use owin_core::{Environment, Error, keys, testing::TestHost};
    ///
    /// let host = TestHost::new(async |env: Environment| -> Result<Environment, Error> { Ok(env) });
    /// let request = host.get("/").with(|env| env.set(keys::SERVER_LOCAL_PORT, "80").map(drop));
    /// # let _request = request;
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut Environment) -> Result<(), Error>) -> Self {
        let changed = change(&mut self.env);
        self.wrong = self.wrong.or(changed.err());
        self
    }

    /// What plays the client that goes away, from wherever.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.call.canceller()
    }

    /// Sends the request; returns when the response starts, which may be before its body ends.
    ///
    /// # Errors
    ///
    /// The app's own error where it failed before the start, and what was wrong with the request.
    pub async fn send(self) -> Result<TestResponse, Error> {
        let Self { mut call, mut env, wrong } = self;
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        offer_upgrade(&mut env)?;
        call.start(env);
        loop {
            match call.event().await {
                Event::Head if call.error().is_some() => {
                    return Err(call.take_error());
                }
                Event::Head => return Ok(TestResponse::new(call, None)),
                Event::Upgrade => {
                    let decision = call.take_upgrade();
                    return Ok(TestResponse::new(call, decision));
                }
                Event::Failed(error) => return Err(error),
                Event::Continue | Event::Data(_) | Event::Flush | Event::Trailers(_) => {}
                Event::End => return Err(Error::server("the call ended without a head")),
            }
        }
    }
}

/// Offers `opaque.Upgrade` where the request asks for one (RFC 9110 §7.8).
fn offer_upgrade(env: &mut Environment) -> Result<(), Error> {
    let headers = env.request().headers();
    let asks = headers.list("connection").any(|option| option.eq_ignore_ascii_case("upgrade"));
    let protocol = headers.text("upgrade").map(OpaqueUpgrade::new);
    if let (true, Some(upgrade), Protocol::HTTP_11) = (asks, protocol, env.request().protocol()) {
        env.set(keys::OPAQUE_UPGRADE, upgrade)?;
    }
    Ok(())
}
