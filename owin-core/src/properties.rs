//! The start-up dictionary, and what it holds (OWIN 1.0 §4).

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;

use crate::environment::Dictionary;
use crate::exclusive::Exclusive;
use crate::{Address, CancelSource, Error, keys};

/// The start-up dictionary: made by the host, announced in by the server, read and written by the
/// application while it is built, honoured by the server when it starts.
///
/// ```
/// use owin_core::{Properties, keys};
///
/// let mut properties = Properties::new();
/// properties.set(keys::HOST_APP_NAME, "shop")?;
/// properties.listen_on("http://127.0.0.1:0".parse()?);
/// assert_eq!(properties.addresses().len(), 1);
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Properties {
    entries: Dictionary,
    /// Fires `server.OnDispose`.
    disposing: CancelSource,
}

impl Properties {
    /// Makes empty properties.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The addresses to listen on (`host.Addresses`).
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        self.entries.get(keys::HOST_ADDRESSES).map_or(&[], |addresses| &addresses.0)
    }

    /// The sockets that a server without TLS binds, each with the address that asks for it; see
    /// [`Address::sockets`].
    ///
    /// # Errors
    ///
    /// Where a host is neither an IP address nor `localhost` nor `*`, or the scheme is `https`.
    pub fn sockets(&self) -> Result<Vec<(Address, SocketAddr)>, Error> {
        let mut all = Vec::new();
        for address in self.addresses() {
            if address.scheme() == "https" {
                return Err(Error::server(format!(
                    "cannot listen on {address}: this server has no certificate"
                )));
            }
            all.extend(address.sockets()?.into_iter().map(|socket| (address.clone(), socket)));
        }
        Ok(all)
    }

    /// Adds an address to listen on.
    pub fn listen_on(&mut self, address: Address) {
        match self.entries.get_mut(keys::HOST_ADDRESSES) {
            Some(addresses) => addresses.0.push(address),
            None => {
                let addresses = Addresses(vec![address]);
                let _none_before = self.entries.set(keys::HOST_ADDRESSES, addresses);
            }
        }
    }

    /// Replaces the addresses by those that were really bound; for servers, before they take
    /// [`ServerInfo`](crate::features::ServerInfo) from the properties. Without any the key is
    /// absent.
    ///
    /// # Errors
    ///
    /// Where the key holds a value of another type.
    pub fn set_addresses(&mut self, bound: Vec<Address>) -> Result<(), Error> {
        if bound.is_empty() {
            return self.entries.remove(keys::HOST_ADDRESSES).map(drop);
        }
        self.entries.set(keys::HOST_ADDRESSES, Addresses(bound)).map(drop)
    }

    /// What fires `server.OnDispose`.
    pub(crate) fn disposing(&self) -> CancelSource {
        self.disposing.clone()
    }

    /// Takes the callbacks of `server.OnInit`; for servers, before the first request.
    #[must_use]
    pub fn take_on_init(&mut self) -> OnInit {
        self.entries.get_mut(keys::SERVER_ON_INIT).map(std::mem::take).unwrap_or_default()
    }
}

impl Deref for Properties {
    type Target = Dictionary;

    fn deref(&self) -> &Dictionary {
        &self.entries
    }
}

impl DerefMut for Properties {
    fn deref_mut(&mut self) -> &mut Dictionary {
        &mut self.entries
    }
}

/// The addresses to listen on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses(pub Vec<Address>);

/// What a server can do (`server.Capabilities`): one instance, the same at start-up and in every
/// call, that does not change.
///
/// ```
/// use owin_core::{Capabilities, Dictionary, keys};
///
/// let mut said = Dictionary::new();
/// said.set(keys::SERVER_NAME, "my-server")?;
/// let capabilities = Capabilities::new(said);
/// assert!(Capabilities::is_same(&capabilities, &capabilities.clone()));
/// assert_eq!(capabilities.get(keys::SERVER_NAME), Some("my-server"));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Capabilities(Arc<Dictionary>);

impl Capabilities {
    /// Fixes what a server says of itself.
    #[must_use]
    pub fn new(said: Dictionary) -> Self {
        Self(Arc::new(said))
    }

    /// The capabilities of a server of that name: `server.Name` and `server.Contract`.
    #[must_use]
    pub fn of_server(name: &str) -> Dictionary {
        let mut said = Dictionary::new();
        let contract = concat!("owin-core/", env!("CARGO_PKG_VERSION"));
        let _fresh = said.set(keys::SERVER_NAME, name);
        let _fresh = said.set(keys::SERVER_CONTRACT, contract);
        said
    }

    /// Says whether the two are one instance.
    #[must_use]
    pub fn is_same(left: &Self, right: &Self) -> bool {
        Arc::ptr_eq(&left.0, &right.0)
    }
}

impl Deref for Capabilities {
    type Target = Dictionary;

    fn deref(&self) -> &Dictionary {
        &self.0
    }
}

type Initialised = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
type Init = Box<dyn FnOnce() -> Initialised + Send>;

/// Takes callbacks that run once, in the order of their registration, before the first request
/// (`server.OnInit`).
#[derive(Default)]
pub struct OnInit(Vec<Exclusive<Init>>);

impl OnInit {
    /// Adds a callback.
    pub fn register<F, Fut>(&mut self, callback: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.0.push(Exclusive::new(Box::new(move || Box::pin(callback()))));
    }

    /// Runs the callbacks; for servers.
    ///
    /// # Errors
    ///
    /// That of the first callback that fails; the server then does not start.
    pub async fn run(self) -> Result<(), Error> {
        for callback in self.0 {
            (callback.into_inner())().await?;
        }
        Ok(())
    }
}

impl fmt::Debug for OnInit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnInit({} waiting)", self.0.len())
    }
}
