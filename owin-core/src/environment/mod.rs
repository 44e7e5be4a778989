//! The dictionary of one call.

mod derived;
mod dictionary;
pub(crate) mod home;
mod life;
pub(crate) mod slot;
mod value;

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::{Arc, OnceLock};

pub use self::dictionary::Dictionary;
pub use self::life::ResponseState;
pub use self::value::{AnyValue, Value, ValueRef};

use self::home::Home;
use self::slot::Slot;
use crate::Error;
use crate::features::{ConnectionInfo, Outcome};
use crate::keys::{self, Key, Known, Presence, Slots, Stored};
use crate::upgrade::Decision;

/// The dictionary of one call (OWIN 1.0 §3.2): all that server, middleware and application tell
/// each other.
///
/// It goes into the [`App`](crate::App) by value and comes back from it by value; it is one pointer
/// wide. Keys of the contract are fields, found without hashing and kept without boxing; every
/// other key goes to an overlay that costs nothing until it is used. Keys compare byte by byte.
/// There is no null: a key is absent or has a value. The twelve required keys of OWIN are always
/// there and cannot be removed.
///
/// Use the typed keys of [`keys`](crate::keys), names as text ([`value`](Self::value),
/// [`set_value`](Self::set_value)), or the typed faces ([`request`](Self::request),
/// [`response`](Self::response), [`feature`](Self::feature)): they are views of the same values.
///
/// ```
/// use owin_core::{Environment, Value, keys};
///
/// let mut env = Environment::new();
/// env.set(keys::REQUEST_PATH, "/orders")?;
/// assert_eq!(env.value("owin.RequestPath").and_then(|v| v.as_str()), Some("/orders"));
///
/// env.set_value("my.Tenant", Value::new(7_u32))?;
/// assert!(env.contains("my.Tenant"));
/// assert!(env.set_value("owin.RequestPath", Value::new(7_u32)).is_err(), "a wrong type");
/// assert!(env.remove(keys::REQUEST_PATH).is_err(), "a required key");
/// # Ok::<_, owin_core::Error>(())
/// ```
pub struct Environment {
    pub(crate) inner: Box<Inner>,
}

/// What an environment holds; boxed, so that it moves as one pointer.
pub(crate) struct Inner {
    pub(crate) slots: Slots,
    pub(crate) state: ResponseState,
    connection: Option<Arc<ConnectionInfo>>,
    request_number: u64,
    request_id: OnceLock<String>,
    /// What few calls need; there since one did.
    extras: Option<Box<Extras>>,
}

/// What few calls need.
pub(crate) struct Extras {
    /// The keys that the contract does not know.
    overlay: Dictionary,
    /// What a sending-headers callback failed with.
    failed_start: Option<String>,
    pub(crate) decision: Option<Decision>,
    /// The innermost layer of the lint that the call is in.
    pub(crate) mark: Option<Arc<crate::lint::Mark>>,
    /// Where the environment goes when it is dropped.
    home: Option<Arc<Home>>,
}

impl Extras {
    const fn new() -> Self {
        Self {
            overlay: Dictionary::new(),
            failed_start: None,
            decision: None,
            mark: None,
            home: None,
        }
    }
}

impl Inner {
    /// Without a value for any key.
    const fn empty() -> Self {
        Self {
            slots: Slots::new(),
            state: ResponseState::Open,
            connection: None,
            request_number: 0,
            request_id: OnceLock::new(),
            extras: None,
        }
    }

    pub(crate) fn extras(&self) -> &Extras {
        static NONE: Extras = Extras::new();
        self.extras.as_deref().unwrap_or(&NONE)
    }

    pub(crate) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_with(|| Box::new(Extras::new()))
    }

    fn overlay(&self) -> &Dictionary {
        &self.extras().overlay
    }

    fn overlay_mut(&mut self) -> &mut Dictionary {
        &mut self.extras_mut().overlay
    }
}

/// Nobody said how the call ended: it was given up, or it failed and the environment went with it.
impl Drop for Inner {
    fn drop(&mut self) {
        self.go_home();
        let token = self.slots.call_cancelled.get();
        let was_cancelled = token.is_some_and(crate::CallCancelled::is_cancelled);
        let outcome = if was_cancelled { Outcome::Cancelled } else { Outcome::Failed };
        if let Some(callbacks) = self.slots.server_on_completed.get_mut() {
            callbacks.run(outcome);
        }
    }
}

impl Environment {
    /// Borrows the value of a key; `None` where it is absent.
    ///
    /// A key of the application's own that holds a value of another type reads as `None` too; ask
    /// [`try_get`](Self::try_get) to be told.
    #[inline]
    #[must_use]
    pub fn get<T: Stored + ?Sized>(&self, key: Key<T>) -> Option<&T> {
        let Some(known) = key.known() else { return self.inner.overlay().get(key) };
        if let Some(slot) = self.typed_slot::<T::Owned>(known)
            && let Some(value) = slot.get()
        {
            return Some(value.borrow());
        }
        let value: &dyn std::any::Any = self.derived(known)?;
        value.downcast_ref::<T::Owned>().map(Borrow::borrow)
    }

    /// Borrows the value of a key.
    ///
    /// # Errors
    ///
    /// The key's name with both types, where the value is of another type.
    pub fn try_get<T: Stored + ?Sized>(&self, key: Key<T>) -> Result<Option<&T>, Error> {
        match key.known() {
            None => self.inner.overlay().try_get(key),
            Some(known) if self.typed_slot::<T::Owned>(known).is_none() => {
                Err(key.wrong_type(known.info().type_name()))
            }
            Some(_) => Ok(self.get(key)),
        }
    }

