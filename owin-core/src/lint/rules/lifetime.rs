//! Rules about the life of a call: it begins uncancelled, resolves, and gives the same environment
//! back.

use std::borrow::Cow;

use super::declare;
use crate::lint::Violation;
use crate::lint::judge::Judge;
use crate::{Environment, Error, ErrorKind};

declare! {
    RESOLVES: "OWIN-001", Must, App, None, "OWIN 1.0 §3.1",
        "a future that resolves",
        "resolve every call with the environment or an error; do not drop the future of an app \
         unless owin.CallCancelled has fired";
    SAME_ENVIRONMENT: "OWIN-005", Must, App, None, "OWIN 1.0 §3.2",
        "the environment that the app was given",
        "return the environment of the call; change it instead of making a new one";
    NOT_CANCELLED: "OWIN-030", Must, Server, Some("owin.CallCancelled"), "OWIN 1.0 §3.2.3",
        "a token that has not fired when the call begins",
        "take a new token for each call; do not start a call of which the peer has gone";
    ENDS_WHEN_CANCELLED: "OWIN-061", Should, App, Some("owin.CallCancelled"), "OWIN 1.0 §3.6",
        "a call that ends soon after the token has fired",
        "wait for owin.CallCancelled beside whatever else the app waits for";
    KEEPS_ERRORS: "OWIN-115", Should, App, None, "OWIN 1.0 §6",
        "an app that answers its own errors",
        "turn errors into a response, by a middleware for instance";
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    if let Some(reason) = env.request().cancelled().reason() {
        judge.found(&NOT_CANCELLED, format!("one that has fired already: {reason:?}"));
    }
}

/// The rule of futures that are dropped.
pub(in crate::lint) fn rule_of_futures() -> &'static crate::lint::Rule {
    &RESOLVES
}

/// A call did not resolve.
pub(in crate::lint) fn unresolved(judge: &Judge, seen: impl Into<Cow<'static, str>>) {
    judge.found(&RESOLVES, seen);
}

/// A call has not ended, long after its token has fired.
pub(in crate::lint) fn ignores_the_token(judge: &Judge, seen: impl Into<Cow<'static, str>>) {
    judge.found(&ENDS_WHEN_CANCELLED, seen);
}

/// An app has returned another environment than it was given.
pub(in crate::lint) fn another_environment(judge: &Judge) {
    judge.found(&SAME_ENVIRONMENT, "another environment");
}

/// An app has returned an error. Those that tell of the peer are meant to escape, and so are those
/// of the lint.
pub(in crate::lint) fn failed(error: &Error, is_cancelled: bool, judge: &Judge) {
    let source = std::error::Error::source(error);
    let is_of_a_lint = source.is_some_and(<dyn std::error::Error>::is::<Violation>);
    if error.kind() != ErrorKind::Peer && !is_cancelled && !is_of_a_lint {
        judge.found(&KEEPS_ERRORS, format!("the error \"{error}\""));
    }
}

/// An app has panicked.
pub(in crate::lint) fn panicked(judge: &Judge) {
    judge.found(&KEEPS_ERRORS, "a panic");
}
