//! Taking a connection over, as a decision that the server performs.
//!
//! The application accepts, and returns; the decision lies in the environment. Once the pipeline
//! has unwound the server sends the head (101 over HTTP/1.1, 200 for an extended CONNECT over
//! HTTP/2) and runs the callback with the connection. `opaque.Upgrade` gives the bytes as they are,
//! `websocket.Accept` gives messages.

mod opaque;
mod stream;
mod websocket;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::StatusCode;

use crate::environment::{Dictionary, ResponseState};
use crate::exclusive::Exclusive;
use crate::{Environment, Error, keys};

pub use self::opaque::OpaqueUpgrade;
pub use self::stream::{Duplex, OpaqueStream};
pub use self::websocket::{
    Accept, Message, Opcode, WebSocketClose, WebSocketReceive, WebSocketSend,
};

pub(crate) type Finished = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
pub(crate) type Callback = Box<dyn FnOnce(Dictionary) -> Finished + Send>;

/// Says what the connection is taken over for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpgradeKind {
    /// The bytes as they are (`opaque.Upgrade`).
    Opaque,
    /// Messages (`websocket.Accept`).
    WebSocket,
}

/// The decision to take a connection over, for the server to perform.
pub struct Decision {
    kind: UpgradeKind,
    parameters: Dictionary,
    callback: Exclusive<Callback>,
    /// Whether the environment offered what was accepted.
    is_offered: bool,
}

impl Decision {
    /// What the connection is taken over for.
    #[must_use]
    pub fn kind(&self) -> UpgradeKind {
        self.kind
    }

    /// What the application said about it, as in `websocket.SubProtocol`.
    #[must_use]
    pub fn parameters(&self) -> &Dictionary {
        &self.parameters
    }

    /// Whether the environment offered what was accepted, when it was accepted.
    pub(crate) fn is_offered(&self) -> bool {
        self.is_offered
    }

    /// Puts something around the callback.
    pub(crate) fn map_callback(self, around: impl FnOnce(Callback) -> Callback) -> Self {
        let callback = Exclusive::new(around(self.callback.into_inner()));
        Self { callback, ..self }
    }

    /// Runs the application's callback with the environment of the connection: `opaque.Stream` and
    /// its like, set by the server.
    ///
    /// # Errors
    ///
    /// The callback's own; the server closes the connection in either case.
    pub async fn run(self, env: Dictionary) -> Result<(), Error> {
        (self.callback.into_inner())(env).await
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("kind", &self.kind)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// Records the decision, once; sets the status at once (Opaque 0.3 §3, `WebSocket` 0.4 §4).
fn decide<F, Fut>(
    env: &mut Environment,
    kind: UpgradeKind,
    parameters: Dictionary,
    callback: F,
) -> Result<(), Error>
where
    F: FnOnce(Dictionary) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    if env.inner.state != ResponseState::Open {
        return Err(Error::app("the connection cannot be taken over: the response has started"));
    }
    if env.upgrade_decision().is_some() {
        return Err(Error::app("the connection has been taken over already"));
    }
    let is_offered = match kind {
        UpgradeKind::Opaque => env.get(keys::OPAQUE_UPGRADE).is_some(),
        UpgradeKind::WebSocket => env.get(keys::WEBSOCKET_ACCEPT).is_some(),
    };
    env.set(keys::RESPONSE_STATUS_CODE, StatusCode::SWITCHING_PROTOCOLS)?;
    let callback: Callback = Box::new(move |env| Box::pin(callback(env)));
    let callback = Exclusive::new(callback);
    env.inner.extras_mut().decision = Some(Decision { kind, parameters, callback, is_offered });
    Ok(())
}

impl Environment {
    /// What the application decided about the connection; for servers and for outer middlewares.
    #[must_use]
    pub fn upgrade_decision(&self) -> Option<&Decision> {
        self.inner.extras().decision.as_ref()
    }

    /// Takes the decision, to perform it; for servers.
    #[must_use]
    pub fn take_upgrade_decision(&mut self) -> Option<Decision> {
        self.upgrade_decision()?;
        self.inner.extras_mut().decision.take()
    }
}
