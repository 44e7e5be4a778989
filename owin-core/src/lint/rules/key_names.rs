//! Rules about the names of keys that the contract does not know.

use std::collections::BTreeSet;

use super::declare;
use crate::environment::ValueRef;
use crate::features::{ClientCertificate, TlsHandshake};
use crate::lint::judge::Judge;
use crate::send_file::SendFile;
use crate::upgrade::{
    Accept, OpaqueStream, OpaqueUpgrade, WebSocketClose, WebSocketReceive, WebSocketSend,
};
use crate::{Environment, keys};

declare! {
    WELL_FORMED: "CK-004", Should, All, None, "CommonKeys, guidelines",
        "a key of a lower-case prefix, a dot and a name in Pascal case",
        "write it as in my.RequestCount; a key that is the name of a type holds `::`";
    OWIN_IS_CLOSED: "CK-005", MustNot, All, None, "CommonKeys, guidelines",
        "none but the 17 keys of OWIN with the prefix of OWIN",
        "take a prefix of your own";
    TECHNOLOGY_PREFIX: "CK-007", Should, All, None, "CommonKeys, guidelines",
        "the prefix of the technology in front of its values",
        "name keys for TLS ssl.…, for files sendfile.…, for upgrades opaque.… and websocket.…";
    OWN_PREFIX: "CK-008", Should, All, None, "CommonKeys, guidelines",
        "a key with the prefix of who made it",
        "put a prefix and a dot in front of the name";
    UNIQUE_WITHOUT_CASE: "CK-009", Should, All, None, "CommonKeys, guidelines",
        "no two keys that differ only in case",
        "rename one of them: keys compare byte by byte, readers do not";
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    names(env, |_| true, judge);
}

/// Judges the keys that were added since.
pub(in crate::lint) fn added(before: &BTreeSet<String>, env: &Environment, judge: &Judge) {
    names(env, |name| !before.contains(name), judge);
}

/// The names in a call that are no keys of the call's contract.
pub(in crate::lint) fn foreign(env: &Environment) -> impl Iterator<Item = &str> {
    env.iter().map(|(name, _)| name).filter(|name| keys::find(name).is_none())
}

fn names(env: &Environment, is_judged: impl Fn(&str) -> bool, judge: &Judge) {
    let mut folded: BTreeSet<String> = BTreeSet::new();
    for (name, value) in env.iter() {
        let is_new = folded.insert(name.to_lowercase());
        if keys::find(name).is_some() || !is_judged(name) {
            continue;
        }
        if !is_new {
            judge.found_at(&UNIQUE_WITHOUT_CASE, name, "another key in other case");
        }
        name_of(name, judge);
        if let Some(prefix) = technology(value).filter(|prefix| !name.starts_with(prefix)) {
            judge.found_at(&TECHNOLOGY_PREFIX, name, format!("a value that belongs to {prefix}"));
        }
    }
}

fn name_of(name: &str, judge: &Judge) {
    if name.starts_with("owin.") {
        judge.found_at(&OWIN_IS_CLOSED, name, "another one");
    } else if name.contains("::") {
        // The name of a type: an object of the implementation, for those who know it.
    } else if !name.contains('.') {
        judge.found_at(&OWN_PREFIX, name, "no prefix");
    } else if !is_well_formed(name) {
        judge.found_at(&WELL_FORMED, name, "another form");
    }
}

fn is_well_formed(name: &str) -> bool {
    let Some((prefixes, last)) = name.rsplit_once('.') else { return false };
    let is_word = |word: &str, first: fn(&char) -> bool| {
        word.starts_with(|c| first(&c)) && word.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let is_lower = |word: &str| {
        is_word(word, char::is_ascii_lowercase) && !word.contains(|c: char| c.is_ascii_uppercase())
    };
    prefixes.split('.').all(is_lower) && is_word(last, char::is_ascii_uppercase)
}

/// The prefix of the technology that a value belongs to.
fn technology(value: ValueRef<'_>) -> Option<&'static str> {
    let is_tls = value.downcast_ref::<ClientCertificate>().is_some()
        || value.downcast_ref::<TlsHandshake>().is_some();
    let is_opaque = value.downcast_ref::<OpaqueUpgrade>().is_some()
        || value.downcast_ref::<OpaqueStream>().is_some();
    let is_websocket = value.downcast_ref::<Accept>().is_some()
        || value.downcast_ref::<WebSocketSend>().is_some()
        || value.downcast_ref::<WebSocketReceive>().is_some()
        || value.downcast_ref::<WebSocketClose>().is_some();
    let is_file = value.downcast_ref::<SendFile>().is_some();
    let all = [
        (is_tls, "ssl."),
        (is_opaque, "opaque."),
        (is_websocket, "websocket."),
        (is_file, "sendfile."),
    ];
    all.into_iter().find(|(is_it, _)| *is_it).map(|(_, prefix)| prefix)
}
