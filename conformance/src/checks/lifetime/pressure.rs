//! What one call costs the others, and a slow end the other one (OWIN 1.0 §3.1, §3.4, §3.5).

use serde_json::Value;

use crate::check::{Check, Level, Profile, Proof, incident, owin};
use crate::checks::lifetime::tokens::waiting;
use crate::judge::{Judged, Trial, demand};
use crate::wire::{Asked, Pour};

/// Calls that are under way at the same time.
const AT_ONCE: usize = 32;

/// More than sockets and servers keep.
const ENDLESS: usize = 64 * 1024 * 1024;

/// What is read of it so that a slow server has room again: more than sockets keep.
const TAKEN: usize = 12 * 1024 * 1024;

pub(in crate::checks) const PRESSURE: &[Check] = &[
    Check {
        id: "LT-09",
        slug: "endless-call",
        title: "An app that does not end keeps nobody else waiting",
        level: Level::Must,
        profile: Profile::Lifetime,
        clauses: &[owin("3.1", "each call goes its own way; the server does not wait for one")],
        seeds: "OWIN-002, DF-45",
        means: "one call that hangs stops the server",
        fix: "wait for apps beside one another",
        proof: Proof::HoldsByProbe(|trial| {
            let gate = trial.gate();
            let mut link = waiting(trial, gate.name())?;
            let other = trial.reply("body=x")?;
            demand(other.status == 200, || format!("another was answered by {}", other.status))?;
            gate.open()?;
            let answer = link.answer(Asked::Whole)?;
            demand(answer.body == b"done", || "the call came to another end".to_owned())
        }),
    },
    Check {
        id: "LT-10",
        slug: "many-calls",
        title: "Many calls are under way at the same time",
        level: Level::Should,
        profile: Profile::Lifetime,
        clauses: &[owin("3.1", "an app gives its call back as a future, so that many can wait")],
        seeds: "OWIN-002, DF-45",
        means: "a few slow calls stop the server",
        fix: "let no call that waits hold a thread, or have more of them",
        proof: Proof::HoldsByProbe(|trial| {
            let gate = trial.gate();
            let links: Result<Vec<_>, _> =
                (0..AT_ONCE).map(|_| waiting(trial, gate.name())).collect();
            let mut links = links?;
            gate.open()?;
            links.iter_mut().try_for_each(|link| {
                let answer = link.answer(Asked::Whole)?;
                demand(answer.body == b"done", || "a call came to another end".to_owned())
            })
        }),
    },
    Check {
        id: "LT-11",
        slug: "slow-reader",
        title: "A client that does not read holds the app back",
        level: Level::DeFacto,
        profile: Profile::Lifetime,
        clauses: &[
            owin("3.5", "a write ends when the server has taken the bytes"),
            incident("slow read", "clients that read slowly filled the memory of servers"),
        ],
        seeds: "HT-17, attack 15",
        means: "a few slow clients fill the memory",
        fix: "let writes wait until the socket takes more",
        proof: Proof::HoldsByProbe(slow_reader),
    },
    Check {
        id: "LT-12",
        slug: "slow-app",
        title: "An app that does not read holds the client back",
        level: Level::DeFacto,
        profile: Profile::Lifetime,
        clauses: &[
            owin("3.4", "the body is read when the app asks for it"),
            incident("slow upload", "uploads that no app had read filled the memory of servers"),
        ],
        seeds: "OWIN-062, HT-25, attack 15",
        means: "a few uploads fill the memory",
        fix: "read of the socket what the app has room for",
        proof: Proof::HoldsByProbe(slow_app),
    },
];

fn slow_reader(trial: &Trial<'_>) -> Judged {
    let nonce = trial.nonce();
    let mut link = trial.connect()?;
    trial.send_reply(&mut link, &format!("nonce={nonce}&bytes={ENDLESS}"));
    trial.begins(&nonce)?;
    let written = || Ok(written(&trial.fate(&nonce)?));
    let before = trial.settled(written)?;
    demand(before < ENDLESS, || format!("all {ENDLESS} bytes were taken of the app"))?;
    for _ in 0..TAKEN / (1024 * 1024) {
        let _read = link.take(1024 * 1024)?;
    }
    let goes_on = |fate: &Value| self::written(fate) > before;
    trial.becomes(&nonce, goes_on, "the app was not let go on when the client had read")?;
    link.reset();
    Ok(())
}

fn slow_app(trial: &Trial<'_>) -> Judged {
    let (nonce, gate) = (trial.nonce(), trial.gate());
    let mut link = trial.connect()?;
    let steps = format!("reply?nonce={nonce}&wait={}&body=done", gate.name());
    let rest = format!("Content-Length: {ENDLESS}\r\n\r\n");
    link.send(trial.for_probe("POST", &steps, &rest));
    trial.begins(&nonce)?;
    let pour = Pour::default();
    let taken = std::thread::scope(|scope| {
        scope.spawn(|| link.pour(&[b'x'; 64 * 1024], ENDLESS, &pour));
        let taken = trial.settled(|| Ok(pour.sent()));
        pour.end();
        // The app ends without having read.
        gate.open()?;
        taken
    })?;
    demand(taken < ENDLESS, || format!("all {ENDLESS} bytes were taken, and no app had read"))
}

fn written(fate: &Value) -> usize {
    let written = fate.get("written").and_then(Value::as_u64).unwrap_or_default();
    usize::try_from(written).unwrap_or(usize::MAX)
}
