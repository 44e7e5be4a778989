//! Rules about the values of optional keys.

use super::declare;
use crate::environment::{Dictionary, ValueRef};
use crate::features::ClientCertificate;
use crate::keys::{self, Presence};
use crate::lint::judge::Judge;
use crate::lint::memory::Memory;
use crate::{Capabilities, Environment, Headers};

declare! {
    NOT_EMPTY: "CK-016", Should, Server, None, "CommonKeys, guidelines",
        "an optional key that is absent or has a meaningful value",
        "leave the key out";
    ONE_TYPE: "CK-018", MustNot, Server, None, "CommonKeys, guidelines",
        "values of one type only, whatever the call",
        "give the second type a key of its own";
}

pub(super) fn at_entry(env: &Environment, memory: &Memory, judge: &Judge) {
    for (name, value) in env.iter() {
        let is_required = keys::info(name).is_some_and(|i| i.presence() == Presence::Required);
        if !is_required && is_empty(value) {
            judge.found_at(&NOT_EMPTY, name, "an empty value");
        }
        if let Some(first) = memory.other_type(name, value) {
            judge.found_at(
                &ONE_TYPE,
                name,
                format!("{} after {first} in a call before", value.type_name()),
            );
        }
    }
}

fn is_empty(value: ValueRef<'_>) -> bool {
    value.as_str().is_some_and(str::is_empty)
        || value.downcast_ref::<Headers>().is_some_and(Headers::is_empty)
        || value.downcast_ref::<Dictionary>().is_some_and(Dictionary::is_empty)
        || value.downcast_ref::<Capabilities>().is_some_and(|said| said.is_empty())
        || value.downcast_ref::<ClientCertificate>().is_some_and(|c| c.chain().is_empty())
}
