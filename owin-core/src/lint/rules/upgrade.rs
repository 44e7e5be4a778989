//! Rules about taking a connection over, and those of `opaque.Upgrade`.

use http::{Method, StatusCode, Version as Protocol};

use super::{declare, websocket};
use crate::environment::Dictionary;
use crate::keys::{self, Key, Presence, Scope};
use crate::lint::Rule;
use crate::lint::judge::Judge;
use crate::lint::life::Guard;
use crate::lint::watch::SocketWatch;
use crate::upgrade::{Callback, UpgradeKind};
use crate::{CallCancelled, Environment, Error};

declare! {
    OPAQUE_OFFERED: "OP-001", Must, App, Some("opaque.Upgrade"), "Opaque 0.3 §3",
        "an upgrade that this call offers",
        "take the function from the environment, where it is";
    OPAQUE_ELIGIBLE: "OP-004", Text, Server, Some("opaque.Upgrade"), "Opaque 0.3 §3; RFC 9110 §7.8",
        "an offer to requests that may upgrade: HTTP/1.1 with Upgrade in Connection, or CONNECT",
        "leave the key out of all other calls";
    OPAQUE_STATUS: "OP-005", Must, App, Some("opaque.Upgrade"), "Opaque 0.3 §3",
        "the status that accepting has set",
        "leave the status alone once the upgrade is accepted";
    OPAQUE_COMPLETE: "OP-011", Must, Server, None, "Opaque 0.3 §3",
        "every required key in the environment of the stream",
        "set opaque.Version, opaque.Stream and opaque.CallCancelled before the callback runs";
    OPAQUE_ALONE: "OP-012", Text, App, Some("owin.ResponseBody"), "Opaque 0.3 §3",
        "a call without a body once the connection is taken over",
        "send the bytes through opaque.Stream";
    OPAQUE_RESOLVES: "OP-019", Must, App, None, "Opaque 0.3 §3",
        "a callback whose future resolves",
        "let the callback complete or fail";
}

/// What the two kinds of taking over have in common.
struct Kind {
    offered: &'static Rule,
    status: &'static Rule,
    alone: &'static Rule,
    complete: &'static Rule,
    resolves: &'static Rule,
    scope: Scope,
    version: Key<str>,
    token: Key<CallCancelled>,
}

static OPAQUE: Kind = Kind {
    offered: &OPAQUE_OFFERED,
    status: &OPAQUE_STATUS,
    alone: &OPAQUE_ALONE,
    complete: &OPAQUE_COMPLETE,
    resolves: &OPAQUE_RESOLVES,
    scope: Scope::OpaqueCall,
    version: keys::OPAQUE_VERSION,
    token: keys::OPAQUE_CALL_CANCELLED,
};

static WEB_SOCKET: Kind = Kind {
    offered: &websocket::OFFERED,
    status: &websocket::STATUS,
    alone: &websocket::ALONE,
    complete: &websocket::COMPLETE,
    resolves: &websocket::RESOLVES,
    scope: Scope::WebSocketCall,
    version: keys::WEBSOCKET_VERSION,
    token: keys::WEBSOCKET_CALL_CANCELLED,
};

impl Kind {
    fn of(kind: UpgradeKind) -> &'static Self {
        match kind {
            UpgradeKind::Opaque => &OPAQUE,
            UpgradeKind::WebSocket => &WEB_SOCKET,
        }
    }

    /// The required keys, from the table of keys.
    fn judge_keys(&self, env: &Dictionary, judge: &Judge) {
        let required = keys::all()
            .filter(|info| info.scope() == self.scope && info.presence() == Presence::Required);
        for name in required.map(|info| info.name()).chain([self.version.name()]) {
            if !env.contains(name) {
                judge.found_at(self.complete, name, "none");
            }
        }
    }
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    if env.get(keys::OPAQUE_UPGRADE).is_some() && !may_upgrade(env) {
        judge.found(&OPAQUE_ELIGIBLE, format!("one to {:?}", env.request().protocol()));
    }
    websocket::at_entry(env, judge);
}

/// Says whether the request is one for another protocol.
pub(super) fn may_upgrade(env: &Environment) -> bool {
    let request = env.request();
    match request.protocol() {
        Protocol::HTTP_11 => {
            let mut options = request.headers().list("connection");
            options.any(|option| option.eq_ignore_ascii_case("upgrade"))
                && request.headers().contains("upgrade")
        }
        protocol => protocol > Protocol::HTTP_11 && request.method() == Method::CONNECT,
    }
}

/// Judges a connection that the app has taken over.
pub(in crate::lint) fn accepted(env: &Environment, has_body: bool, judge: &Judge) {
    let Some(decision) = env.upgrade_decision() else { return };
    let kind = Kind::of(decision.kind());
    if !decision.is_offered() {
        judge.found(kind.offered, "one that was made up");
    }
    let status = env.response().status();
    let is_extended = env.request().protocol() > Protocol::HTTP_11 && status == StatusCode::OK;
    if status != StatusCode::SWITCHING_PROTOCOLS && !is_extended {
        judge.found(kind.status, status.as_str().to_owned());
    }
    if has_body {
        judge.found(kind.alone, "a body, which nobody will see");
    }
}

/// Puts itself around the callback of a connection that the app has taken over.
pub(in crate::lint) fn watch_callback(env: &mut Environment, judge: &Judge) {
    let Some(decision) = env.take_upgrade_decision() else { return };
    let (kind, judge) = (decision.kind(), judge.clone());
    let watched = decision.map_callback(|callback| {
        Box::new(move |env| Box::pin(run_watched(callback, kind, env, judge)))
    });
    env.inner.extras_mut().decision = Some(watched);
}

async fn run_watched(
    callback: Callback,
    kind: UpgradeKind,
    mut env: Dictionary,
    judge: Judge,
) -> Result<(), Error> {
    let rules = Kind::of(kind);
    rules.judge_keys(&env, &judge);
    let socket = match kind {
        UpgradeKind::Opaque => None,
        UpgradeKind::WebSocket => Some(SocketWatch::attach(&mut env, &judge)),
    };
    judge.verdict()?;
    let token = env.get(rules.token).cloned().unwrap_or_default();
    let mut guard = Guard::new(&judge, rules.resolves, token);
    let result = callback(env).await;
    guard.disarm();
    if let Some(socket) = socket {
        socket.leave(result.is_ok() && !guard.is_cancelled());
    }
    result
}
