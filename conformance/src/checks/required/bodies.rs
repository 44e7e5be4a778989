//! How the bodies of requests come, and when they are asked for (OWIN 1.0 §3.4).

use std::time::Duration;

use crate::check::{Check, Feature, Level, Profile, Proof, owin, rfc9110, rfc9112};
use crate::checks::required::requests::{chunked, is_whole};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::probe::pattern;
use crate::wire::{Asked, Missing};

/// Bytes that are sent one by one.
const SLOW_BYTES: usize = 20;

/// What lies between two of them, so that they come apart.
const PAUSE: Duration = Duration::from_millis(2);

pub(in crate::checks) const BODIES: &[Check] = &[
    Check {
        id: "RQ-18",
        slug: "slow-body",
        title: "The app reads a body that comes byte by byte",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "owin.RequestBody ends where the body of the request ends"),
            rfc9112("6.3", "the length counts, and not how the bytes were cut into segments"),
        ],
        seeds: "OWIN-047, OWIN-048, DF-16",
        means: "uploads over slow lines come damaged",
        fix: "keep what is half read until the rest comes, a size of a chunk too",
        proof: Proof::HoldsByProbe(|trial| {
            let body = pattern(0, SLOW_BYTES);
            let length = format!("Content-Length: {SLOW_BYTES}\r\n\r\n");
            byte_by_byte(trial, &length, &body, &body)?;
            byte_by_byte(trial, "Transfer-Encoding: chunked\r\n\r\n", &chunked(&body), &body)
        }),
    },
    Check {
        id: "RQ-19",
        slug: "broken-body",
        title: "A body that breaks off is an error of the read, and not its end",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "an app must be able to tell that the body broke off"),
            rfc9112("8", "a request whose body is incomplete is no whole request"),
        ],
        seeds: "OWIN-064, OWIN-065",
        means: "half an upload is stored as a whole one",
        fix: "let the read fail where the connection ends before the length or the last chunk",
        proof: Proof::HoldsByProbe(|trial| {
            breaks_off(trial, "Content-Length: 100\r\n\r\nhello")?;
            breaks_off(trial, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        }),
    },
    Check {
        id: "RQ-20",
        slug: "continue-on-read",
        title: "A client that waits for 100 gets it once, when the app reads",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "the server asks for the body when the app reads it"),
            rfc9110("10.1.1", "who wants the body sends a 100 before it waits for it"),
        ],
        seeds: "OWIN-050, OWIN-053",
        means: "the app waits for a body, and the client for leave to send it",
        fix: "send 100 with the first read, and remember that it was sent",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Steps)?;
            let rest = "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
            let mut link = trial.connect()?;
            link.send(trial.for_probe("POST", "reply?read&read&body=done", rest));
            let first = link.next(Asked::Whole)?;
            demand(first.status == 100, || format!("first came {}, and no 100", first.status))?;
            link.send("hello");
            let last = link.next(Asked::Whole)?;
            demand(last.status == 200, || format!("behind the 100 came {}", last.status))
        }),
    },
    Check {
        id: "RQ-21",
        slug: "no-continue-unread",
        title: "A client that waits for 100 is not asked for a body that nobody reads",
        level: Level::Should,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "the server asks for the body because the app reads it"),
            rfc9110("10.1.1", "the expectation is there so that a body can be refused unsent"),
        ],
        seeds: "OWIN-051, HT-25",
        means: "large uploads are sent that the app has refused",
        fix: "send 100 at the first read, and not with the head",
        proof: Proof::HoldsByProbe(|trial| {
            let rest = "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
            let mut link = trial.connect()?;
            link.send(trial.for_probe("POST", "unread", rest));
            let first = link.next(Asked::Whole)?;
            demand(first.status == 200, || format!("first came {}", first.status))
        }),
    },
];

fn byte_by_byte(trial: &Trial<'_>, rest: &str, sent: &[u8], body: &[u8]) -> Judged {
    let mut link = trial.connect()?;
    link.send(trial.for_probe("POST", "echo", rest));
    for byte in sent {
        link.send([*byte]);
        std::thread::sleep(PAUSE);
    }
    let answer = link.answer(Asked::Whole)?;
    if answer.status == 411 {
        // It takes no body without a length, and says so.
        return Ok(());
    }
    demand(answer.status == 200, || format!("it was answered by {}", answer.status))?;
    is_whole(&trial.said("echo", &answer)?, body)
}

fn breaks_off(trial: &Trial<'_>, rest: &str) -> Judged {
    let mut link = trial.connect()?;
    link.send(trial.for_probe("POST", "echo", rest));
    link.half_close();
    match link.answer(Asked::Whole) {
        Err(Missing::Ended(_)) => Ok(()),
        Err(missing) => Err(missing.into()),
        Ok(answer) if answer.status >= 400 => Ok(()),
        Ok(answer) => Err(Lapse::Failed(format!(
            "the app took it for whole: it was answered by {}",
            answer.status
        ))),
    }
}
