//! What becomes of what an app answers (OWIN 1.0 §3.2.2, §3.3, §3.5, §6).

use crate::check::{Check, Level, Profile, Proof, owin, rfc9110, rfc9112};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Asked, End, Missing};

pub(in crate::checks) const RESPONSES: &[Check] = &[
    Check {
        id: "RQ-09",
        slug: "nothing-set",
        title: "An app that sets nothing has answered 200 with an empty body",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.2.2", "without owin.ResponseStatusCode the status is 200")],
        seeds: "OWIN-026, OWIN-071",
        means: "clients wait for a body that never comes",
        fix: "send `Content-Length: 0` where an app ends without having written",
        proof: Proof::HoldsByProbe(|trial| {
            let answer = trial.answer_to(&trial.for_probe("GET", "reply", "\r\n"))?;
            demand(answer.status == 200 && answer.body.is_empty(), || {
                format!("it was answered by {} and {} bytes", answer.status, answer.body.len())
            })
        }),
    },
    Check {
        id: "RQ-10",
        slug: "status",
        title: "The status is the one that the app chose",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.2.2", "owin.ResponseStatusCode is the status of the response")],
        seeds: "OWIN-066",
        means: "clients are told that all is well",
        fix: "take the status when the response starts, not before",
        proof: Proof::HoldsByProbe(|trial| {
            [201, 299, 404, 503].into_iter().try_for_each(|status| {
                let path = format!("reply?status={status}&body=x");
                let answer = trial.answer_to(&trial.for_probe("GET", &path, "\r\n"))?;
                demand(answer.status == status, || format!("{status} came as {}", answer.status))
            })
        }),
    },
    Check {
        id: "RQ-11",
        slug: "reason",
        title: "The phrase is the one that the app chose",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.2.2", "owin.ResponseReasonPhrase is the phrase of the response")],
        seeds: "OWIN-028",
        means: "what the app says is lost",
        fix: "write the phrase of the app where there is one",
        proof: Proof::HoldsByProbe(|trial| {
            let path = "reply?status=200&reason=Fine%20indeed&body=x";
            let answer = trial.answer_to(&trial.for_probe("GET", path, "\r\n"))?;
            let reason = String::from_utf8_lossy(&answer.reason);
            demand(reason == "Fine indeed", || format!("the phrase came as {reason:?}"))
        }),
    },
    Check {
        id: "RQ-12",
        slug: "response-fields",
        title: "The fields are those that the app set, a line for each element",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.3", "response headers are sent as they are; elements are not joined"),
            rfc9110("5.3", "lines of Set-Cookie cannot be joined"),
        ],
        seeds: "OWIN-033, OWIN-045",
        means: "all cookies but one get lost",
        fix: "write a line for each element",
        proof: Proof::HoldsByProbe(|trial| {
            let path = "reply?header=X-A:1,2&header=Set-Cookie:a=b&header=Set-Cookie:c=d&body=x";
            let answer = trial.answer_to(&trial.for_probe("GET", path, "\r\n"))?;
            for (name, wanted) in [("x-a", &["1,2"][..]), ("set-cookie", &["a=b", "c=d"])] {
                let values: Vec<_> = answer.values(name).collect();
                demand(values == wanted, || format!("{name} came as {values:?}"))?;
            }
            Ok(())
        }),
    },
    Check {
        id: "RQ-13",
        slug: "response-body",
        title: "The body is the one that the app wrote, in one piece or in many",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.5", "what is written to owin.ResponseBody is the body of the response")],
        seeds: "OWIN-067, OWIN-075",
        means: "clients get half of a page",
        fix: "send what is buffered when the app ends, then end the framing",
        proof: Proof::HoldsByProbe(|trial| {
            let bodies = [("body=hello", "hello"), ("chunk=he&chunk=l&chunk=lo", "hello")];
            bodies.into_iter().try_for_each(|(query, wanted)| {
                let request = trial.for_probe("GET", &format!("reply?{query}"), "\r\n");
                let answer = trial.answer_to(&request)?;
                demand(answer.body == wanted.as_bytes(), || {
                    format!("the body came as {:?}", answer.body.escape_ascii().to_string())
                })
            })
        }),
    },
    Check {
        id: "RQ-14",
        slug: "no-content",
        title: "An answer with 204 or 304 has no body, and 204 no length",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            rfc9110("8.6", "a server sends no Content-Length with 1xx or 204"),
            rfc9112("6.1", "a server sends no Transfer-Encoding with 1xx or 204"),
            rfc9112("6.3", "an answer with 1xx, 204 or 304 ends with its head"),
        ],
        seeds: "HT-16, DF-03",
        means: "clients take the body for the next answer",
        fix: "let the status decide, at the place where the framing is chosen",
        proof: Proof::HoldsByProbe(no_content),
    },
    Check {
        id: "RQ-15",
        slug: "failure",
        title: "An app that fails before the response starts has answered 500",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("6", "an app that fails before the start: the server answers 500")],
        seeds: "OWIN-072",
        means: "clients hang, or take half of an answer for a whole one",
        fix: "forget what the app has set, and answer 500",
        proof: Proof::HoldsByProbe(|trial| {
            let answer = trial.answer_to(&trial.for_probe("GET", "fail", "\r\n"))?;
            demand(answer.status == 500, || format!("it was answered by {}", answer.status))?;
            demand(answer.field("x-before").is_none(), || {
                "the 500 has a field that the app had set before it failed".to_owned()
            })
        }),
    },
    Check {
        id: "RQ-16",
        slug: "broken-off",
        title: "An answer whose app fails in its middle does not look whole",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("6", "after the start the failure must be seen: the connection is broken off"),
            rfc9112("8", "without its last chunk a message is incomplete"),
        ],
        seeds: "OWIN-072",
        means: "half a file is taken for a whole one, and is cached",
        fix: "close without the last chunk",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            link.send(trial.for_probe("GET", "fail?chunk=half", "\r\n"));
            match link.answer(Asked::Whole) {
                Err(Missing::Ended(_)) => Ok(()),
                Err(missing) => Err(missing.into()),
                Ok(answer) if answer.status == 500 => Ok(()),
                // Where the end of the connection is the end of the body, a reset is no such end, nor
                // is one of which TLS was not told.
                Ok(answer)
                    if answer.ends_with_connection()
                        && matches!(link.end(), Ok(End::Reset | End::Cut)) =>
                {
                    Ok(())
                }
                Ok(_) => Err(Lapse::Failed("half an answer looks whole".to_owned())),
            }
        }),
    },
    Check {
        id: "RQ-17",
        slug: "early-answer",
        title: "An app that does not read the body is answered for before the body has come",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.4", "the app need not read; the server cleans up after it")],
        seeds: "OWIN-063, HT-25",
        means: "an upload that is refused has to be sent to its end first",
        fix: "start the response when the app has answered, then drain or close",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            link.send(trial.for_probe("POST", "unread", "Content-Length: 1000000\r\n\r\nxx"));
            let answer = link.answer(Asked::Whole)?;
            demand(answer.status == 200, || format!("it was answered by {}", answer.status))
        }),
    },
];

fn no_content(trial: &Trial<'_>) -> Judged {
    for status in [204, 304] {
        let mut link = trial.connect()?;
        link.send(trial.for_probe("GET", &format!("reply?status={status}&body=x"), "\r\n"));
        let last = "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";
        link.send(trial.message(last).bytes);
        let answer = link.answer(Asked::Whole)?;
        let is_failure = answer.status == 500;
        demand(is_failure || answer.status == status, || {
            format!("{status} came as {}", answer.status)
        })?;
        for name in ["content-length", "transfer-encoding"] {
            demand(status != 204 || is_failure || answer.field(name).is_none(), || {
                format!("an answer with 204 has a {name}")
            })?;
        }
        if !answer.closes() {
            let behind = format!("behind the {status}");
            let _next = link.answer(Asked::Whole).map_err(Lapse::about(&behind))?;
        }
    }
    Ok(())
}
