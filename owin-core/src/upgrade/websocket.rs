//! `websocket.Accept`, and the functions of a socket.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::environment::Dictionary;
use crate::upgrade::{UpgradeKind, decide};
use crate::{Environment, Error, keys};

/// What a message is (RFC 6455 §5.2); the same for every part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Opcode {
    /// `0x1`: text, as UTF-8.
    Text,
    /// `0x2`: bytes.
    Binary,
    /// `0x8`: the peer closes; it carries no bytes, status and reason are in the environment.
    Close,
}

/// A message, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What the message is.
    pub opcode: Opcode,
    /// Whether this is its last part.
    pub is_end: bool,
    /// The bytes of this part.
    pub data: Bytes,
}

/// Accepts a `WebSocket` (`WebSocket` 0.4 §4); there where the request is a valid handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accept {
    sub_protocols: Vec<String>,
}

impl Accept {
    /// Offers the socket; for servers. The texts are the sub-protocols that the client offers.
    #[must_use]
    pub fn new(sub_protocols: impl IntoIterator<Item = String>) -> Self {
        Self { sub_protocols: sub_protocols.into_iter().collect() }
    }

    /// The sub-protocols that the client offers, the one it likes best first.
    #[must_use]
    pub fn sub_protocols(&self) -> &[String] {
        &self.sub_protocols
    }

    /// Accepts: sets the status 101 and records the decision. The callback runs after the pipeline
    /// has unwound, with an environment of its own that holds `websocket.SendAsync`,
    /// `websocket.ReceiveAsync`, `websocket.CloseAsync`, `websocket.Version` and
    /// `websocket.CallCancelled`.
    ///
    /// # Errors
    ///
    /// Where the response has started, the connection was taken over already, or
    /// `websocket.SubProtocol` is none that the client offers.
    pub fn accept<F, Fut>(
        &self,
        env: &mut Environment,
        parameters: Option<Dictionary>,
        callback: F,
    ) -> Result<(), Error>
    where
        F: FnOnce(Dictionary) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let parameters = parameters.unwrap_or_default();
        if let Some(chosen) = parameters.try_get(keys::WEBSOCKET_SUB_PROTOCOL)?
            && !self.sub_protocols.iter().any(|offered| offered == chosen)
        {
            return Err(Error::app("the client does not offer that sub-protocol")
                .with_key(keys::WEBSOCKET_SUB_PROTOCOL.name()));
        }
        decide(env, UpgradeKind::WebSocket, parameters, callback)
    }
}

type Done<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

macro_rules! socket_function {
    ($(#[doc = $doc:literal])+ $name:ident($($argument:ident: $type:ty),*) -> $output:ty) => {
        $(#[doc = $doc])+
        #[derive(Clone)]
        pub struct $name(Arc<dyn Fn($($type),*) -> Done<$output> + Send + Sync>);

        impl $name {
            /// Makes the function of what performs it; for servers.
            #[must_use]
            pub fn new<F, Fut>(function: F) -> Self
            where
                F: Fn($($type),*) -> Fut + Send + Sync + 'static,
                Fut: Future<Output = Result<$output, Error>> + Send + 'static,
            {
                Self(Arc::new(move |$($argument),*| Box::pin(function($($argument),*))))
            }

            /// Calls the function.
            ///
            /// # Errors
            ///
            /// Where the socket is lost or closed in that direction.
            pub async fn call(&self, $($argument: $type),*) -> Result<$output, Error> {
                (self.0)($($argument),*).await
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

socket_function! {
    /// Sends a message or a part of one (`websocket.SendAsync`).
    WebSocketSend(message: Message) -> ()
}

socket_function! {
    /// Receives a message or a part of one, of at most so many bytes (`websocket.ReceiveAsync`).
    WebSocketReceive(max_bytes: usize) -> Message
}

socket_function! {
    /// Closes the outgoing direction with a status and a reason (`websocket.CloseAsync`).
    WebSocketClose(status: u16, reason: String) -> ()
}
