//! What of an app's head reaches the wire, and what must not (OWIN 1.0 §3.2.2, §3.3).

use crate::check::{Check, Level, Profile, Proof, incident, owin, rfc9110, rfc9112};
use crate::checks::required::framing::nothing_is_left;
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Answer, Asked, Missing};

pub(in crate::checks) const HEADS: &[Check] = &[
    Check {
        id: "RQ-42",
        slug: "odd-status",
        title: "A status that is none of a final answer is a failure of the app",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "an app cannot answer with 100"),
            rfc9110("15", "a status has three digits, the first of them from 1 to 5"),
        ],
        seeds: "OWIN-055, DF-14",
        means: "clients wait for the answer behind the interim one",
        fix: "answer 500 where the app chose a status below 200 or above 999",
        proof: Proof::HoldsByProbe(|trial| {
            [100, 101, 199, 99, 1000, 0].into_iter().try_for_each(|status| {
                let mut link = trial.connect()?;
                trial.send_reply(&mut link, &format!("status={status}&body=x"));
                let came = link.next(Asked::Whole)?.status;
                demand(came == 500, || format!("{status} was answered by {came}"))
            })
        }),
    },
    Check {
        id: "RQ-43",
        slug: "split-phrase",
        title: "A line end in the phrase of an app never reaches the wire",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            rfc9112("4", "the phrase is text on one line"),
            incident("response splitting", "what an app echoes became fields and answers"),
        ],
        seeds: "OWIN-028, attack 7",
        means: "whoever chooses a part of the phrase writes answers for others",
        fix: "refuse the phrase when it is set, or answer 500",
        proof: Proof::HoldsByProbe(|trial| {
            never_sent(trial, |bytes| format!("reason=Fine{bytes}&body=x"))
        }),
    },
    Check {
        id: "RQ-44",
        slug: "split-value",
        title: "A line end in a value of an app never reaches the wire",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            rfc9110("5.5", "a value has no CR, LF or NUL"),
            incident("response splitting", "what an app echoes became fields and answers"),
        ],
        seeds: "OWIN-035, HT-14, attack 7",
        means: "whoever chooses a part of the value writes answers for others",
        fix: "refuse the value when it is set, or answer 500",
        proof: Proof::HoldsByProbe(|trial| {
            never_sent(trial, |bytes| format!("header=X-A:b{bytes}&body=x"))
        }),
    },
    Check {
        id: "RQ-45",
        slug: "split-name",
        title: "A name of an app that is no token never reaches the wire",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            rfc9110("5.1", "a name is a token"),
            incident("response splitting", "what an app echoes became fields and answers"),
        ],
        seeds: "OWIN-035, attack 7",
        means: "whoever chooses a name writes answers for others",
        fix: "refuse the name when it is set, or answer 500",
        proof: Proof::HoldsByProbe(|trial| {
            never_sent(trial, |bytes| format!("header=X-A{bytes}&body=x"))?;
            ["X%20A:b", ":b", "X(A:b", "X-%C3%A9:b"].into_iter().try_for_each(|line| {
                let answer = trial.reply(&format!("header={line}&body=x"))?;
                demand(answer.status == 500 || !answer.fields.iter().any(is_odd), || {
                    format!("the name of {line} was sent")
                })
            })
        }),
    },
    Check {
        id: "RQ-46",
        slug: "narrowed-value",
        title: "Text of an app beyond ASCII is refused or coded, and never narrowed",
        level: Level::Should,
        profile: Profile::Required,
        clauses: &[
            owin("3.3", "header values are text, and it is known how it is coded"),
            rfc9110("5.5", "values are ASCII as far as can be"),
        ],
        seeds: "OWIN-039, HT-15",
        means: "a letter becomes a line end on its way, and splits the answer",
        fix: "refuse what is not ASCII, or send it as UTF-8",
        proof: Proof::HoldsByProbe(|trial| {
            // U+8449 cut to a byte is an I, U+010A a line feed.
            for (sent, narrowed) in [("a%E8%91%89b", &b"aIb"[..]), ("a%C4%8AX-Evil:b", b"a")] {
                let answer = trial.reply(&format!("header=X-A:{sent}&body=x"))?;
                let mut own = answer.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case("x-a"));
                let is_narrowed = own.any(|(_, value)| value == narrowed);
                let is_split = answer.field("x-evil").is_some();
                demand(!is_narrowed && !is_split, || format!("{sent} was cut to single bytes"))?;
            }
            Ok(())
        }),
    },
    Check {
        id: "RQ-47",
        slug: "late-field",
        title: "What an app sets after the start is sent nowhere",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.5", "with the first write the head is fixed")],
        seeds: "OWIN-069",
        means: "the body has lines in it that belong into the head",
        fix: "refuse the change, or pass it over",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, "chunk=hel&header=X-Late:yes&chunk=lo");
            match link.answer(Asked::Whole) {
                Err(Missing::Ended(_)) => Ok(()),
                Err(missing) => Err(missing.into()),
                Ok(answer) => {
                    let has_it = |lines: &[(String, Vec<u8>)]| {
                        lines.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-late"))
                    };
                    demand(!has_it(&answer.fields) && !has_it(&answer.trailers), || {
                        "the late field was sent".to_owned()
                    })?;
                    // A failure after the start may end the body where it ends with the connection.
                    demand(b"hello".starts_with(&answer.body), || "other bytes came".to_owned())
                }
            }
        }),
    },
    Check {
        id: "RQ-48",
        slug: "own-failure",
        title: "A 500 or a 599 that the app chose is a response as others are",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.2.2", "owin.ResponseStatusCode is the status of the response")],
        seeds: "DF-37, DF-38",
        means: "clients do not see what the app says about its failure",
        fix: "tell the failure of an app from an answer that speaks of one",
        proof: Proof::HoldsByProbe(|trial| {
            [500, 599].into_iter().try_for_each(|status| {
                let answer = trial.reply(&format!("status={status}&header=X-A:b&body=sorry"))?;
                let is_own = answer.field("x-a").as_deref() == Some("b");
                demand(answer.status == status && is_own && answer.body == b"sorry", || {
                    format!("{status} came as {}, or without its field or body", answer.status)
                })
            })
        }),
    },
];

