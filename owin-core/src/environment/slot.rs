//! The field of a known key.

use std::fmt;

use http::{Method, StatusCode, Version as Protocol};

use crate::body::{RequestBody, ResponseBody};
use crate::environment::value::{AnyValue, Value};
use crate::features::{
    BodySizeLimit, ClientCertificate, DataRate, OnCompleted, OnSendingHeaders, Outcome,
    ReasonPhrase, Reset, ResponseBuffering, TlsHandshake, TraceOutput, User,
};
use crate::headers::Headers;
use crate::properties::{Addresses, Capabilities};
use crate::send_file::SendFile;
use crate::upgrade::{Accept, OpaqueUpgrade};
use crate::{CallCancelled, Version};

/// Whether a field has a value of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Nobody touched it: what the connection knows shows through.
    #[default]
    Untouched,
    /// It has a value.
    Set,
    /// Somebody removed it: what the connection knows is hidden.
    Removed,
}

/// The field of a known key: a value that may be absent, in memory that outlives it.
pub(crate) struct Slot<T> {
    presence: Presence,
    value: Option<T>,
}

impl<T> Slot<T> {
    pub(crate) const fn new() -> Self {
        Self { presence: Presence::Untouched, value: None }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        if self.presence == Presence::Set { self.value.as_ref() } else { None }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        if self.presence == Presence::Set { self.value.as_mut() } else { None }
    }

    #[inline]
    pub(crate) fn put(&mut self, value: T) -> Option<T> {
        let was_set = self.presence == Presence::Set;
        self.presence = Presence::Set;
        self.value.replace(value).filter(|_| was_set)
    }

    /// Removes the value and hides what lies behind it.
    pub(crate) fn remove(&mut self) -> Option<T> {
        let was_set = self.presence == Presence::Set;
        self.presence = Presence::Removed;
        if was_set { self.value.take() } else { None }
    }
}

impl<T: Recycle> Slot<T> {
    /// Forgets the value; memory that is worth keeping is kept.
    #[inline]
    pub(crate) fn reset(&mut self) {
        if self.presence == Presence::Untouched {
            return;
        }
        self.presence = Presence::Untouched;
        if let Some(value) = &mut self.value
            && !value.recycle()
        {
            self.value = None;
        }
    }
}

impl<T: Recycle + Default> Slot<T> {
    /// The value as it is, or an empty one.
    #[inline]
    pub(crate) fn occupy(&mut self) -> &mut T {
        self.presence = Presence::Set;
        self.value.get_or_insert_with(T::default)
    }

    /// The value as a call begins with it: empty, in the memory of the call before.
    #[inline]
    pub(crate) fn renew(&mut self) -> &mut T {
        self.presence = Presence::Set;
        if !self.value.as_mut().is_some_and(T::recycle) {
            self.value = None;
        }
        self.value.get_or_insert_with(T::default)
    }
}

impl<T: fmt::Debug> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.presence {
            Presence::Set => self.value.fmt(f),
            other => other.fmt(f),
        }
    }
}

/// A slot whose type was forgotten.
pub(crate) trait ErasedSlot {
    fn presence(&self) -> Presence;
    fn value(&self) -> Option<&dyn AnyValue>;
    /// Puts a value in and returns the one before; a value of a wrong type comes back as the error.
    fn put_value(&mut self, value: Value) -> Result<Option<Value>, Value>;
    fn remove_value(&mut self) -> Option<Value>;
    /// Forgets the value; memory that is worth keeping is kept.
    fn reset(&mut self);
}

impl<T: AnyValue + Recycle> ErasedSlot for Slot<T> {
    #[inline]
    fn presence(&self) -> Presence {
        self.presence
    }

    #[inline]
    fn value(&self) -> Option<&dyn AnyValue> {
        self.get().map(|value| {
            let value: &dyn AnyValue = value;
            value
        })
    }

    fn put_value(&mut self, value: Value) -> Result<Option<Value>, Value> {
        value.downcast::<T>().map(|value| self.put(value).map(Value::new))
    }

    fn remove_value(&mut self) -> Option<Value> {
        self.remove().map(Value::new)
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

/// What becomes of a value between two calls.
pub(crate) trait Recycle {
    /// Empties the value and says whether its memory is worth keeping.
    fn recycle(&mut self) -> bool {
        false
    }
}

impl Recycle for String {
    #[inline]
    fn recycle(&mut self) -> bool {
        self.clear();
        true
    }
}

impl Recycle for Headers {
    #[inline]
    fn recycle(&mut self) -> bool {
        self.clear();
        true
    }
}

impl Recycle for OnSendingHeaders {
    fn recycle(&mut self) -> bool {
        self.clear();
        true
    }
}

impl Recycle for OnCompleted {
    /// Nobody said how the call ended.
    fn recycle(&mut self) -> bool {
        self.run(Outcome::Failed);
        true
    }
}

impl Recycle for RequestBody {
    fn recycle(&mut self) -> bool {
        self.is_blank()
    }
}

macro_rules! dropped {
    ($($type:ty),+ $(,)?) => { $( impl Recycle for $type {} )+ };
}

dropped!(
    Accept,
    Addresses,
    BodySizeLimit,
    CallCancelled,
    Capabilities,
    ClientCertificate,
    DataRate,
    Method,
    OpaqueUpgrade,
    Protocol,
    ReasonPhrase,
    Reset,
    ResponseBody,
    ResponseBuffering,
    SendFile,
    StatusCode,
    TlsHandshake,
    TraceOutput,
    User,
    Version,
    bool,
);
