//! One call and the others: none sees what belongs to another (OWIN 1.0 §3.1, §3.2, §6).

use serde_json::Value;

use crate::check::{Check, Feature, Level, Profile, Proof, incident, owin, rfc9112};
use crate::checks::required::requests::is_whole;
use crate::checks::required::targets::values;
use crate::judge::{Judged, Lapse, Trial, demand, text};
use crate::wire::{Asked, Link};

/// Calls that are under way at the same time.
const AT_ONCE: usize = 8;

/// What every environment has (OWIN 1.0 §3.2).
const REQUIRED: [&str; 12] = [
    "owin.RequestBody",
    "owin.RequestHeaders",
    "owin.RequestMethod",
    "owin.RequestPath",
    "owin.RequestPathBase",
    "owin.RequestProtocol",
    "owin.RequestQueryString",
    "owin.RequestScheme",
    "owin.ResponseBody",
    "owin.ResponseHeaders",
    "owin.CallCancelled",
    "owin.Version",
];

pub(in crate::checks) const CALLS: &[Check] = &[
    Check {
        id: "RQ-49",
        slug: "panic-of-an-app",
        title: "An app that panics has failed as others fail",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("6", "whatever an app fails by, the server answers 500 and goes on")],
        seeds: "OWIN-003, OWIN-114, DF-18",
        means: "one bad request ends the server, or the client waits for ever",
        fix: "catch what the app throws where it is called",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Steps)?;
            let answer = trial.answer_to(&trial.for_probe("GET", "fail?panic", "\r\n"))?;
            demand(answer.status == 500, || format!("it was answered by {}", answer.status))?;
            demand(answer.field("x-before").is_none(), || {
                "the 500 has a field that the app had set before it failed".to_owned()
            })
        }),
    },
    Check {
        id: "RQ-50",
        slug: "request-of-its-own",
        title: "The app sees nothing of the request before",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.1", "each call has an environment of its own"),
            incident("CVE-2020-17527", "a field of one request turned up in the next"),
        ],
        seeds: "OWIN-057, CK-020",
        means: "a client reads what another has sent through the same proxy",
        fix: "clear what is used again before the next head is read",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            let rest = "X-First: secret\r\nCookie: a=b\r\nContent-Length: 5\r\n\r\nhello";
            link.send(trial.for_probe("POST", "echo/first?first", rest));
            before(&mut link)?;
            link.send(trial.for_probe("GET", "echo", "\r\n"));
            let answer = link.answer(Asked::Whole)?;
            let seen = trial.said("echo", &answer)?;
            for name in ["x-first", "cookie", "content-length"] {
                let left = values(&seen, name);
                demand(left.is_empty(), || format!("{name} was there again: {left:?}"))?;
            }
            is_whole(&seen, b"")?;
            let [query, path] = ["query", "path"].map(|name| text(&seen, name));
            demand(query.is_empty() && path.ends_with("/echo"), || {
                format!("the path came as {path:?}, the query as {query:?}")
            })
        }),
    },
    Check {
        id: "RQ-51",
        slug: "response-of-its-own",
        title: "A response has nothing of the one before",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.1", "each call has an environment of its own")],
        seeds: "OWIN-059, CK-020",
        means: "a client gets the cookie of another",
        fix: "clear what is used again before the next call",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            let steps = "status=203&reason=First&header=X-First:secret&body=first";
            trial.send_reply(&mut link, steps);
            before(&mut link)?;
            trial.send_reply(&mut link, "body=own");
            let answer = link.answer(Asked::Whole)?;
            let is_own = answer.status == 200 && answer.reason != b"First";
            demand(is_own && answer.body == b"own" && answer.field("x-first").is_none(), || {
                format!("a part of the first was there again, with {}", answer.status)
            })
        }),
    },
    Check {
        id: "RQ-52",
        slug: "calls-at-once",
        title: "Of calls at the same time each sees its own request",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.1", "each call has an environment of its own"),
            rfc9112("9", "an answer is for the request of its connection"),
        ],
        seeds: "CK-020, DF-45",
        means: "clients get what others asked for",
        fix: "keep nothing of a call where other connections reach it",
        proof: Proof::HoldsByProbe(calls_at_once),
    },
    Check {
        id: "RQ-53",
        slug: "required-keys",
        title: "The twelve required keys are there, and nothing has fired",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.2", "eight keys of the request, two of the response and two others are there"),
            owin("7", "owin.Version is the version of OWIN, two numbers or three"),
        ],
        seeds: "OWIN-004, OWIN-006, OWIN-030, OWIN-031",
        means: "apps fail on this server that run on every other",
        fix: "fill the environment before the app is called",
        proof: Proof::HoldsByProbe(|trial| {
            let said = trial.facts("environment", Feature::Environment)?;
            for key in REQUIRED {
                let is_there = said.get("keys").is_some_and(|keys| keys.get(key).is_some());
                demand(is_there, || format!("there is no {key}"))?;
            }
            let version = text(&said, "version");
            let numbers: Vec<_> = version.split('.').map(str::parse::<u16>).collect();
            let is_version = (2..=3).contains(&numbers.len()) && numbers.iter().all(Result::is_ok);
            demand(is_version, || format!("owin.Version is {version:?}"))?;
            demand(said.get("cancelled") == Some(&Value::Bool(false)), || {
                "owin.CallCancelled has fired before the app has begun".to_owned()
            })
        }),
    },
    Check {
        id: "RQ-54",
        slug: "environment-of-its-own",
        title: "What an app leaves in its environment is in no later one",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.1", "each call has an environment of its own")],
        seeds: "CK-020, CK-022, OWIN-023",
        means: "a request runs with the rights of the user before",
        fix: "clear the environment, or make a new one, before the next call",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Environment)?;
            let mut link = trial.connect()?;
            for _ in 0..2 {
                link.send(trial.for_probe("GET", "environment", "\r\n"));
                let answer = link.answer(Asked::Whole)?;
                let said = trial.said("environment", &answer)?;
                for key in ["probe.Mark", "owin.RequestUser"] {
                    let has_it = said.get("keys").is_some_and(|keys| keys.get(key).is_some());
                    demand(!has_it, || format!("{key} of the call before is there"))?;
                }
                if answer.closes() {
                    return Err(no_second());
                }
            }
            Ok(())
        }),
    },
];

