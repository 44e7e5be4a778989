//! The connection of a call: who is at its ends.

use std::net::IpAddr;

use crate::features::{Feature, FeatureMut};
use crate::{Environment, Error, keys};

/// The connection of a call, as the keys `server.*` tell it.
///
/// A middleware that trusts a proxy's `Forwarded` field writes the client's address through
/// [`ConnectionMut`]; everybody behind it reads that one.
///
/// ```
/// use std::sync::Arc;
/// use owin_core::{Environment, features::{Connection, ConnectionInfo, ConnectionMut}, keys};
///
/// let info = ConnectionInfo::new().with_remote(([127, 0, 0, 1], 50123).into());
/// let mut env = Environment::on(Arc::new(info));
/// let client = "192.0.2.7".parse().expect("an address");
/// env.feature_mut::<ConnectionMut<'_>>().expect("it is offered").set_remote_ip(client)?;
/// assert_eq!(env.get(keys::SERVER_REMOTE_IP_ADDRESS), Some("192.0.2.7"));
/// assert_eq!(env.feature::<Connection<'_>>().and_then(|c| c.remote_ip()), Some(client));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a>(&'a Environment);

impl<'a> Feature<'a> for Connection<'a> {
    fn of(env: &'a Environment) -> Option<Self> {
        let keys = [keys::SERVER_CONNECTION_ID, keys::SERVER_REMOTE_IP_ADDRESS];
        keys.into_iter().any(|key| env.get(key).is_some()).then_some(Self(env))
    }
}

impl<'a> Connection<'a> {
    /// Tells one connection from another (`server.ConnectionId`).
    #[must_use]
    pub fn id(self) -> Option<&'a str> {
        self.0.get(keys::SERVER_CONNECTION_ID)
    }

    /// The client's address (`server.RemoteIpAddress`); `None` where the transport has none.
    #[must_use]
    pub fn remote_ip(self) -> Option<IpAddr> {
        self.0.get(keys::SERVER_REMOTE_IP_ADDRESS)?.parse().ok()
    }

    /// The client's port (`server.RemotePort`).
    #[must_use]
    pub fn remote_port(self) -> Option<u16> {
        self.0.get(keys::SERVER_REMOTE_PORT)?.parse().ok()
    }

    /// The address that the request arrived on (`server.LocalIpAddress`).
    #[must_use]
    pub fn local_ip(self) -> Option<IpAddr> {
        self.0.get(keys::SERVER_LOCAL_IP_ADDRESS)?.parse().ok()
    }

    /// The port that the request arrived on (`server.LocalPort`).
    #[must_use]
    pub fn local_port(self) -> Option<u16> {
        self.0.get(keys::SERVER_LOCAL_PORT)?.parse().ok()
    }

    /// Whether the request came from the same machine (`server.IsLocal`).
    #[must_use]
    pub fn is_local(self) -> Option<bool> {
        self.0.get(keys::SERVER_IS_LOCAL).copied()
    }
}

/// The connection of a call, to be written.
#[derive(Debug)]
pub struct ConnectionMut<'a>(&'a mut Environment);

impl<'a> FeatureMut<'a> for ConnectionMut<'a> {
    fn of_mut(env: &'a mut Environment) -> Option<Self> {
        Connection::of(env).is_some().then_some(Self(env))
    }
}

impl ConnectionMut<'_> {
    /// Says where the client really is (`server.RemoteIpAddress`).
    ///
    /// # Errors
    ///
    /// Never with the keys of this contract; the signature leaves room for servers that refuse.
    pub fn set_remote_ip(&mut self, address: IpAddr) -> Result<(), Error> {
        self.0.set(keys::SERVER_REMOTE_IP_ADDRESS, address.to_string()).map(drop)
    }

    /// Says which port the client really has (`server.RemotePort`).
    ///
    /// # Errors
    ///
    /// As for [`set_remote_ip`](Self::set_remote_ip).
    pub fn set_remote_port(&mut self, port: u16) -> Result<(), Error> {
        self.0.set(keys::SERVER_REMOTE_PORT, port.to_string()).map(drop)
    }

    /// Says whether the client is on the same machine (`server.IsLocal`).
    ///
    /// # Errors
    ///
    /// As for [`set_remote_ip`](Self::set_remote_ip).
    pub fn set_is_local(&mut self, is_local: bool) -> Result<(), Error> {
        self.0.set(keys::SERVER_IS_LOCAL, is_local).map(drop)
    }
}
