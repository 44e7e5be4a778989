//! Values that nobody shares, or that nobody shares any more.

use std::fmt;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

/// A value that is reached only through `&mut` or by taking it, so that it need not be `Sync`.
pub(crate) struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// No lock is taken: whoever has `&mut` is alone.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Exclusive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// Says whether a value has just so many owners, of whom the caller has all in hand: then it has no
/// other, and all that others did before they gave it up is seen.
///
/// A count is read, not written. Nobody may hold a `Weak` of the value.
#[inline]
pub(crate) fn has_owners<T: ?Sized>(value: &Arc<T>, count: usize) -> bool {
    let has = Arc::strong_count(value) == count;
    fence(Ordering::Acquire);
    has
}