/// Reads the answer before the one that matters.
fn before(link: &mut Link) -> Judged {
    let answer = link.answer(Asked::Whole)?;
    if answer.closes() { Err(no_second()) } else { Ok(()) }
}

fn no_second() -> Lapse {
    Lapse::Skipped("the server keeps no connection, so that there is no second request".to_owned())
}

/// All send their heads and a half of their bodies, then the rest, the last one first.
fn calls_at_once(trial: &Trial<'_>) -> Judged {
    let mut links = Vec::new();
    for number in 0..AT_ONCE {
        let mut link = trial.connect()?;
        let rest = format!("X-Number: {number}\r\nContent-Length: 10\r\n\r\n{number}half");
        link.send(trial.for_probe("POST", &format!("echo/{number}?n={number}"), &rest));
        links.push(link);
    }
    for (number, link) in links.iter_mut().enumerate().rev() {
        link.send(format!("{number}half"));
    }
    for (number, link) in links.iter_mut().enumerate() {
        let answer = link.answer(Asked::Whole)?;
        let seen = trial.said("echo", &answer)?;
        let own = number.to_string();
        let is_own = values(&seen, "x-number") == [own.as_str()]
            && text(&seen, "query") == format!("n={own}")
            && text(&seen, "path").ends_with(&format!("/{own}"));
        demand(is_own, || format!("the call {own} was shown {seen}"))?;
        is_whole(&seen, format!("{own}half{own}half").as_bytes())?;
    }
    Ok(())
}
