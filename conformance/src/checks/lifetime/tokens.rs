//! When `owin.CallCancelled` fires, and what reads and writes do then (OWIN 1.0 §3.6).

use std::time::Duration;

use serde_json::Value;

use crate::check::{Check, Feature, Level, Profile, Proof, incident, owin, rfc9112};
use crate::judge::{Judged, Trial, demand, text};
use crate::wire::{Asked, Link};

/// More than sockets and servers keep.
const ENDLESS: usize = 64 * 1024 * 1024;

/// How long a server may take to see what happens on a connection.
const MOMENT: Duration = Duration::from_millis(230);

pub(in crate::checks) const TOKENS: &[Check] = &[
    Check {
        id: "LT-01",
        slug: "cancelled-by-reset",
        title: "The token fires when the client resets the connection",
        level: Level::Should,
        profile: Profile::Lifetime,
        clauses: &[owin("3.6", "owin.CallCancelled should fire when the connection is aborted")],
        seeds: "OWIN-077",
        means: "apps work on for clients that have long gone",
        fix: "keep a read outstanding while the app runs",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Cancel)?;
            let (nonce, gate) = (trial.nonce(), trial.gate());
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, &format!("nonce={nonce}&wait={}", gate.name()));
            trial.begins(&nonce)?;
            link.reset();
            trial.becomes(&nonce, is_cancelled, "the token has not fired")
        }),
    },
    Check {
        id: "LT-02",
        slug: "cancelled-by-end",
        title: "The token fires when the client ends in the middle of its request",
        level: Level::Should,
        profile: Profile::Lifetime,
        clauses: &[
            owin("3.6", "owin.CallCancelled should fire when the request cannot be finished"),
            rfc9112("8", "a request whose body is incomplete is no whole request"),
        ],
        seeds: "OWIN-077, DF-17",
        means: "apps work on with half a request",
        fix: "tell an end of the input before the body's end from one behind it",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Cancel)?;
            let (nonce, gate) = (trial.nonce(), trial.gate());
            let mut link = trial.connect()?;
            upload(trial, &mut link, &format!("nonce={nonce}&wait={}", gate.name()));
            trial.begins(&nonce)?;
            link.half_close();
            trial.becomes(&nonce, is_cancelled, "the token has not fired")
        }),
    },
    Check {
        id: "LT-03",
        slug: "cancelled-by-write",
        title: "The token fires when the response cannot be written",
        level: Level::Should,
        profile: Profile::Lifetime,
        clauses: &[owin("3.6", "owin.CallCancelled should fire when the server fails to write")],
        seeds: "OWIN-077, OWIN-119",
        means: "apps make pages to their end that nobody gets",
        fix: "fire it where the write fails",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Cancel)?;
            let nonce = trial.nonce();
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, &format!("nonce={nonce}&bytes={ENDLESS}"));
            link.arrives(b"HTTP/1.1 200")?;
            link.reset();
            trial.becomes(&nonce, is_cancelled, "the token has not fired")
        }),
    },
    Check {
        id: "LT-04",
        slug: "not-after-success",
        title: "The token of a call that has succeeded never fires",
        level: Level::DeFacto,
        profile: Profile::Lifetime,
        clauses: &[owin("3.6", "owin.CallCancelled is about a call that is not over")],
        seeds: "OWIN-082",
        means: "apps undo what they have done for a client that got its answer",
        fix: "let go of the token when the response is handed over",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Cancel)?;
            let nonce = trial.nonce();
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, &format!("nonce={nonce}&body=x"));
            let _answer = link.answer(Asked::Whole)?;
            trial.becomes(&nonce, has_ended, "the call has not ended")?;
            link.reset();
            std::thread::sleep(MOMENT);
            let fate = trial.fate(&nonce)?;
            demand(!is_cancelled(&fate), || "it has fired when the connection ended".to_owned())
        }),
    },
    Check {
        id: "LT-05",
        slug: "late-look",
        title: "An app that looks for the token only afterwards sees that it has fired",
        level: Level::DeFacto,
        profile: Profile::Lifetime,
        clauses: &[
            owin("3.6", "owin.CallCancelled says whether the call was cancelled"),
            incident("Katana", "a token that was made when it was first asked for never fired"),
        ],
        seeds: "OWIN-078",
        means: "apps that begin to wait a moment too late wait for ever",
        fix: "keep that it has fired, and not only who waits for it",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Cancel)?;
            let (nonce, blind, gate) = (trial.nonce(), trial.gate(), trial.gate());
            let mut link = trial.connect()?;
            let steps = format!("nonce={nonce}&blind={}&wait={}", blind.name(), gate.name());
            trial.send_reply(&mut link, &steps);
            trial.begins(&nonce)?;
            link.reset();
            std::thread::sleep(MOMENT);
            blind.open()?;
            let is_done = |fate: &Value| has_ended(fate) && is_cancelled(fate);
            trial.becomes(&nonce, is_done, "the app still waits for the token")
        }),
    },
    Check {
        id: "LT-06",
        slug: "half-closed-while-it-works",
        title: "A client that closes its half while the app works is answered",
        level: Level::DeFacto,
        profile: Profile::Lifetime,
        clauses: &[incident("`nc` and shell scripts", "they send, close their half, and read")],
        seeds: "OWIN-079",
        means: "such clients get nothing from slow apps",
        fix: "take the end of the input for the end of requests, not of the client",
        proof: Proof::HoldsByProbe(|trial| {
            let (nonce, gate) = (trial.nonce(), trial.gate());
            let mut link = trial.connect()?;
            let steps = format!("nonce={nonce}&wait={}&body=done", gate.name());
            trial.send_reply(&mut link, &steps);
            trial.begins(&nonce)?;
            link.half_close();
            std::thread::sleep(MOMENT);
            gate.open()?;
            let answer = link.answer(Asked::Whole)?;
            demand(answer.status == 200 && answer.body == b"done", || {
                format!("it was answered by {}", answer.status)
            })
        }),
    },
    Check {
        id: "LT-07",
        slug: "read-after-reset",
        title: "A read fails when the client has gone in the middle of its body",
        level: Level::Must,
        profile: Profile::Lifetime,
        clauses: &[owin("3.4", "an app must be able to tell that the body broke off")],
        seeds: "OWIN-060, OWIN-064, DF-17",
        means: "apps wait for ever, or take half a body for a whole one",
        fix: "let reads fail, those too that begin when it is known",
        proof: Proof::HoldsByProbe(|trial| {
            let (nonce, blind) = (trial.nonce(), trial.gate());
            let mut link = trial.connect()?;
            let steps = format!("nonce={nonce}&read=piece&blind={}&read", blind.name());
            upload(trial, &mut link, &steps);
            trial.begins(&nonce)?;
            std::thread::sleep(MOMENT / 4);
            link.reset();
            std::thread::sleep(MOMENT / 4);
            blind.open()?;
            let is_failed = |fate: &Value| has_ended(fate) && text(fate, "failed") == "read";
            trial.becomes(&nonce, is_failed, "no read has failed")
        }),
    },
    Check {
        id: "LT-08",
        slug: "write-after-reset",
        title: "Writes fail when the client has gone",
        level: Level::Should,
        profile: Profile::Lifetime,
        clauses: &[owin("3.6", "writes should not go on when the call is cancelled")],
        seeds: "OWIN-073",
        means: "endless streams are made for nobody",
        fix: "let writes fail, and do not throw away what they bring",
        proof: Proof::HoldsByProbe(|trial| {
            let (nonce, blind) = (trial.nonce(), trial.gate());
            let mut link = trial.connect()?;
            let steps = format!("nonce={nonce}&chunk=a&blind={}&bytes={ENDLESS}", blind.name());
            trial.send_reply(&mut link, &steps);
            trial.begins(&nonce)?;
            std::thread::sleep(MOMENT / 4);
            link.reset();
            std::thread::sleep(MOMENT / 4);
            blind.open()?;
            // A server may also give the call up with its app, which is then over before its end.
            let is_done = |fate: &Value| {
                has_ended(fate)
                    && fate.get("written").and_then(Value::as_u64) < u64::try_from(ENDLESS).ok()
            };
            trial.becomes(&nonce, is_done, "no write has failed")
        }),
    },
];

fn is_cancelled(fate: &Value) -> bool {
    fate.get("cancelled") == Some(&Value::Bool(true))
}

fn has_ended(fate: &Value) -> bool {
    fate.get("ended") == Some(&Value::Bool(true))
}

/// Sends a request whose body has not all come.
fn upload(trial: &Trial<'_>, link: &mut Link, steps: &str) {
    let rest = "Content-Length: 1000\r\n\r\na part of it";
    link.send(trial.for_probe("POST", &format!("reply?{steps}"), rest));
}

/// An app that waits for ever, on a connection of its own.
pub(super) fn waiting(trial: &Trial<'_>, gate: &str) -> Result<Link, crate::judge::Lapse> {
    let nonce = trial.nonce();
    let mut link = trial.connect()?;
    trial.send_reply(&mut link, &format!("nonce={nonce}&wait={gate}&body=done"));
    let begun: Judged = trial.begins(&nonce);
    begun.map(|()| link)
}
