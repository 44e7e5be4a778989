//! A value whose type is known only at run time.

use std::any::{Any, type_name};
use std::fmt;

/// What every value of a dictionary can do: be told apart by type, be shown, cross threads.
///
/// Implemented for everything that can; there is nothing to write.
pub trait AnyValue: Any + fmt::Debug + Send + Sync {
    /// The name of the value's type, for people.
    fn type_name(&self) -> &'static str;
}

impl<T: Any + fmt::Debug + Send + Sync> AnyValue for T {
    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }
}

/// An owned value of a dictionary.
///
/// ```
/// use owin_core::Value;
///
/// let value = Value::new(7_u32);
/// assert_eq!(value.downcast_ref::<u32>(), Some(&7));
/// assert!(value.downcast::<String>().is_err(), "a wrong type is an error, the value comes back");
/// ```
pub struct Value(Box<dyn AnyValue>);

impl Value {
    /// Boxes a value.
    #[must_use]
    pub fn new<T: AnyValue>(value: T) -> Self {
        Self(Box::new(value))
    }

    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        ValueRef(&*self.0)
    }

    /// The name of the value's type, for people.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        (*self.0).type_name()
    }

    /// Borrows the value as a `T`, or `None` where it is something else.
    #[must_use]
    pub fn downcast_ref<T: AnyValue>(&self) -> Option<&T> {
        self.as_ref().downcast_ref()
    }

    /// Borrows the value mutably as a `T`, or `None` where it is something else.
    #[must_use]
    pub fn downcast_mut<T: AnyValue>(&mut self) -> Option<&mut T> {
        let any: &mut dyn Any = &mut *self.0;
        any.downcast_mut()
    }

    /// Takes the value out.
    ///
    /// # Errors
    ///
    /// The value itself, unchanged, where it is not a `T`.
    pub fn downcast<T: AnyValue>(self) -> Result<T, Self> {
        if self.downcast_ref::<T>().is_none() {
            return Err(self);
        }
        let any: Box<dyn Any> = self.0;
        match any.downcast::<T>() {
            Ok(value) => Ok(*value),
            Err(_) => unreachable!("the type was compared above"),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A borrowed value of a dictionary.
///
/// ```
/// use owin_core::Environment;
///
/// let env = Environment::new();
/// let path = env.value("owin.RequestPath").expect("it is required");
/// assert_eq!(path.as_str(), Some("/"));
/// ```
#[derive(Clone, Copy)]
pub struct ValueRef<'a>(pub(crate) &'a dyn AnyValue);

impl<'a> ValueRef<'a> {
    /// The name of the value's type, for people.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        self.0.type_name()
    }

    /// Borrows the value as a `T`, or `None` where it is something else.
    #[must_use]
    pub fn downcast_ref<T: AnyValue>(self) -> Option<&'a T> {
        let any: &'a dyn Any = self.0;
        any.downcast_ref()
    }

    /// The text, where the value is text.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        self.downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| self.downcast_ref::<&'static str>().copied())
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
