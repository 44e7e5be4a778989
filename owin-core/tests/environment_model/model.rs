//! The model: a `HashMap`, and the few rules that the contract adds.

use std::collections::HashMap;

use owin_core::Environment;
use owin_core::keys::{self, Presence, Scope};

use crate::operation::{Answer, Held, Operation, shown};
use crate::subject::Subject;

/// A `HashMap` of type and text of the values, and what it held at first.
pub(crate) struct Model {
    values: HashMap<String, String>,
    fresh: HashMap<String, String>,
    is_environment: bool,
    has_started: bool,
    /// How often it was reset: the id of the call tells.
    resets: usize,
}

/// The keys that the start of the response fixes.
const FROZEN: [&str; 5] = [
    "owin.ResponseStatusCode",
    "owin.ResponseReasonPhrase",
    "owin.ResponseHeaders",
    "owin.ResponseProtocol",
    "server.OnSendingHeaders",
];

impl Model {
    pub(crate) fn of_environment(env: &Environment) -> Self {
        let fresh = held_by(env);
        let values = fresh.clone();
        Self { values, fresh, is_environment: true, has_started: false, resets: 0 }
    }

    pub(crate) fn of_dictionary() -> Self {
        let (values, fresh) = (HashMap::new(), HashMap::new());
        Self { values, fresh, is_environment: false, has_started: false, resets: 0 }
    }

    pub(crate) fn assert_holds_the_same(&self, subject: &impl Subject) {
        assert_eq!(held_by(subject), self.values);
        assert_eq!(subject.len(), self.values.len());
        for name in self.values.keys() {
            assert!(subject.contains(name), "{name}");
        }
    }

    pub(crate) fn apply(&mut self, operation: &Operation) -> Answer {
        match operation {
            Operation::Contains(name) => Ok(self.values.get(*name).map(|_| String::new())),
            Operation::GetByName(name) => Ok(self.values.get(*name).cloned()),
            Operation::SetByName(name, held) => {
                self.check_contract(name, held)?;
                self.check_frozen(name)?;
                Ok(self.values.insert((*name).to_owned(), held.shown()))
            }
            Operation::RemoveByName(name) => self.remove(name),
            Operation::GetTyped(name, held) => {
                Ok(self.values.get(*name).filter(|shown| is_a(shown, held)).cloned())
            }
            Operation::TryGetTyped(name, held) => {
                self.check_slot(name, held)?;
                self.check_held(name, held)?;
                Ok(self.values.get(*name).cloned())
            }
            Operation::SetTyped(name, held) => {
                self.check_contract(name, held)?;
                self.check_held(name, held)?;
                self.check_frozen(name)?;
                Ok(self.values.insert((*name).to_owned(), held.shown()))
            }
            Operation::RemoveTyped(name, held) => {
                self.check_slot(name, held)?;
                self.check_held(name, held)?;
                self.remove(name)
            }
            Operation::GetMut(name, held) => {
                self.check_held(name, held)?;
                self.check_frozen(name)?;
                let place = self.values.get_mut(*name).ok_or(())?;
                Ok(Some(std::mem::replace(place, held.shown())))
            }
            Operation::Start => {
                self.has_started = true;
                Ok(None)
            }
            Operation::Reset => {
                self.reset();
                Ok(None)
            }
        }
    }

    fn remove(&mut self, name: &str) -> Answer {
        let is_required =
            |info: &keys::KeyInfo| info.presence() == Presence::Required && is_of_a_call(info);
        if self.is_environment && keys::info(name).is_some_and(is_required) {
            return Err(());
        }
        self.check_frozen(name)?;
        Ok(self.values.remove(name))
    }

    fn reset(&mut self) {
        self.resets += 1;
        self.has_started = false;
        self.values = self.fresh.clone();
        if let Some(id) = self.values.get_mut("owin.RequestId") {
            *id = id.replace(":00000000", &format!(":{:08X}", self.resets));
        }
    }

    /// A key of the contract takes values of its own type only.
    fn check_contract(&self, name: &str, held: &Held) -> Result<(), ()> {
        let is_legal = keys::info(name).is_none_or(|info| info.accepts(&held.value()));
        if is_legal { Ok(()) } else { Err(()) }
    }

    /// A known key of another type is told also where the key is absent.
    fn check_slot(&self, name: &str, held: &Held) -> Result<(), ()> {
        let has_slot = self.is_environment && keys::info(name).is_some_and(is_of_a_call);
        if has_slot { self.check_contract(name, held) } else { Ok(()) }
    }

    /// A typed key does not read or replace a value of another type.
    fn check_held(&self, name: &str, held: &Held) -> Result<(), ()> {
        if self.values.get(name).is_none_or(|shown| is_a(shown, held)) { Ok(()) } else { Err(()) }
    }

    fn check_frozen(&self, name: &str) -> Result<(), ()> {
        let is_frozen = self.is_environment && self.has_started && FROZEN.contains(&name);
        if is_frozen { Err(()) } else { Ok(()) }
    }
}

fn is_of_a_call(info: &keys::KeyInfo) -> bool {
    matches!(info.scope(), Scope::Call | Scope::CallAndStartup)
}

fn is_a(shown: &str, held: &Held) -> bool {
    shown.split_once(": ").is_some_and(|(type_name, _)| type_name == held.type_name())
}

fn held_by(subject: &impl Subject) -> HashMap<String, String> {
    subject
        .all()
        .into_iter()
        .map(|(name, value)| (name, shown(value.type_name(), &value)))
        .collect()
}
