//! Times that the server tells in the manifest of its probe: each ends what it limits, and nothing
//! before.

use std::time::Duration;

use crate::check::{Check, Level, Profile, Proof, incident, rfc9110, rfc9112};
use crate::clock;
use crate::judge::{Judged, Lapse, Trial, demand, is_refusal};
use crate::wire::{Asked, Link, Missing};

/// Longer times are not tried: a run would take too long.
const LONGEST: Duration = Duration::from_secs(10);

/// What a time may take longer on a machine that has other things to do.
const GRACE: Duration = Duration::from_millis(1300);

/// A request with a part of it that may come later.
const HEAD: (&[u8], &[u8]) = (b"GET {target} HTTP/1.1\r\nHo", b"st: {host}\r\n\r\n");
const BODY: (&[u8], &[u8]) =
    (b"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhe", b"llo");

pub(in crate::checks) const TIMES: &[Check] = &[
    Check {
        id: "LM-15",
        slug: "head-time",
        title: "A head that does not come ends after the time that the server tells, not before",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[
            rfc9110("15.5.9", "408 says that no whole request came in the time it was waited for"),
            incident("CVE-2018-12122", "heads that came slowly held a server's connections"),
        ],
        seeds: "attack 15",
        means: "whoever begins a request and stops holds a connection for ever",
        fix: "start a clock at the first byte of a head",
        proof: Proof::HoldsByProbe(|trial| {
            let time = told(trial.told().head_time, "head_seconds")?;
            ends(trial, HEAD, time)
        }),
    },
    Check {
        id: "LM-16",
        slug: "trickled-head",
        title: "A head that comes byte by byte ends after the same time",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[incident("CVE-2007-6750", "each line of a head started the clock again")],
        seeds: "attack 15",
        means: "a few bytes a minute hold a connection for ever",
        fix: "let the clock run from the first byte of the head to the last, whatever comes between",
        proof: Proof::HoldsByProbe(a_trickle_ends),
    },
    Check {
        id: "LM-17",
        slug: "body-time",
        title: "A body that stops ends after the time that the server tells, not before",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[
            rfc9110("15.5.9", "408 says that no whole request came in the time it was waited for"),
            incident("R-U-Dead-Yet", "forms that came slowly held the threads of servers"),
        ],
        seeds: "attack 15",
        means: "whoever begins a body and stops holds an app for ever",
        fix: "start a clock at each read of a body",
        proof: Proof::HoldsByProbe(|trial| {
            let time = told(trial.told().body_time, "body_seconds")?;
            ends(trial, BODY, time)
        }),
    },
    Check {
        id: "LM-18",
        slug: "idle-time",
        title: "An idle connection ends after the time that the server tells, not before",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[
            rfc9112("9.5", "servers usually close an idle connection after some time"),
            incident("CVE-2019-5737", "connections that were kept alive had no limit of time"),
        ],
        seeds: "",
        means: "connections pile up, or clients send into those that are about to end",
        fix: "start a clock where an answer ends, and stop it with the next byte",
        proof: Proof::HoldsByProbe(an_idle_connection_ends),
    },
];

/// The time; the check is skipped where none is told, or one that is too long to be tried.
fn told(time: Option<Duration>, name: &str) -> Result<Duration, Lapse> {
    let time = time.ok_or_else(|| Lapse::Skipped(format!("the server tells no {name}")))?;
    if time > LONGEST {
        let (time, most) = (time.as_secs_f64(), LONGEST.as_secs());
        let why = format!("its {name} are {time}, and times over {most} s are not tried");
        return Err(Lapse::Skipped(why));
    }
    Ok(time)
}

/// The whole message is taken when its second part comes in half the time; without that the connection
/// ends.
fn ends(trial: &Trial<'_>, parts: (&[u8], &[u8]), time: Duration) -> Judged {
    let mut link = trial.connect()?;
    let message = trial.message([parts.0, parts.1].concat());
    let cut = message.bytes.len() - trial.message(parts.1).bytes.len();
    let (first, second) = message.bytes.split_at_checked(cut).unwrap_or((&message.bytes, b""));
    link.send(first);
    link.pause(time / 2);
    link.send(second);
    let answer = link.answer(Asked::Whole).map_err(Lapse::about("after half of the time"))?;
    demand(answer.status == 200, || {
        format!("after half of the time the rest came, and was answered by {}", answer.status)
    })?;
    let mut link = trial.connect()?;
    link.send(first);
    ends_in_time(&mut link, time, |_| {})
}

fn a_trickle_ends(trial: &Trial<'_>) -> Judged {
    let time = told(trial.told().head_time, "head_seconds")?;
    let mut link = trial.connect()?;
    link.send(trial.message("GET {target} HTTP/1.1\r\nHost: {host}\r\nX: ").bytes);
    ends_in_time(&mut link, time, |link| link.send("a"))
}

fn an_idle_connection_ends(trial: &Trial<'_>) -> Judged {
    let time = told(trial.told().idle_time, "idle_seconds")?;
    let mut link = trial.connect()?;
    for pause in [Duration::ZERO, time / 2] {
        link.pause(pause);
        link.send(&trial.plain().bytes);
        let answer = link.answer(Asked::Whole).map_err(Lapse::about("after half of the time"))?;
        if answer.closes() {
            let why = "the server keeps no connection";
            return Err(Lapse::Skipped(why.to_owned()));
        }
    }
    ends_in_time(&mut link, time, |_| {})
}

/// Sees that the connection ends when its time is over, and not before. Meanwhile something is done
/// now and then.
fn ends_in_time(link: &mut Link, time: Duration, meanwhile: impl Fn(&mut Link)) -> Judged {
    let start = clock::now();
    let (early, late) = (time * 3 / 4, time + time / 2 + GRACE);
    let step = (time / 16).max(Duration::from_millis(20));
    loop {
        let ended = match link.answer_within(Asked::Whole, step) {
            Ok(answer) if is_refusal(&answer) || answer.status == 408 => true,
            Ok(answer) => {
                return Err(Lapse::Failed(format!("it was answered by {}", answer.status)));
            }
            Err(Missing::Ended(_)) => true,
            Err(Missing::Silent(_)) => false,
            Err(missing) => return Err(missing.into()),
        };
        let took = start.elapsed();
        let (after, due) = (took.as_secs_f64(), time.as_secs_f64());
        if ended {
            return demand(took >= early, || {
                format!("it ended after {after:.2} s, and its time are {due} s")
            });
        }
        if took > late {
            let why = format!("it went on after {after:.2} s, and its time are {due} s");
            return Err(Lapse::Silent(why));
        }
        meanwhile(link);
    }
}
