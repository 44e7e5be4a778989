//! Lengths that the server tells in the manifest of its probe.

use crate::check::{Check, Level, Profile, Proof, incident, rfc9110};
use crate::judge::{Judged, Lapse, Message, Trial, demand, is_refusal};
use crate::wire::{Answer, Asked, Missing};

/// What the suite sends of one message to find a limit.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// A line of a long head; shorter than any limit of a line.
const LINE_BYTES: usize = 1024;

pub(in crate::checks) const TOLD: &[Check] = &[
    Check {
        id: "LM-13",
        slug: "head-limit",
        title: "A head as long as the server tells is taken, and one a byte longer refused",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[
            incident("the manifest", "the server tells `head_bytes`, and proxies rely on it"),
            rfc9110("5.4", "a larger head is answered by a 4xx"),
        ],
        seeds: "",
        means: "requests that a proxy lets through fail behind it, or the limit is none",
        fix: "count the request line, the fields, their line ends and the empty line, no less or more",
        proof: Proof::HoldsByProbe(keeps_its_head_limit),
    },
    Check {
        id: "LM-14",
        slug: "body-limit",
        title: "A body as long as the server tells is taken, and one a byte longer answered by 413",
        level: Level::Should,
        profile: Profile::Limits,
        clauses: &[
            rfc9110("15.5.14", "413 says that a body is larger than the server takes"),
            incident("the manifest", "the server tells `body_bytes`"),
        ],
        seeds: "",
        means: "apps that collect a body are filled up, or lose what they were promised",
        fix: "compare the length before the first read, and what was decoded after each",
        proof: Proof::HoldsByProbe(keeps_its_body_limit),
    },
];

/// The limit; the check is skipped where none is told, or one that is too long to be tried.
fn told(limit: Option<u64>, name: &str) -> Result<usize, Lapse> {
    let limit = limit.ok_or_else(|| format!("the server tells no {name}"));
    let limit = limit.and_then(|limit| match usize::try_from(limit) {
        Ok(length) if limit <= MOST_BYTES => Ok(length),
        _ => Err(format!("its {name} is more than the suite sends")),
    });
    limit.map_err(Lapse::Skipped)
}

/// A request whose head has that length; `None` where that is too short for one.
fn head_of(trial: &Trial<'_>, length: usize) -> Option<Message> {
    let mut message = trial.plain();
    let end = message.bytes.len().checked_sub(2)?;
    message.bytes.truncate(end);
    let mut left = length.checked_sub(end + 2)?;
    while left > 0 {
        // What is left behind a line must be none, or enough for another one.
        let line = if left < 2 * LINE_BYTES { left } else { LINE_BYTES };
        let value = line.checked_sub("X: \r\n".len())?;
        message.bytes.extend([&b"X: "[..], &vec![b'a'; value], b"\r\n"].concat());
        left -= line;
    }
    message.bytes.extend(b"\r\n");
    Some(message)
}

fn sent(trial: &Trial<'_>, bytes: &[u8]) -> Result<Answer, Lapse> {
    let mut link = trial.connect()?;
    link.send(bytes);
    Ok(link.answer(Asked::Whole)?)
}

fn keeps_its_head_limit(trial: &Trial<'_>) -> Judged {
    let limit = told(trial.told().head_bytes, "head_bytes")?;
    let (Some(longest), Some(longer)) = (head_of(trial, limit), head_of(trial, limit + 1)) else {
        return Err(Lapse::Failed("no plain request would fit into its head_bytes".to_owned()));
    };
    let answer = sent(trial, &longest.bytes)?;
    demand(answer.status == 200, || {
        format!("a head of {limit} bytes was answered by {}", answer.status)
    })?;
    let mut link = trial.connect()?;
    link.send(&longer.bytes);
    match link.answer(Asked::Whole) {
        Err(Missing::Ended(_)) => {}
        answer => {
            let answer = answer?;
            demand(is_refusal(&answer), || {
                format!("a head of {} bytes was answered by {}", limit + 1, answer.status)
            })?;
        }
    }
    trial.was_called(&longer, 0)
}

fn keeps_its_body_limit(trial: &Trial<'_>) -> Judged {
    let limit = told(trial.told().body_bytes, "body_bytes")?;
    for (length, is_taken) in [(limit, true), (limit + 1, false)] {
        let body = vec![b'x'; length];
        let whole = format!("Content-Length: {length}\r\n\r\n").into_bytes();
        let chunked = format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n").into_bytes();
        let chunked = [&chunked[..], &body, b"\r\n0\r\n\r\n"].concat();
        for (how, rest) in [("a length", [&whole[..], &body].concat()), ("chunks", chunked)] {
            let head = b"POST {target} HTTP/1.1\r\nHost: {host}\r\n";
            let mut bytes = trial.message(head).bytes;
            bytes.extend(rest);
            let kept = if is_taken { taken(trial, &bytes, length) } else { refused(trial, &bytes) };
            kept.map_err(|lapse| {
                lapse.explained(|why| format!("a body of {length} bytes with {how}: {why}"))
            })?;
        }
    }
    Ok(())
}

fn taken(trial: &Trial<'_>, bytes: &[u8], length: usize) -> Judged {
    let answer = sent(trial, bytes)?;
    demand(answer.status == 200, || format!("it was answered by {}", answer.status))?;
    let seen: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let read = seen.and_then(|seen| seen.get("body_length")?.as_u64());
    demand(read == u64::try_from(length).ok(), || format!("the app read {read:?} bytes of it"))
}

fn refused(trial: &Trial<'_>, bytes: &[u8]) -> Judged {
    let mut link = trial.connect()?;
    link.send(bytes);
    match link.answer(Asked::Whole) {
        Ok(answer) => {
            demand(answer.status == 413, || format!("it was answered by {}", answer.status))
        }
        Err(Missing::Ended(_)) => Ok(()),
        Err(missing) => Err(missing.into()),
    }
}
