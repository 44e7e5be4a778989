//! Clients that are many, slow or deaf: others are served all the same.

use super::crowd::{are_answered, are_answered_beside, gathered, holds_up_nobody};
use crate::check::{Check, Level, Profile, Proof, incident};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Asked, Link, Missing, Pressed};

/// Connections of a crowd: more than the threads that servers have by default, fewer than the
/// connections that they take.
const MANY: usize = 200;

/// Slow bodies; each holds an app.
const BODIES: usize = 100;

/// Clients that read nothing.
const DEAF: usize = 4;

/// A field of what a client sends that reads no answer. The answers are to fill what the systems on
/// both sides keep, soon: the probe's echo repeats the field, and other apps answer short.
const FILLER_BYTES: [usize; 2] = [200, 4000];

/// More than the systems on both sides keep on the way, by far.
const MOST_PIPELINED: usize = 16 * 1024 * 1024;

/// Answers that the systems on both sides do not keep; and what the head of one has at least.
const MOST_UNREAD: usize = 8 * 1024 * 1024;
const HEAD_BYTES: usize = 40;

pub(in crate::checks) const CROWDS: &[Check] = &[
    Check {
        id: "LM-19",
        slug: "deaf-client",
        title: "A client that pipelines and reads no answer is not read without end",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[incident(
            "CVE-2013-4450",
            "requests were read while their answers piled up in memory",
        )],
        seeds: "HT-19",
        means: "one client fills the memory",
        fix: "read no request while the answers before it are not taken",
        proof: Proof::HoldsAlone(stops_reading),
    },
    Check {
        id: "LM-20",
        slug: "deaf-clients",
        title: "Clients that read no answer hold up nobody",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[incident("slow read", "clients that took no answers held all of a server")],
        seeds: "attack 15",
        means: "a few clients stop the server for everybody",
        fix: "wait for a client where only its own connection waits",
        proof: Proof::HoldsAlone(deaf_clients_hold_up_nobody),
    },
    Check {
        id: "LM-21",
        slug: "silent-connections",
        title: "200 connections on which nothing comes hold up nobody",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[incident("hyperium/hyper#3962", "no clock ran before the first byte")],
        seeds: "attack 15",
        means: "whoever can connect can stop the server",
        fix: "accept on, whatever comes on the connections that are there",
        proof: Proof::HoldsAlone(|trial| holds_up_nobody(trial, MANY, b"")),
    },
    Check {
        id: "LM-22",
        slug: "half-heads",
        title: "200 connections with half a head hold up nobody",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[incident(
            "CVE-2007-6750",
            "each head that did not end held a worker, and there were 150",
        )],
        seeds: "attack 15",
        means: "one client with little to send stops the server",
        fix: "let no thread wait for a head; or have more of them, and short times",
        proof: Proof::HoldsAlone(|trial| {
            holds_up_nobody(trial, MANY, b"GET {target} HTTP/1.1\r\nHost: {host}\r\nX")
        }),
    },
    Check {
        id: "LM-23",
        slug: "half-bodies",
        title: "100 connections with half a body hold up nobody",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[incident("R-U-Dead-Yet", "forms that came slowly held the threads of servers")],
        seeds: "attack 15",
        means: "one client with little to send stops the server",
        fix: "let an app wait for its body without a thread",
        proof: Proof::HoldsAlone(|trial| {
            let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhe";
            holds_up_nobody(trial, BODIES, head.as_bytes())
        }),
    },
    Check {
        id: "LM-24",
        slug: "storm-of-resets",
        title: "200 connections that are reset, wherever they are, take nobody with them",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[incident(
            "accept(2)",
            "connections that end before they are accepted are errors, and ended loops of servers",
        )],
        seeds: "HT-22",
        means: "a proxy that is restarted takes the server with it",
        fix: "go on accepting after an error that is of one connection",
        proof: Proof::HoldsAlone(resets_are_survived),
    },
];

/// Many requests at once.
fn pipelined(trial: &Trial<'_>) -> Vec<u8> {
    let [short, long] = FILLER_BYTES;
    let filler = if trial.has_probe() { long } else { short };
    let request = "GET {target} HTTP/1.1\r\nHost: {host}\r\n";
    trial.message(format!("{{16*{request}X-A: {{{filler}*a}}\r\n\r\n}}")).bytes
}

fn stops_reading(trial: &Trial<'_>) -> Judged {
    let mut link = trial.connect()?;
    let quiet = link.quiet();
    match link.press(&pipelined(trial), quiet, MOST_PIPELINED) {
        Pressed::Ended(_) => return Ok(()),
        Pressed::Took(_) => return are_thrown_away(&mut link),
        Pressed::Slowly(_) => {
            let why = "the server is so slow that nobody can tell whether it stops";
            return Err(Lapse::Skipped(why.to_owned()));
        }
        Pressed::Stopped(_) => trial.others_are_answered()?,
    }
    // It stopped for want of a reader, and not for good.
    let answer = link.answer(Asked::Whole).map_err(Lapse::about("once answers were read"))?;
    demand(answer.status < 500, || format!("once answers were read, one was {}", answer.status))
}

/// A server that has answered its last request may read what follows and throw it away; but what is
/// answered later was kept.
fn are_thrown_away(link: &mut Link) -> Judged {
    let mut came = 0;
    while came < MOST_UNREAD {
        match link.answer(Asked::Whole) {
            Ok(answer) if answer.closes() => return Ok(()),
            Ok(answer) => came += answer.body.len() + HEAD_BYTES,
            Err(Missing::Ended(_)) => return Ok(()),
            Err(missing) => return Err(missing.into()),
        }
    }
    let mib = MOST_PIPELINED / (1024 * 1024);
    Err(Lapse::Failed(format!("{mib} MiB of requests were read while no answer was, and answered")))
}

fn deaf_clients_hold_up_nobody(trial: &Trial<'_>) -> Judged {
    let mut crowd = gathered(trial, DEAF, b"")?;
    let requests = &pipelined(trial);
    std::thread::scope(|scope| {
        for link in &mut crowd {
            let quiet = link.quiet();
            scope.spawn(move || link.press(requests, quiet, MOST_PIPELINED));
        }
    });
    let judged = are_answered_beside(trial, &crowd);
    crowd.into_iter().for_each(Link::reset);
    judged
}

fn resets_are_survived(trial: &Trial<'_>) -> Judged {
    for part in [
        &b""[..],
        b"GET {target} HTTP/1.1\r\nHost",
        b"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhe",
        b"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    ] {
        for link in gathered(trial, MANY / 4, part)? {
            link.reset();
        }
    }
    are_answered(trial)
}