    /// Borrows the value of a key mutably.
    ///
    /// # Errors
    ///
    /// Where the key is absent or of another type, or cannot be changed since the response has
    /// started.
    pub fn get_mut<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<&mut T::Owned, Error> {
        let absent = || Error::app("is absent").with_key(key.name());
        let Some(known) = key.known() else {
            self.try_get(key)?.ok_or_else(absent)?;
            return self.inner.overlay_mut().get_mut(key).ok_or_else(absent);
        };
        self.check_changeable(known)?;
        self.adopt(known);
        self.typed_slot_mut(key, known)?.get_mut().ok_or_else(absent)
    }

    /// Sets the value of a key and returns the one before.
    ///
    /// # Errors
    ///
    /// Where the key holds or needs another type, or cannot be changed since the response has
    /// started. The old value stays.
    pub fn set<T: Stored + ?Sized>(
        &mut self,
        key: Key<T>,
        value: impl Into<T::Owned>,
    ) -> Result<Option<T::Owned>, Error> {
        let Some(known) = key.known() else { return self.inner.overlay_mut().set(key, value) };
        self.check_changeable(known)?;
        self.adopt(known);
        Ok(self.typed_slot_mut(key, known)?.put(value.into()))
    }

    /// Removes a key and returns its value.
    ///
    /// # Errors
    ///
    /// Where the key is required, holds another type, or cannot be changed since the response has
    /// started.
    pub fn remove<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<Option<T::Owned>, Error> {
        let Some(known) = key.known() else { return self.inner.overlay_mut().remove(key) };
        self.check_removable(known)?;
        self.adopt(known);
        Ok(self.typed_slot_mut(key, known)?.remove())
    }

    /// Says whether a key has a value.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Borrows a value by name.
    #[inline]
    #[must_use]
    pub fn value(&self, name: &str) -> Option<ValueRef<'_>> {
        match keys::find(name) {
            Some(known) => self.known_value(known),
            None => self.inner.overlay().value(name),
        }
    }

    /// Sets a value by name and returns the one before.
    ///
    /// # Errors
    ///
    /// Where the contract gives the key another type, or it cannot be changed since the response
    /// has started. The old value stays.
    pub fn set_value(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: Value,
    ) -> Result<Option<Value>, Error> {
        let name = name.into();
        let Some(known) = keys::find(&name) else {
            return self.inner.overlay_mut().set_value(name, value);
        };
        self.check_changeable(known)?;
        self.adopt(known);
        self.inner.slots.slot_mut(known).put_value(value).map_err(|value| {
            Error::wrong_type(known.info().name(), known.info().type_name(), value.type_name())
        })
    }

    /// Removes a value by name and returns it.
    ///
    /// # Errors
    ///
    /// Where the key is required, or cannot be changed since the response has started.
    pub fn remove_value(&mut self, name: &str) -> Result<Option<Value>, Error> {
        let Some(known) = keys::find(name) else {
            return Ok(self.inner.overlay_mut().remove_value(name));
        };
        self.check_removable(known)?;
        self.adopt(known);
        Ok(self.inner.slots.slot_mut(known).remove_value())
    }

    /// Walks over every key that has a value: first those of the contract in the order of its
    /// table, then the others in byte order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        let known = Known::ALL
            .iter()
            .filter_map(|known| Some((known.info().name(), self.known_value(*known)?)));
        known.chain(self.inner.overlay().iter())
    }

    /// The number of keys that have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Never: the required keys are always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    #[inline]
    fn known_value(&self, known: Known) -> Option<ValueRef<'_>> {
        let slot = self.inner.slots.slot(known);
        slot.value().or_else(|| self.derived(known)).map(ValueRef)
    }

    #[inline]
    fn typed_slot<T: AnyValue>(&self, known: Known) -> Option<&Slot<T>> {
        self.inner.slots.typed(known)
    }

    #[inline]
    fn typed_slot_mut<T: Stored + ?Sized>(
        &mut self,
        key: Key<T>,
        known: Known,
    ) -> Result<&mut Slot<T::Owned>, Error> {
        let slot = self.inner.slots.typed_mut(known);
        slot.ok_or_else(|| key.wrong_type(known.info().type_name()))
    }

    /// Refuses a change that the client could not see any more.
    fn check_changeable(&self, known: Known) -> Result<(), Error> {
        if self.inner.state == ResponseState::Open || !known.is_frozen_at_start() {
            return Ok(());
        }
        Err(Error::response_started(known.info().name()))
    }

    fn check_removable(&self, known: Known) -> Result<(), Error> {
        if known.info().presence() == Presence::Required {
            let refusal = "is required and cannot be removed; set another value instead";
            return Err(Error::app(refusal).with_key(known.info().name()));
        }
        self.check_changeable(known)
    }
}

impl Known {
    /// Says whether the key is part of the response's head.
    const fn is_frozen_at_start(self) -> bool {
        matches!(
            self,
            Self::RESPONSE_HEADERS
                | Self::RESPONSE_STATUS_CODE
                | Self::RESPONSE_REASON_PHRASE
                | Self::RESPONSE_PROTOCOL
                | Self::SERVER_ON_SENDING_HEADERS
        )
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
