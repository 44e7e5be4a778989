//! Rules about the two bodies once the app is done.

use super::declare;
use crate::lint::judge::Judge;
use crate::{Environment, ResponseBody};

declare! {
    NO_READ_PENDING: "OWIN-056", ShouldNot, App, Some("owin.RequestBody"), "OWIN 1.0 §3.4",
        "no read that still waits when the app is done",
        "wait for the read, or drop the body, before the call resolves";
    NO_READ_AFTER: "OWIN-057", ShouldNot, App, Some("owin.RequestBody"), "OWIN 1.0 §3.4",
        "no read after the call is over",
        "read the body within the call; a task that lives longer takes the bytes along";
    NO_WRITE_AFTER: "OWIN-059", ShouldNot, App, Some("owin.ResponseBody"), "OWIN 1.0 §3.5",
        "no write after the call is over",
        "write within the call, or hand over a body that the server pulls";
}

/// The body was taken out, is alive, and its last read waits. A response that is pulled may be what
/// reads it: then nobody waits now.
pub(in crate::lint) fn read_pending_at_the_end(env: &Environment, judge: &Judge) {
    let is_pulled = env.response().body().is_some_and(ResponseBody::has_stream);
    if !is_pulled {
        judge.found(&NO_READ_PENDING, "a read in another task");
    }
}

pub(in crate::lint) fn read_after_the_end(judge: &Judge) {
    judge.found(&NO_READ_AFTER, "a read");
}

pub(in crate::lint) fn written_after_the_end(judge: &Judge) {
    judge.found(&NO_WRITE_AFTER, "a write");
}
