//! Rules about `websocket.Accept` and what follows.

use http::{Method, Version as Protocol};

use super::{declare, upgrade};
use crate::environment::Dictionary;
use crate::lint::judge::Judge;
use crate::{Environment, Headers, keys};

declare! {
    OFFERED: "WS-001", Must, App, Some("websocket.Accept"), "WebSocket 0.4 §4",
        "a socket that this call offers",
        "take the function from the environment, where it is";
    ELIGIBLE: "WS-004", Text, Server, Some("websocket.Accept"), "WebSocket 0.4 §4; RFC 6455 §4.2.1",
        "an offer to valid handshakes only",
        "leave the key out of all other calls";
    STATUS: "WS-005", Must, App, Some("websocket.Accept"), "WebSocket 0.4 §4",
        "the status that accepting has set",
        "leave the status alone once the socket is accepted";
    COMPLETE: "WS-012", Must, Server, None, "WebSocket 0.4 §5",
        "every required key in the environment of the socket",
        "set the three functions, websocket.Version and websocket.CallCancelled before the \
         callback runs";
    NOT_CLOSED_YET: "WS-013", Text, Server, Some("websocket.ClientCloseStatus"), "WebSocket 0.4 §5",
        "no status and no reason of a close before the peer has closed",
        "set both when the close frame comes";
    ALONE: "WS-014", Text, App, Some("owin.ResponseBody"), "WebSocket 0.4 §4",
        "a call without a body once the socket is accepted",
        "send messages through websocket.SendAsync";
    RESOLVES: "WS-020", Must, App, None, "WebSocket 0.4 §5",
        "a callback whose future resolves",
        "let the callback complete or fail";
    NO_SEND_AFTER_CLOSE: "WS-034", MustNot, App, Some("websocket.SendAsync"), "WebSocket 0.4 §5",
        "no message after the app has closed",
        "close last";
    NO_RECEIVE_AFTER_CLOSE: "WS-035", MustNot, App, Some("websocket.ReceiveAsync"),
        "WebSocket 0.4 §5",
        "no receive after the peer has closed",
        "stop receiving at a message with the opcode of a close";
    NOTHING_AFTER_THE_END: "WS-038", ShouldNot, App, None, "WebSocket 0.4 §5",
        "no use of the socket after the callback has completed",
        "wait for tasks that use the socket before the callback completes";
    CLOSED: "WS-040", Should, App, Some("websocket.CloseAsync"), "WebSocket 0.4 §5",
        "a close before the callback completes",
        "call websocket.CloseAsync when there is no more to send";
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    if env.get(keys::WEBSOCKET_ACCEPT).is_some() && !is_handshake(env) {
        judge.found(&ELIGIBLE, "one to a request that is no handshake");
    }
}

/// Says whether the request is the opening handshake of a `WebSocket` (RFC 6455 §4.2.1, RFC 8441).
fn is_handshake(env: &Environment) -> bool {
    let (request, headers) = (env.request(), env.request().headers());
    let is_version_13 = headers.text("sec-websocket-version") == Some("13");
    if request.protocol() > Protocol::HTTP_11 {
        return is_version_13 && upgrade::may_upgrade(env);
    }
    let mut protocols = headers.list("upgrade");
    is_version_13
        && request.method() == Method::GET
        && upgrade::may_upgrade(env)
        && protocols.any(|protocol| protocol.eq_ignore_ascii_case("websocket"))
        && has_key(headers)
}

/// Sixteen bytes in base 64 are 22 digits and two signs of filling.
fn has_key(headers: &Headers) -> bool {
    let key = headers.text("sec-websocket-key").unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix("==").is_some_and(|key| key.len() == 22 && key.bytes().all(is_digit))
}

/// Judges the environment of a socket that nobody has used yet.
pub(in crate::lint) fn not_closed_yet(env: &Dictionary, judge: &Judge) {
    for name in [
        keys::WEBSOCKET_CLIENT_CLOSE_STATUS.name(),
        keys::WEBSOCKET_CLIENT_CLOSE_DESCRIPTION.name(),
    ] {
        if env.contains(name) {
            judge.found_at(&NOT_CLOSED_YET, name, "one at the beginning");
        }
    }
}

pub(in crate::lint) fn sent_after_close(judge: &Judge) {
    judge.found(&NO_SEND_AFTER_CLOSE, "one");
}

pub(in crate::lint) fn received_after_close(judge: &Judge) {
    judge.found(&NO_RECEIVE_AFTER_CLOSE, "one");
}

pub(in crate::lint) fn used_after_the_end(name: &str, judge: &Judge) {
    judge.found_at(&NOTHING_AFTER_THE_END, name, "a call of it");
}

pub(in crate::lint) fn not_closed(judge: &Judge) {
    judge.found(&CLOSED, "none");
}
