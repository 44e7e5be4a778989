//! The dictionary that the start-up steps, the capabilities and the upgraded calls use.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use crate::Error;
use crate::environment::value::{Value, ValueRef};
use crate::keys::{self, Key, Stored};

/// A dictionary with ordinal text keys and values of any type.
///
/// There is no null: a key is absent or has a value. Keys compare byte by byte (OWIN 1.0 §3.2), so
/// `Probe.a` and `Probe.A` are two keys. A key of the contract takes values of its own type only.
/// Empty, it owns no memory.
///
/// ```
/// use owin_core::{Dictionary, Key};
///
/// const ROLE: Key<str> = Key::new("my.Role");
///
/// let mut dictionary = Dictionary::new();
/// dictionary.set(ROLE, "admin")?;
/// assert_eq!(dictionary.get(ROLE), Some("admin"));
/// assert_eq!(dictionary.value("my.role").is_none(), true);
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Default)]
pub struct Dictionary {
    entries: BTreeMap<Cow<'static, str>, Value>,
}

impl Dictionary {
    /// Makes an empty dictionary.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new() }
    }

    /// The number of keys that have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Says whether no key has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Says whether the key has a value, of whatever type.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Borrows the value of a typed key; `None` where it is absent or of another type.
    #[must_use]
    pub fn get<T: Stored + ?Sized>(&self, key: Key<T>) -> Option<&T> {
        self.entries.get(key.name())?.downcast_ref::<T::Owned>().map(Borrow::borrow)
    }

    /// Borrows the value of a typed key.
    ///
    /// # Errors
    ///
    /// The key's name with both types, where the value is of another type.
    pub fn try_get<T: Stored + ?Sized>(&self, key: Key<T>) -> Result<Option<&T>, Error> {
        let Some(value) = self.entries.get(key.name()) else { return Ok(None) };
        let typed = value.downcast_ref::<T::Owned>();
        typed.map(|value| Some(value.borrow())).ok_or_else(|| key.wrong_type(value.type_name()))
    }

    /// Borrows the value of a typed key mutably; `None` where it is absent or of another type.
    #[must_use]
    pub fn get_mut<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Option<&mut T::Owned> {
        self.entries.get_mut(key.name())?.downcast_mut::<T::Owned>()
    }

    /// Sets the value of a typed key and returns the one before.
    ///
    /// # Errors
    ///
    /// Where the key holds a value of another type, which stays, or the contract gives it another.
    pub fn set<T: Stored + ?Sized>(
        &mut self,
        key: Key<T>,
        value: impl Into<T::Owned>,
    ) -> Result<Option<T::Owned>, Error> {
        match self.entries.entry(Cow::Borrowed(key.name())) {
            Entry::Vacant(entry) => {
                let value = Value::new(value.into());
                if let Some(info) = keys::info(key.name())
                    && !info.accepts(&value)
                {
                    return Err(key.wrong_type(info.type_name()));
                }
                entry.insert(value);
                Ok(None)
            }
            Entry::Occupied(mut entry) => match entry.get_mut().downcast_mut::<T::Owned>() {
                Some(held) => Ok(Some(std::mem::replace(held, value.into()))),
                None => Err(key.wrong_type(entry.get().type_name())),
            },
        }
    }

    /// Removes a typed key and returns its value.
    ///
    /// # Errors
    ///
    /// Where the key holds a value of another type; it stays.
    pub fn remove<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<Option<T::Owned>, Error> {
        let Some(value) = self.entries.get(key.name()) else { return Ok(None) };
        if value.downcast_ref::<T::Owned>().is_none() {
            return Err(key.wrong_type(value.type_name()));
        }
        Ok(self.entries.remove(key.name()).and_then(|value| value.downcast().ok()))
    }

    /// Borrows a value by name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<ValueRef<'_>> {
        self.entries.get(name).map(Value::as_ref)
    }

    /// Sets a value by name and returns the one before.
    ///
    /// # Errors
    ///
    /// Where the contract gives the key another type.
    pub fn set_value(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: Value,
    ) -> Result<Option<Value>, Error> {
        let name = name.into();
        if let Some(info) = keys::info(&name)
            && !info.accepts(&value)
        {
            return Err(Error::wrong_type(name, info.type_name(), value.type_name()));
        }
        Ok(self.entries.insert(name, value))
    }

    /// Removes a value by name and returns it.
    pub fn remove_value(&mut self, name: &str) -> Option<Value> {
        self.entries.remove(name)
    }

    /// Walks over the keys and values in the byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        self.entries.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
