//! The operations of a dictionary, as data.

use http::{Method, StatusCode};
use owin_core::features::ReasonPhrase;
use owin_core::keys::Stored;
use owin_core::{Key, Value};
use proptest::prelude::*;

use crate::subject::Subject;

/// What is done to a dictionary.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Contains(&'static str),
    GetByName(&'static str),
    SetByName(&'static str, Held),
    RemoveByName(&'static str),
    /// The kind of value says the type of the key.
    GetTyped(&'static str, Held),
    TryGetTyped(&'static str, Held),
    SetTyped(&'static str, Held),
    RemoveTyped(&'static str, Held),
    GetMut(&'static str, Held),
    Start,
    Reset,
}

/// A value of one of the types that the tests use.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Text(&'static str),
    Number(u32),
    Flag(bool),
    Status(u16),
    Phrase(&'static str),
    Verb(bool),
    Close(u16),
}

/// What a dictionary answers: an error, or type and text of a value, where there is one.
pub(crate) type Answer = Result<Option<String>, ()>;

/// Type and text of a value; two values that differ differ in it.
pub(crate) fn shown<T: std::fmt::Debug + ?Sized>(type_name: &str, value: &T) -> String {
    format!("{type_name}: {value:?}")
}

/// Calls a function with the key type and the value of a [`Held`].
macro_rules! with_held {
    ($held:expr, $name:expr, |$key:ident, $value:ident| $body:expr) => {
        match $held.clone() {
            Held::Text(text) => with_held!(str, String::from(text), $name, $key, $value, $body),
            Held::Number(number) => with_held!(u32, number, $name, $key, $value, $body),
            Held::Flag(flag) => with_held!(bool, flag, $name, $key, $value, $body),
            Held::Close(status) => with_held!(u16, status, $name, $key, $value, $body),
            Held::Status(status) => {
                let status = StatusCode::from_u16(status).unwrap();
                with_held!(StatusCode, status, $name, $key, $value, $body)
            }
            Held::Phrase(phrase) => {
                let phrase = ReasonPhrase::from_static(phrase);
                with_held!(ReasonPhrase, phrase, $name, $key, $value, $body)
            }
            Held::Verb(is_get) => {
                let method = if is_get { Method::GET } else { Method::PUT };
                with_held!(Method, method, $name, $key, $value, $body)
            }
        }
    };
    ($type:ty, $held:expr, $name:expr, $key:ident, $value:ident, $body:expr) => {{
        let ($key, $value) = (Key::<$type>::new($name), $held);
        $body
    }};
}

impl Held {
    pub(crate) fn value(&self) -> Value {
        with_held!(self, "", |_key, value| Value::new(value))
    }

    pub(crate) fn shown(&self) -> String {
        let value = self.value();
        shown(value.type_name(), &value)
    }

    pub(crate) fn type_name(&self) -> &'static str {
        self.value().type_name()
    }
}

fn owned<T: Stored + ?Sized>(value: &T::Owned) -> String {
    shown(std::any::type_name::<T::Owned>(), value)
}

/// Shows what a typed read gave, as an owned value would be shown.
fn read<T: Stored + ?Sized + std::fmt::Debug>(value: &T) -> String {
    shown(std::any::type_name::<T::Owned>(), value)
}

impl Operation {
    /// Does it, and tells the answer.
    pub(crate) fn apply(&self, subject: &mut impl Subject) -> Answer {
        match self {
            Self::Contains(name) => Ok(subject.contains(name).then(String::new)),
            Self::GetByName(name) => Ok(subject.value(name).map(|v| shown(v.type_name(), &v))),
            Self::SetByName(name, held) => {
                let before = subject.set_value(name, held.value()).map_err(drop)?;
                Ok(before.map(|value| shown(value.type_name(), &value)))
            }
            Self::RemoveByName(name) => {
                let removed = subject.remove_value(name).map_err(drop)?;
                Ok(removed.map(|value| shown(value.type_name(), &value)))
            }
            Self::GetTyped(name, held) => {
                with_held!(held, name, |key, _value| Ok(subject.get(key).map(read)))
            }
            Self::TryGetTyped(name, held) => with_held!(held, name, |key, _value| {
                subject.try_get(key).map(|value| value.map(read)).map_err(drop)
            }),
            Self::SetTyped(name, held) => with_held!(held, name, |key, value| {
                let before = subject.set(key, value).map_err(drop)?;
                Ok(before.as_ref().map(|value| shown_as(key, value)))
            }),
            Self::RemoveTyped(name, held) => with_held!(held, name, |key, _value| {
                let removed = subject.remove(key).map_err(drop)?;
                Ok(removed.as_ref().map(|value| shown_as(key, value)))
            }),
            Self::GetMut(name, held) => with_held!(held, name, |key, value| {
                let place = subject.get_mut(key).map_err(drop)?;
                Ok(Some(shown_as(key, &std::mem::replace(place, value))))
            }),
            Self::Start => {
                subject.start();
                Ok(None)
            }
            Self::Reset => {
                subject.reset();
                Ok(None)
            }
        }
    }
}

fn shown_as<T: Stored + ?Sized>(_: Key<T>, value: &T::Owned) -> String {
    owned::<T>(value)
}

/// Names: required, optional, showing through, frozen by the start, elsewhere in the contract, and
/// unknown ones that differ from those and from one another by one byte or by case.
const NAMES: [&str; 24] = [
    "owin.RequestPath",
    "owin.RequestQueryString",
    "owin.RequestMethod",
    "owin.RequestId",
    "owin.ResponseStatusCode",
    "owin.ResponseReasonPhrase",
    "owin.ResponseHeaders",
    "server.RemoteIpAddress",
    "server.RemotePort",
    "server.LocalPort",
    "server.IsLocal",
    "server.Capabilities",
    "server.OnSendingHeaders",
    "host.AppName",
    "host.AppMode",
    "server.Name",
    "websocket.ClientCloseStatus",
    "owin.requestpath",
    "owin.RequestPath ",
    "my.Key",
    "my.key",
    "é",
    "e\u{301}",
    "",
];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(NAMES.to_vec())
}

fn held() -> impl Strategy<Value = Held> {
    prop_oneof![
        4 => prop::sample::select(vec!["", "/", "/é", "x"]).prop_map(Held::Text),
        1 => (0..3_u32).prop_map(Held::Number),
        1 => any::<bool>().prop_map(Held::Flag),
        1 => (200..203_u16).prop_map(Held::Status),
        1 => prop::sample::select(vec!["Fine", ""]).prop_map(Held::Phrase),
        1 => any::<bool>().prop_map(Held::Verb),
        1 => (1000..1002_u16).prop_map(Held::Close),
    ]
}

/// A row of operations; starts and resets are rare among them.
pub(crate) fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        1 => name().prop_map(Operation::Contains),
        2 => name().prop_map(Operation::GetByName),
        4 => (name(), held()).prop_map(|(name, held)| Operation::SetByName(name, held)),
        3 => name().prop_map(Operation::RemoveByName),
        2 => (name(), held()).prop_map(|(name, held)| Operation::GetTyped(name, held)),
        2 => (name(), held()).prop_map(|(name, held)| Operation::TryGetTyped(name, held)),
        4 => (name(), held()).prop_map(|(name, held)| Operation::SetTyped(name, held)),
        3 => (name(), held()).prop_map(|(name, held)| Operation::RemoveTyped(name, held)),
        2 => (name(), held()).prop_map(|(name, held)| Operation::GetMut(name, held)),
        1 => Just(Operation::Start),
        1 => Just(Operation::Reset),
    ];
    prop::collection::vec(operation, 0..60)
}
