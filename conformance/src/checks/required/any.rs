//! Random requests, and whether the app sees what was sent (OWIN 1.0 §3).

use proptest::strategy::Strategy;
use serde_json::Value;

use super::requests::is_whole;
use crate::check::{Check, Level, Profile, Proof, owin, rfc9110, rfc9112};
use crate::judge::{Body, Fields, Judged, Trial, demand};
use crate::wire::escaped;

pub(in crate::checks) const ANY: &[Check] = &[
    Check {
        id: "RQ-55",
        slug: "any-fields",
        title: "The app sees any set of fields as it was sent",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.3", "each line of the request is an element, in the order of its name"),
            rfc9110("5.6.2", "a name is any token"),
        ],
        seeds: "OWIN-033",
        means: "some clients lose some fields, and nobody can say why",
        fix: "hand names and values on as they are, whatever their length and their number",
        proof: Proof::HoldsByProbe(|trial| are_seen(trial, "RQ-55", &Fields::ascii())),
    },
    Check {
        id: "RQ-56",
        slug: "any-bytes-beyond-ascii",
        title: "The app sees values with bytes beyond ASCII as they were sent",
        level: Level::Should,
        profile: Profile::Required,
        clauses: &[
            rfc9110("5.5", "bytes of a value beyond ASCII are taken as they are"),
            owin("3.3", "such a byte is the character of that number"),
        ],
        seeds: "",
        means: "names with accents break, or turn into question marks",
        fix: "keep values as bytes",
        proof: Proof::HoldsByProbe(|trial| are_seen(trial, "RQ-56", &Fields::beyond_ascii())),
    },
    Check {
        id: "RQ-57",
        slug: "any-body",
        title: "The app reads a body of any length, all of it and nothing more",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.4", "owin.RequestBody ends where the body of the request ends")],
        seeds: "OWIN-047",
        means: "uploads of certain lengths are cut",
        fix: "look at what happens where a body ends just where a buffer does",
        proof: Proof::HoldsByProbe(|trial| {
            trial.for_all("RQ-57", &Body::any(), |body| {
                let rest = format!("Content-Length: {}\r\n\r\n", body.length);
                let head = trial.for_probe("POST", "echo", &rest);
                let seen = trial.seen_of(&[head, body.bytes()].concat())?;
                is_whole(&seen, &body.bytes())
            })
        }),
    },
    Check {
        id: "RQ-58",
        slug: "any-chunks",
        title: "The app reads the data of any chunks, all of it and nothing more",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "owin.RequestBody has the content without its coding"),
            rfc9112("7.1", "a size is any number of digits, and an extension may follow"),
        ],
        seeds: "OWIN-048",
        means: "uploads of certain clients are cut or refused",
        fix: "read sizes digit by digit, and extensions up to the end of the line",
        proof: Proof::HoldsByProbe(|trial| {
            trial.takes_chunks()?;
            let values = Body::any().prop_map(Body::without_trailers);
            trial.for_all("RQ-58", &values, |body| {
                let head = trial.for_probe("POST", "echo", "Transfer-Encoding: chunked\r\n\r\n");
                let seen = trial.seen_of(&[head, body.chunked()].concat())?;
                is_whole(&seen, &body.bytes())
            })
        }),
    },
];

fn are_seen(trial: &Trial<'_>, name: &str, values: &impl Strategy<Value = Fields>) -> Judged {
    trial.for_all(name, values, |fields| {
        let head = trial.for_probe("GET", "echo", "");
        let seen = trial.seen_of(&[head, fields.lines(), b"\r\n".to_vec()].concat())?;
        fields.0.iter().try_for_each(|(name, _)| is_seen(&seen, name, &fields.values(name)))
    })
}

fn is_seen(seen: &Value, name: &str, sent: &[&[u8]]) -> Judged {
    let lines = seen.get("headers").and_then(Value::as_array).into_iter().flatten();
    let own = lines.filter_map(|line| {
        let is_own = line.get(0)?.as_str()?.eq_ignore_ascii_case(name);
        is_own.then(|| line.get(1)?.as_str()).flatten()
    });
    // A byte is the character of that number; no other character stands for one.
    let byte = |char: char| u8::try_from(u32::from(char)).unwrap_or(b'?');
    let seen: Vec<Vec<u8>> = own.map(|value| value.chars().map(byte).collect()).collect();
    demand(seen == sent, || {
        let shown = |values: &[&[u8]]| values.iter().map(|v| escaped(v)).collect::<Vec<_>>();
        let seen: Vec<&[u8]> = seen.iter().map(Vec::as_slice).collect();
        format!("{name} came as {:?} and not as {:?}", shown(&seen), shown(sent))
    })
}
