//! Rules about the head of a response and the length of its body.

use http::StatusCode;

use super::declare;
use crate::body::Outlet;
use crate::call::{declared_length, may_have_body};
use crate::lint::judge::Judge;
use crate::{Environment, ResponseBody};

declare! {
    BODY_IS_WRITABLE: "OWIN-025", Text, Server, Some("owin.ResponseBody"), "OWIN 1.0 §3.2.2",
        "a response body that takes what is pushed",
        "put a ResponseBody with a sink into the environment; owin_core::Call does";
    NOT_100: "OWIN-055", MustNot, App, Some("owin.ResponseStatusCode"), "OWIN 1.0 §3.4",
        "the status of a final response",
        "leave 100 to the server, which sends it when the body is first read";
    LENGTH_IS_ONE_NUMBER: "OWIN-068", Text, App, Some("owin.ResponseHeaders"), "OWIN 1.0 §3.5",
        "one number in Content-Length",
        "leave the field out: the server knows the length, or sends the body in chunks";
    BODY_IS_WHOLE: "DF-12", DeFacto, App, Some("owin.ResponseBody"), "OWIN 1.0 §3.5; RFC 9112 §6.2",
        "as many bytes as Content-Length says",
        "write them all, or leave the field out";
    BODY_IS_NOT_MORE: "DF-13", DeFacto, App, Some("owin.ResponseBody"),
        "OWIN 1.0 §3.5; RFC 9112 §6.2",
        "no more bytes than Content-Length says",
        "count bytes, not characters, or leave the field out";
    STATUS_IS_FINAL: "DF-14", DeFacto, App, Some("owin.ResponseStatusCode"), "RFC 9110 §15.2",
        "a status from 200 on, or an accepted upgrade",
        "set 101 by opaque.Upgrade or websocket.Accept only";
    FILE_FITS: "SF-014", Must, App, Some("sendfile.SendAsync"), "SendFile 0.3 §3",
        "a Content-Length that is the size of what is sent",
        "leave the field out, or take the size of the range";
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    let outlet = env.response().body().map(ResponseBody::outlet);
    if matches!(outlet, None | Some(Outlet::Detached)) {
        judge.found(&BODY_IS_WRITABLE, "one that takes nothing");
    }
}

/// Judges a head that is about to go out, or that the app gives back.
pub(in crate::lint) fn head(env: &Environment, judge: &Judge) {
    let status = env.response().status();
    if status == StatusCode::CONTINUE {
        judge.found(&NOT_100, "100");
    } else if status.is_informational() {
        judge.found(&STATUS_IS_FINAL, status.as_str().to_owned());
    }
    if declared_length(env).is_err() {
        let lines = env.response().headers().get_all("content-length");
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        judge.found(&LENGTH_IS_ONE_NUMBER, format!("{lines:?}"));
    }
}

/// Judges the number of bytes, where it is known when the app is done.
pub(in crate::lint) fn length(env: &Environment, pushed: u64, sent_file: bool, judge: &Judge) {
    let response = env.response();
    let whole = response.body().and_then(ResponseBody::length);
    let (Ok(Some(declared)), Some(whole)) = (declared_length(env), whole) else { return };
    let given = whole.saturating_add(pushed);
    if given == declared || !may_have_body(env.request().method(), response.status()) {
        return;
    }
    let rule = match (sent_file, given < declared) {
        (true, _) => &FILE_FITS,
        (false, true) => &BODY_IS_WHOLE,
        (false, false) => &BODY_IS_NOT_MORE,
    };
    judge.found(rule, format!("{given} bytes with a Content-Length of {declared}"));
}

/// Says whether the app gave a body, pushed or whole.
pub(in crate::lint) fn has_body(env: &Environment, pushed: Option<u64>) -> bool {
    let whole = env.response().body().and_then(ResponseBody::whole_length);
    pushed.is_some_and(|bytes| bytes > 0) || whole != Some(0)
}
