//! Rules about `sendfile.SendAsync`.

use super::declare;
use crate::lint::judge::Judge;
use crate::{Environment, keys};

declare! {
    ONE_AFTER_THE_OTHER: "SF-016", Text, App, Some("sendfile.SendAsync"), "SendFile 0.3 §3",
        "one call of the function after the other",
        "await each call before the next, or look for Overlapped in sendfile.Support";
}

/// Says whether the server announces that several calls may be under way.
pub(in crate::lint) fn may_overlap(env: &Environment) -> bool {
    let said = env.get(keys::SERVER_CAPABILITIES);
    let support = said.and_then(|said| said.get(keys::SENDFILE_SUPPORT));
    support.and_then(|support| support.get(keys::SENDFILE_CONCURRENCY)) == Some("Overlapped")
}

pub(in crate::lint) fn overlapping(judge: &Judge) {
    judge.found(&ONE_AFTER_THE_OTHER, "a second call while the first is under way");
}
