//! A request is the same however it is cut into segments (RFC 9112 §2.2).

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::check::{Check, Level, Profile, Proof, rfc9112};
use crate::judge::{Body, Cuts, Judged, Lapse, Trial, demand};
use crate::probe::hex;
use crate::wire::{Answer, Asked, Missing};

/// Between two segments, so that they are read one after the other.
const PAUSE: Duration = Duration::from_millis(1);

/// The same in the end of a line, where parsers go wrong: so long a busy server may take for its read.
const PAUSE_IN_AN_END: Duration = Duration::from_millis(20);

/// How many places of a head are cut at most: more than any head here has.
const MAX_CUTS: usize = 200;

pub(in crate::checks) const SEGMENTS: &[Check] = &[
    Check {
        id: "H1-31",
        slug: "cut-anywhere",
        title: "A head that is cut in two at any byte is the same head",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("2.2", "a message is a sequence of octets, however it is carried")],
        seeds: "OWIN-047",
        means: "requests fail at random, where a network cuts them",
        fix: "look for the end of the head across the border of two reads",
        proof: Proof::HoldsOnce(cut_anywhere),
    },
    Check {
        id: "H1-32",
        slug: "any-segments",
        title: "A request in any segments is the same request",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("2.2", "a message is a sequence of octets, however it is carried")],
        seeds: "OWIN-047",
        means: "uploads fail at random, where a network cuts them",
        fix: "keep the state of the parser between reads, in head and body",
        proof: Proof::HoldsOnce(any_segments),
    },
];

fn cut_anywhere(trial: &Trial<'_>) -> Judged {
    let request = "GET {target} HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n\r\n";
    let whole = trial.ask(request)?;
    for place in 1..MAX_CUTS {
        // No two are of the same length: the nonces of later ones have more digits.
        let bytes = trial.message(request).bytes;
        let Some((first, second)) = bytes.split_at_checked(place) else { break };
        let answer = in_segments(trial, &[first, second])?;
        demand(answer.status == whole.status, || {
            let (own, right) = (answer.status, whole.status);
            format!("cut behind byte {place} it was answered by {own}, and in one piece by {right}")
        })?;
    }
    Ok(())
}

fn any_segments(trial: &Trial<'_>) -> Judged {
    trial.reads_posts()?;
    reads_to_the_end(trial)?;
    trial.for_all("H1-32", &(Body::any(), Cuts::any()), |(body, cuts)| {
        let bytes = body.bytes();
        let head = format!(
            "POST {{target}} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: {}\r\n\r\n",
            body.length
        );
        let mut message = trial.message(head).bytes;
        message.extend(&bytes);
        let segments = cuts.segments(&message);
        let taken = in_segments(trial, &segments).and_then(|answer| {
            let is_read = !trial.has_probe() || is_read(&answer, &bytes);
            let status = answer.status;
            demand((200..300).contains(&status), || format!("it was answered by {status}"))?;
            demand(is_read, || "the app read something else than what was sent".to_owned())
        });
        let lengths: Vec<usize> = segments.iter().map(|segment| segment.len()).collect();
        taken.map_err(|lapse| {
            lapse.explained(|why| format!("{why}; sent in segments of {lengths:?} bytes"))
        })
    })
}

/// Skips the check where the server answers and closes before a body is whole: then what is left of the
/// body resets the connection, and the answer may be lost (RFC 9112 §9.6).
fn reads_to_the_end(trial: &Trial<'_>) -> Judged {
    if trial.has_probe() {
        return Ok(());
    }
    let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 70000\r\n\r\n{35000*x}";
    let mut link = trial.connect()?;
    link.send(trial.message(head).bytes);
    match link.answer_within(Asked::Whole, link.quiet()) {
        Err(Missing::Silent(_)) => Ok(()),
        Ok(answer) if !answer.closes() => Ok(()),
        Ok(_) | Err(Missing::Ended(_)) => {
            let why = "the server closes before a body is whole, so that its answer may be lost";
            Err(Lapse::Skipped(why.to_owned()))
        }
        Err(missing) => Err(missing.into()),
    }
}

fn in_segments(trial: &Trial<'_>, segments: &[&[u8]]) -> Result<Answer, Lapse> {
    let mut link = trial.connect()?;
    let mut pause = Duration::ZERO;
    for segment in segments {
        std::thread::sleep(pause);
        link.send(segment);
        pause = if segment.ends_with(b"\r") { PAUSE_IN_AN_END } else { PAUSE };
    }
    Ok(link.answer(Asked::Whole)?)
}

/// The app of the probe has read these bytes.
fn is_read(answer: &Answer, bytes: &[u8]) -> bool {
    let seen: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let digest = seen.as_ref().and_then(|seen| seen.get("body_sha256")?.as_str());
    digest == Some(&hex(&Sha256::digest(bytes)))
}
