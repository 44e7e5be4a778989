//! Where the body of a response ends, and when it goes out (OWIN 1.0 §3.5; RFC 9112 §6).

use crate::check::{Check, Feature, Level, Profile, Proof, owin, rfc9110, rfc9112};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::probe::pattern;
use crate::wire::{Asked, Link, Missing};

/// More than any server keeps back, and less than the suite reads of one answer.
const LARGE_BYTES: usize = 2 * 1024 * 1024;

pub(in crate::checks) const FRAMING: &[Check] = &[
    Check {
        id: "RQ-32",
        slug: "flush-on-the-wire",
        title: "What the app flushes reaches the client while the app still runs",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.5", "head and body go out while the app runs, not only at its end")],
        seeds: "OWIN-067",
        means: "streams of events come when they are over",
        fix: "send what is buffered when the app flushes, the head first",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Steps)?;
            let gate = trial.gate();
            let mut link = trial.connect()?;
            let steps = format!("chunk=first.&wait={}&chunk=last.", gate.name());
            trial.send_reply(&mut link, &steps);
            link.arrives(b"first.").map_err(Lapse::about("what was flushed"))?;
            gate.open()?;
            let answer = link.answer(Asked::Whole)?;
            demand(answer.body == b"first.last.", || "the rest came otherwise".to_owned())
        }),
    },
    Check {
        id: "RQ-33",
        slug: "many-writes",
        title: "Many writes come in their order, each once",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.5", "what is written to owin.ResponseBody is the body, in its order")],
        seeds: "DF-15, OWIN-075",
        means: "pages come with their parts mixed up",
        fix: "keep one queue of what was written",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Steps)?;
            let steps: String = (0..100).map(|number| format!("&write={number:03}.")).collect();
            let wanted: String = (0..100).map(|number| format!("{number:03}.")).collect();
            let answer = trial.reply(&steps)?;
            let body = String::from_utf8_lossy(&answer.body);
            demand(body == wanted, || format!("the body came as {body}"))
        }),
    },
    Check {
        id: "RQ-34",
        slug: "large-response",
        title: "A large body comes whole",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.5", "what is written to owin.ResponseBody is the body, all of it")],
        seeds: "DF-15",
        means: "downloads are cut",
        fix: "wait until the socket takes more, and lose nothing meanwhile",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Steps)?;
            let answer = trial.reply(&format!("bytes={LARGE_BYTES}"))?;
            let length = answer.body.len();
            demand(length == LARGE_BYTES, || format!("of {LARGE_BYTES} bytes {length} came"))?;
            demand(answer.body == pattern(0, LARGE_BYTES), || "other bytes came".to_owned())
        }),
    },
    Check {
        id: "RQ-35",
        slug: "short-of-its-length",
        title: "A body that falls short of the length that the app declared does not look whole",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            rfc9112("8", "a body shorter than its Content-Length is incomplete"),
            owin("3.5", "the app's Content-Length is what the client relies on"),
        ],
        seeds: "DF-12",
        means: "half a file is taken for a whole one",
        fix: "close the connection where the app ends before its length",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, "header=Content-Length:10&chunk=hello");
            match link.answer(Asked::Whole) {
                Err(Missing::Ended(_)) => Ok(()),
                Err(missing) => Err(missing.into()),
                Ok(answer) => demand(answer.status == 500, || {
                    let length = answer.body.len();
                    format!("5 bytes of 10 look like a whole body of {length}")
                }),
            }
        }),
    },
    Check {
        id: "RQ-36",
        slug: "beyond-its-length",
        title: "Nothing is sent beyond the length that the app declared",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[rfc9112("6.3", "behind the length the next answer begins")],
        seeds: "DF-13, attack 7",
        means: "the client takes the rest for the answer to its next request",
        fix: "let the write fail that goes beyond the length",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            let steps = "header=Content-Length:5&chunk=hello&chunk=%20world";
            trial.send_reply(&mut link, steps);
            match link.answer(Asked::Whole) {
                Err(Missing::Ended(_)) => return Ok(()),
                Err(missing) => return Err(missing.into()),
                Ok(answer) if answer.status == 500 => {}
                Ok(answer) => demand(answer.body == b"hello", || "other bytes came".to_owned())?,
            }
            nothing_is_left(trial, &mut link)
        }),
    },
    Check {
        id: "RQ-37",
        slug: "odd-length-of-an-app",
        title: "A length of the app's that is none is a failure of the app",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            rfc9110("8.6", "a server must not send a Content-Length that is no number"),
            owin("3.5", "the server checks what it is about to send"),
        ],
        seeds: "OWIN-068, DF-10",
        means: "clients and proxies disagree about where the answer ends",
        fix: "answer 500 instead",
        proof: Proof::HoldsByProbe(|trial| {
            ["abc", "-1", "5,6", "5&header=Content-Length:6"].into_iter().try_for_each(|length| {
                let answer = trial.reply(&format!("header=Content-Length:{length}&body=hello"))?;
                demand(answer.status == 500, || {
                    format!("the length {length} was answered by {}", answer.status)
                })
            })
        }),
    },
    Check {
        id: "RQ-38",
        slug: "own-coding",
        title: "A Transfer-Encoding of the app's does no harm to the framing",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.5", "the framing is the server's"),
            rfc9112("6.1", "only who has coded the body says so"),
        ],
        seeds: "DF-09",
        means: "no client can read the answer",
        fix: "drop the field, and write the one that is true",
        proof: Proof::HoldsByProbe(|trial| {
            for coding in ["gzip", "chunked", "identity"] {
                let steps = format!("header=Transfer-Encoding:{coding}&body=hello");
                let answer = trial.reply(&steps)?;
                demand(answer.status == 500 || answer.body == b"hello", || {
                    format!("beside {coding} the body came otherwise")
                })?;
            }
            Ok(())
        }),
    },
    Check {
        id: "RQ-39",
        slug: "app-closes",
        title: "An app that says close ends the connection",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[rfc9112("9.6", "who has sent `close` must end the connection after the answer")],
        seeds: "DF-09",
        means: "clients wait for an end that never comes",
        fix: "look for `close` in the app's Connection, and say it once",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, "header=Connection:close&body=hello");
            let answer = link.answer(Asked::Whole)?;
            demand(answer.closes(), || "the answer does not say so".to_owned())?;
            let _how = link.end().map_err(Lapse::about("the end"))?;
            Ok(())
        }),
    },
    Check {
        id: "RQ-40",
        slug: "length-of-head",
        title: "An answer to HEAD has the length that the app declared, and no body",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[rfc9110("8.6", "in an answer to HEAD the length is that of the answer to GET")],
        seeds: "DF-04, DF-05",
        means: "clients take the file for an empty one",
        fix: "leave the app's length alone where no body is sent",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Steps)?;
            for steps in ["header=Content-Length:10", "header=Content-Length:10&write=helloworld"] {
                let mut link = trial.connect()?;
                link.send(trial.for_probe("HEAD", &format!("reply?{steps}"), "\r\n"));
                let length = link.answer(Asked::Head)?.field("content-length");
                demand(length.as_deref() == Some("10"), || format!("it came as {length:?}"))?;
                nothing_is_left(trial, &mut link)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "RQ-41",
        slug: "no-chunks-for-http-10",
        title: "A client of HTTP/1.0 gets no chunks",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[rfc9112("6.1", "only a request of HTTP/1.1 may be answered in chunks")],
        seeds: "OWIN-029",
        means: "old clients show the sizes of the chunks",
        fix: "end the body with the connection where its length is not known",
        proof: Proof::HoldsByProbe(|trial| {
            let target = trial.probe_target("reply?chunk=hel&chunk=lo");
            let answer = trial.ask(format!("GET {target} HTTP/1.0\r\nHost: {{host}}\r\n\r\n"))?;
            let coding = answer.field("transfer-encoding");
            demand(coding.is_none(), || format!("it came with the coding {coding:?}"))?;
            demand(answer.body == b"hello", || "other bytes came".to_owned())
        }),
    },
];

/// Behind the answer the connection ends, or takes another request: no byte is left over.
pub(super) fn nothing_is_left(trial: &Trial<'_>, link: &mut Link) -> Judged {
    link.send(trial.plain().bytes);
    match link.answer(Asked::Whole) {
        Err(Missing::Ended(_)) => {
            let rest = link.rest()?;
            demand(rest.is_empty(), || format!("{} bytes are left over", rest.len()))
        }
        Err(missing) => Err(Lapse::about("behind the answer")(missing)),
        Ok(next) => demand(next.status == 200, || {
            format!("the request behind it was answered by {}", next.status)
        }),
    }
}
