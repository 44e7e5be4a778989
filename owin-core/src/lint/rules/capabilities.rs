//! Rules about `server.Capabilities`, and what it promises for each call.

use super::declare;
use crate::keys::{self, Scope};
use crate::lint::judge::Judge;
use crate::lint::memory::{Memory, Startup};
use crate::{Capabilities, Environment};

declare! {
    CONSTANT: "CK-024", Text, Server, Some("server.Capabilities"), "CommonKeys, server",
        "capabilities that do not change between calls",
        "say what may change in a key of the call";
    SAME_INSTANCE: "CK-025", Should, Server, Some("server.Capabilities"), "CommonKeys, server",
        "the instance of the start-up properties",
        "keep the capabilities that were announced and share them with every call";
    STATIC_ONLY: "CK-028", Text, Server, Some("server.Capabilities"), "CommonKeys, server",
        "no value of a call among the capabilities",
        "put it into the environment of the call";
    FILES_AS_ANNOUNCED: "SF-006", Text, Server, Some("sendfile.SendAsync"), "SendFile 0.3 §2",
        "the function in every call, as it was announced",
        "offer it in each call, or do not announce sendfile.Version";
}

pub(super) fn at_entry(env: &Environment, startup: &Startup, memory: &Memory, judge: &Judge) {
    let said = env.get(keys::SERVER_CAPABILITIES);
    if let Some(announced) = &startup.capabilities
        && !said.is_some_and(|said| Capabilities::is_same(announced, said))
    {
        judge.found(&SAME_INSTANCE, if said.is_some() { "another one" } else { "none" });
    }
    let Some(said) = said else { return };
    if let Some(before) = memory.other_capabilities(said) {
        judge.found(&CONSTANT, format!("{said:?} after {before:?}"));
    }
    for (name, _) in said.iter() {
        if keys::info(name).is_some_and(|info| info.scope() == Scope::Call) {
            judge.found(&STATIC_ONLY, name.to_owned());
        }
    }
    if said.contains(keys::SENDFILE_VERSION.name()) && env.get(keys::SENDFILE_SEND_ASYNC).is_none()
    {
        judge.found(&FILES_AS_ANNOUNCED, "none");
    }
}
