//! The keys of the contract: each declared once, in one table, with all that follows from it.
//!
//! A [`Key`] binds a name to a type. The constants here are the keys of OWIN 1.0, 1.0.1 and 1.1,
//! of its CommonKeys, `SendFile`, Opaque and `WebSocket` documents, and our own additions under
//! `server.`, `host.` and `ssl.`.

#[macro_use]
mod contract;
mod info;
mod lookup;
mod table;

use std::any::type_name;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

use crate::Error;
use crate::environment::AnyValue;

pub use self::info::{KeyInfo, Party, Presence, Scope};
pub use self::table::*;

pub(crate) use self::lookup::find;

/// A type that a key can have: every sized value, and `str`, which a dictionary keeps as `String`.
pub trait Stored: 'static {
    /// What the dictionary keeps.
    type Owned: AnyValue + Borrow<Self>;
}

impl<T: AnyValue> Stored for T {
    type Owned = T;
}

impl Stored for str {
    type Owned = String;
}

/// A name together with the type of its value.
///
/// ```
/// use owin_core::{Environment, Key, keys};
///
/// const TENANT: Key<str> = Key::new("my.Tenant");
///
/// let mut env = Environment::new();
/// env.set(TENANT, "north")?;
/// assert_eq!(env.get(TENANT), Some("north"));
/// assert_eq!(env.get(keys::REQUEST_PATH), Some("/"));
/// # Ok::<_, owin_core::Error>(())
/// ```
pub struct Key<T: ?Sized> {
    name: &'static str,
    known: Option<Known>,
    marker: PhantomData<fn(&T)>,
}

impl<T: Stored + ?Sized> Key<T> {
    /// Makes a key. Use a lower-case prefix of your own, a dot, and a name in Pascal case (CK-004).
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, known: lookup::find_in_const(name), marker: PhantomData }
    }

    /// The name; keys compare byte by byte.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The slot of a key that the environment keeps as a field.
    pub(crate) const fn known(self) -> Option<Known> {
        self.known
    }

    pub(crate) fn wrong_type(self, seen: &str) -> Error {
        Error::wrong_type(self.name, type_name::<T>(), seen)
    }
}

impl<T: ?Sized> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Key<T> {}

impl<T: ?Sized> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key<{}>({})", type_name::<T>(), self.name)
    }
}

/// What the contract says of a key, or `None` where it does not know the name.
///
/// ```
/// use owin_core::keys::{self, Presence};
///
/// let info = keys::info("owin.RequestPath").expect("a key of OWIN 1.0");
/// assert_eq!(info.presence(), Presence::Required);
/// assert_eq!(info.type_name(), "str");
/// ```
#[must_use]
pub fn info(name: &str) -> Option<&'static KeyInfo> {
    match find(name) {
        Some(known) => Some(known.info()),
        None => ELSEWHERE.iter().find(|info| info.name() == name),
    }
}

/// Every key of the contract: first those of the call's environment, then the others.
pub fn all() -> impl Iterator<Item = &'static KeyInfo> {
    IN_CALL.iter().chain(ELSEWHERE)
}
