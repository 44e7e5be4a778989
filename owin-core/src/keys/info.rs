//! What the contract says of a key, as data.

use std::any::type_name;
use std::fmt;

use crate::environment::Value;
use crate::keys::Stored;

/// Says where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// In the environment of a call.
    Call,
    /// In the environment of a call and in the start-up properties.
    CallAndStartup,
    /// In the start-up properties (OWIN 1.0 §4).
    Startup,
    /// In `server.Capabilities`.
    Capabilities,
    /// In the environment of an opaque connection (Opaque 0.3 §3).
    OpaqueCall,
    /// In the parameters of `websocket.Accept` (`WebSocket` 0.4 §4).
    WebSocketAccept,
    /// In the environment of a `WebSocket` (`WebSocket` 0.4 §5).
    WebSocketCall,
}

/// Says whether a key may be absent where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presence {
    /// Always there; removing it is an error.
    Required,
    /// Absent, or there with a meaningful value.
    Optional,
}

/// Says who sets a key first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Party {
    /// The application or a middleware.
    App,
    /// The process that brings server and application together.
    Host,
    /// The server.
    Server,
}

/// One row of the contract.
#[derive(Clone, Copy)]
pub struct KeyInfo {
    pub(super) name: &'static str,
    pub(super) constant: &'static str,
    pub(super) doc: &'static str,
    pub(super) type_name: fn() -> &'static str,
    pub(super) accepts: fn(&Value) -> bool,
    pub(super) scope: Scope,
    pub(super) presence: Presence,
    pub(super) set_by: Party,
    pub(super) source: &'static str,
}

impl KeyInfo {
    /// The name of the key.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The name of the constant in [`keys`](crate::keys).
    #[must_use]
    pub const fn constant(&self) -> &'static str {
        self.constant
    }

    /// What the value means.
    #[must_use]
    pub const fn doc(&self) -> &'static str {
        self.doc
    }

    /// The type of the value, without its path.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        let name = (self.type_name)();
        name.rsplit_once("::").map_or(name, |(_, last)| last)
    }

    /// Says whether the value has the key's type.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        (self.accepts)(value)
    }

    /// Where the key stands.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether it may be absent there.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        self.presence
    }

    /// Who sets it first.
    #[must_use]
    pub const fn set_by(&self) -> Party {
        self.set_by
    }

    /// The document and section that define it.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }
}

pub(super) fn is_a<T: Stored + ?Sized>(value: &Value) -> bool {
    value.downcast_ref::<T::Owned>().is_some()
}

pub(super) fn name_of<T: ?Sized>() -> &'static str {
    type_name::<T>()
}

impl fmt::Debug for KeyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyInfo")
            .field("name", &self.name)
            .field("type", &self.type_name())
            .field("scope", &self.scope)
            .field("presence", &self.presence)
            .field("set_by", &self.set_by)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
