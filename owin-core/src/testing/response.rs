//! The response of an app in memory.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use crate::environment::Dictionary;
use crate::features::Outcome;
use crate::testing::{MemoryStream, memory_pair};
use crate::upgrade::{Decision, OpaqueStream};
use crate::{Call, CancelReason, CancelSource, Environment, Error, Event, Headers, keys};

/// The response of an app in memory: the head is there, the body comes as it is asked for.
///
/// Asking drives the app. A response that is dropped is a client that goes away.
#[derive(Debug)]
pub struct TestResponse {
    call: Call,
    status: StatusCode,
    reason_phrase: String,
    headers: Headers,
    content_length: Option<u64>,
    wants_close: bool,
    trailers: Option<HeaderMap>,
    decision: Option<Decision>,
    is_over: bool,
}

impl TestResponse {
    pub(super) fn new(call: Call, decision: Option<Decision>) -> Self {
        let head = call.head();
        let mut headers = HeaderMap::new();
        for (name, value) in head.fields() {
            headers.append(name.clone(), value.clone());
        }
        let content_length = match head.length() {
            crate::BodyLength::Known(length) => Some(length),
            _ => None,
        };
        let wants_close = head.wants_close();
        let (status, reason_phrase) = (head.status(), head.reason_phrase().to_owned());
        let headers = Headers::from(headers);
        Self {
            call,
            status,
            reason_phrase,
            headers,
            content_length,
            wants_close,
            trailers: None,
            decision,
            is_over: false,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The phrase behind the status.
    #[must_use]
    pub fn reason_phrase(&self) -> &str {
        &self.reason_phrase
    }

    /// Whether the app ends the connection after this response, by `Connection: close`.
    ///
    /// ```
    /// use owin_core::{AppExt, Environment, Error, testing::TestHost};
    ///
    /// # async fn ask() -> Result<(), Error> {
    /// let app = (async |mut env: Environment| -> Result<Environment, Error> {
    ///     env.response_mut().headers_mut()?.set("connection", "close")?;
    ///     Ok(env)
    /// }).boxed();
    /// assert!(TestHost::new(app).get("/").send().await?.wants_close());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn wants_close(&self) -> bool {
        self.wants_close
    }

    /// The fields, without those that belong to the framing or the connection.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The `Content-Length` that a server would send.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// The trailer fields, after the end of the body.
    #[must_use]
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// The app's own error where it failed after the start.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.is_over {
            match self.call.event().await {
                Event::Data(data) => return Ok(Some(data)),
                Event::Trailers(trailers) => self.trailers = Some(trailers),
                Event::End => {
                    self.is_over = true;
                    self.call.complete(Outcome::Completed);
                }
                Event::Failed(error) => {
                    self.is_over = true;
                    self.call.complete(Outcome::Failed);
                    return Err(error);
                }
                Event::Continue | Event::Head | Event::Flush | Event::Upgrade => {}
            }
        }
        Ok(None)
    }

    /// The whole rest of the body.
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk).
    pub async fn bytes(&mut self) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// The whole rest of the body, as text.
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk), and where the body is no UTF-8.
    pub async fn text(&mut self) -> Result<String, Error> {
        let bytes = self.bytes().await?;
        let text = String::from_utf8(bytes.into());
        text.map_err(|error| Error::app("the body is no UTF-8").with_source(error))
    }

    /// Goes away as a client would: fires `owin.CallCancelled`. The app is driven on by
    /// [`chunk`](Self::chunk).
    pub fn cancel(&self, reason: CancelReason) {
        self.call.cancel(reason);
    }

    /// What the environment holds, once the pipeline has unwound.
    #[must_use]
    pub fn environment(&self) -> Option<&Environment> {
        self.call.environment()
    }

    /// What the app decided about the connection.
    #[must_use]
    pub fn upgrade(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// Performs an opaque upgrade: the client's end of the stream, and the future of the app's
    /// callback, to be driven beside it. `None` where the app did not upgrade.
    pub fn take_upgrade(
        &mut self,
    ) -> Option<(MemoryStream, impl Future<Output = Result<(), Error>> + Send + use<>)> {
        let decision = self.decision.take()?;
        let (client, server) = memory_pair();
        let mut env = Dictionary::new();
        let _fresh = env.set(keys::OPAQUE_VERSION, "1.0");
        let _fresh = env.set(keys::OPAQUE_STREAM, OpaqueStream::new(server));
        let lost = CancelSource::new();
        let _fresh = env.set(keys::OPAQUE_CALL_CANCELLED, lost.token());
        // The call has succeeded; what happens to the connection is the callback's affair now.
        self.is_over = true;
        self.call.complete(Outcome::Completed);
        Some((client.losing(lost), decision.run(env)))
    }
}

impl Drop for TestResponse {
    fn drop(&mut self) {
        if !self.is_over {
            self.call.cancel(CancelReason::PeerReset);
        }
    }
}
