//! Rules about what a middleware makes of a call.

use super::declare;
use crate::call::may_have_body;
use crate::lint::around::{Answer, Question, regrouped};
use crate::lint::judge::Judge;
use crate::{CallCancelled, Environment, Error, ResponseState, keys};

declare! {
    ID_IS_KEPT: "OWIN-022", ShouldNot, Middleware, Some("owin.RequestId"), "OWIN 1.0.1 §3.2.1",
        "the id that the call had",
        "set an id only where there is none";
    ELEMENTS_ARE_KEPT: "OWIN-046", ShouldNot, Middleware, None, "OWIN 1.0 §3.3",
        "the lines of a field as they were",
        "neither split a line at its commas nor join two lines";
    TOKEN_IS_JOINED: "OWIN-081", Should, Middleware, Some("owin.CallCancelled"), "OWIN 1.0 §3.6",
        "a token that fires with the one that it replaces",
        "join the two: old.or(new)";
    ANSWERS_OR_CALLS: "MW-007", Guideline, Middleware, None, "OWIN middleware guidelines",
        "a response, or a call of next",
        "answer, if only by a status, or call next";
    REQUEST_IS_RESTORED: "MW-008", Guideline, Middleware, None, "OWIN middleware guidelines",
        "the request as it was before next was called",
        "keep what you change and put it back on the way out";
    STARTED_IS_LEFT_ALONE: "MW-009", Guideline, Middleware, None, "OWIN middleware guidelines",
        "no change to a response that has started",
        "change the head in Environment::on_sending_headers";
    BODY_IS_FORWARDED: "MW-010", Guideline, Middleware, Some("owin.ResponseBody"),
        "OWIN middleware guidelines",
        "a body that was replaced to be put back, and its bytes passed on",
        "put the outlet that replace_outlet returned back, and hand on what was captured";
}

/// Judges an id after somebody has had the environment.
pub(in crate::lint) fn id_changed(before: Option<&str>, env: &Environment, judge: &Judge) {
    let (Some(before), now) = (before, env.request().id()) else { return };
    if now != Some(before) {
        judge.found(&ID_IS_KEPT, format!("{now:?} after {before:?}"));
    }
}

/// The outlet of a response is not the one that it was.
pub(in crate::lint) fn outlet_not_restored(judge: &Judge) {
    judge.found(&BODY_IS_FORWARDED, "another outlet in its place");
}

/// Judges what a middleware hands to the next app.
pub(in crate::lint) fn went_in(
    outside: &Question,
    inside: &Question,
    token: (&CallCancelled, &CallCancelled),
    judge: &Judge,
) {
    if let Some(name) = regrouped(&outside.fields, &inside.fields) {
        judge.found_at(&ELEMENTS_ARE_KEPT, keys::REQUEST_HEADERS.name(), changed_lines(name));
    }
    let (before, now) = token;
    if !now.includes(before) {
        judge.found(&TOKEN_IS_JOINED, "another one");
    }
}

/// Judges a middleware that has not called the next app.
pub(in crate::lint) fn answered_alone(before: &Answer, after: &Answer, judge: &Judge) {
    if before == after {
        judge.found(&ANSWERS_OR_CALLS, "neither");
    }
}

/// Judges what a middleware makes of the request once the next app is done: of what it changed
/// before, nothing may stay.
pub(in crate::lint) fn restored(
    before: &Question,
    inside: &Question,
    after: &Question,
    judge: &Judge,
) {
    let parts = before.parts().zip(inside.parts()).zip(after.parts());
    for (((key, before), (_, inside)), (_, after)) in parts {
        if inside != before && after != before {
            judge.found_at(&REQUEST_IS_RESTORED, key, format!("{after:?} instead of {before:?}"));
        }
    }
}

/// Judges what a middleware makes of the answer of the next app.
pub(in crate::lint) fn came_out(
    inner: &Answer,
    outer: &Answer,
    env: &Environment,
    has_replaced_body: bool,
    judge: &Judge,
) {
    if let Some(name) = regrouped(&inner.fields, &outer.fields) {
        judge.found_at(&ELEMENTS_ARE_KEPT, keys::RESPONSE_HEADERS.name(), changed_lines(name));
    }
    let had_whole = inner.whole_bytes != Some(0);
    if inner.state != ResponseState::Open && had_whole && inner.whole_bytes != outer.whole_bytes {
        let key = keys::RESPONSE_BODY.name();
        judge.found_at(&STARTED_IS_LEFT_ALONE, key, "another body after the start");
    }
    let is_lost = inner.body_bytes.is_some_and(|bytes| bytes > 0) && outer.has_no_body();
    let is_meant = inner.status != outer.status
        || !may_have_body(env.request().method(), env.response().status());
    if has_replaced_body && is_lost && !is_meant {
        judge.found(&BODY_IS_FORWARDED, "bytes that were captured and dropped");
    }
}

/// Judges the error of a middleware after the next app has answered.
pub(in crate::lint) fn failed_after(inner: &Answer, error: &Error, judge: &Judge) {
    let head = [
        keys::RESPONSE_HEADERS.name(),
        keys::RESPONSE_STATUS_CODE.name(),
        keys::RESPONSE_REASON_PHRASE.name(),
        keys::RESPONSE_PROTOCOL.name(),
    ];
    let key = error.key().filter(|key| head.contains(key));
    if let (Some(key), true) = (key, inner.state != ResponseState::Open) {
        judge.found_at(&STARTED_IS_LEFT_ALONE, key, "a change, which was refused");
    }
}

fn changed_lines(name: &str) -> String {
    format!("the lines of {name} split or joined")
}