/// Bytes that would begin a line of their own, each in what the steps make of it, never do.
fn never_sent(trial: &Trial<'_>, steps: impl Fn(&str) -> String) -> Judged {
    let ends = ["%0D%0AX-Evil:%20yes", "%0AX-Evil:%20yes", "%0D%0A%0D%0Aevil", "%0DX-Evil:yes"];
    ends.into_iter().chain(["%00:x"]).try_for_each(|bytes| {
        let mut link = trial.connect()?;
        trial.send_reply(&mut link, &steps(bytes));
        match link.answer(Asked::Whole) {
            Err(Missing::Ended(_)) => return Ok(()),
            Err(missing) => return Err(Lapse::about(bytes)(missing)),
            Ok(answer) => is_clean(&answer, bytes)?,
        }
        nothing_is_left(trial, &mut link)
    })
}

/// Nothing of what the bytes say came to be a part of the answer.
fn is_clean(answer: &Answer, bytes: &str) -> Judged {
    let is_odd = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n');
    let has_odd = answer.reason.iter().any(is_odd)
        || answer.fields.iter().any(|(_, value)| value.iter().any(is_odd));
    let is_split = answer.field("x-evil").is_some() || answer.body.starts_with(b"evil");
    demand(!has_odd && !is_split, || {
        format!("{bytes} came through, with the status {}", answer.status)
    })
}

/// Whether a field has one of the odd names.
fn is_odd((name, _): &(String, Vec<u8>)) -> bool {
    name.is_empty() || name.bytes().any(|byte| b" (".contains(&byte) || !byte.is_ascii())
}
