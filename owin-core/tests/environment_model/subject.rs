//! What is compared with the model: an environment, or a plain dictionary.

use owin_core::keys::Stored;
use owin_core::{Dictionary, Environment, Error, Key, Value, ValueRef};

/// What both dictionaries can do.
pub(crate) trait Subject {
    fn contains(&self, name: &str) -> bool;
    fn value(&self, name: &str) -> Option<ValueRef<'_>>;
    fn set_value(&mut self, name: &'static str, value: Value) -> Result<Option<Value>, Error>;
    fn remove_value(&mut self, name: &str) -> Result<Option<Value>, Error>;
    fn get<T: Stored + ?Sized>(&self, key: Key<T>) -> Option<&T>;
    fn try_get<T: Stored + ?Sized>(&self, key: Key<T>) -> Result<Option<&T>, Error>;
    fn set<T: Stored + ?Sized>(
        &mut self,
        key: Key<T>,
        value: T::Owned,
    ) -> Result<Option<T::Owned>, Error>;
    fn remove<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<Option<T::Owned>, Error>;
    fn get_mut<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<&mut T::Owned, Error>;
    fn all(&self) -> Vec<(String, ValueRef<'_>)>;
    fn len(&self) -> usize;
    fn start(&mut self);
    fn reset(&mut self);
}

macro_rules! same_methods {
    () => {
        fn contains(&self, name: &str) -> bool {
            self.contains(name)
        }

        fn value(&self, name: &str) -> Option<ValueRef<'_>> {
            self.value(name)
        }

        fn set_value(&mut self, name: &'static str, value: Value) -> Result<Option<Value>, Error> {
            self.set_value(name, value)
        }

        fn get<T: Stored + ?Sized>(&self, key: Key<T>) -> Option<&T> {
            self.get(key)
        }

        fn try_get<T: Stored + ?Sized>(&self, key: Key<T>) -> Result<Option<&T>, Error> {
            self.try_get(key)
        }

        fn set<T: Stored + ?Sized>(
            &mut self,
            key: Key<T>,
            value: T::Owned,
        ) -> Result<Option<T::Owned>, Error> {
            self.set(key, value)
        }

        fn remove<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<Option<T::Owned>, Error> {
            self.remove(key)
        }

        fn all(&self) -> Vec<(String, ValueRef<'_>)> {
            self.iter().map(|(name, value)| (name.to_owned(), value)).collect()
        }

        fn len(&self) -> usize {
            self.len()
        }
    };
}

impl Subject for Environment {
    same_methods!();

    fn remove_value(&mut self, name: &str) -> Result<Option<Value>, Error> {
        self.remove_value(name)
    }

    fn get_mut<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<&mut T::Owned, Error> {
        self.get_mut(key)
    }

    fn start(&mut self) {
        self.start_response().unwrap();
    }

    fn reset(&mut self) {
        self.reset();
    }
}

impl Subject for Dictionary {
    same_methods!();

    fn remove_value(&mut self, name: &str) -> Result<Option<Value>, Error> {
        Ok(self.remove_value(name))
    }

    fn get_mut<T: Stored + ?Sized>(&mut self, key: Key<T>) -> Result<&mut T::Owned, Error> {
        self.get_mut(key).ok_or_else(|| Error::app("absent, or of another type"))
    }

    fn start(&mut self) {}

    fn reset(&mut self) {
        self.clear();
    }
}
