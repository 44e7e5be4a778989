//! Files that the server sends for the app (`SendFile` 0.3).

use crate::check::{Check, Clause, Level, Profile, Proof, owin, rfc9110, standard};
use crate::judge::{Judged, Trial, demand};
use crate::probe::pattern;
use crate::wire::{Asked, Missing};

/// More than any server keeps back, and less than the suite reads of one answer.
const LARGE_BYTES: usize = 3 * 1024 * 1024;

const RANGE: Clause =
    standard("SendFile 0.3", "3", "the bytes are those from the offset on, as many as the count");

pub(super) const FILES: &[Check] = &[
    Check {
        id: "FI-01",
        slug: "whole-file",
        title: "Without a count a file is sent to its end",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[standard("SendFile 0.3", "3", "without a count it is all to the end")],
        seeds: "",
        means: "downloads are cut",
        fix: "ask the file for its length when it is opened",
        proof: Proof::HoldsByProbe(|trial| comes(trial, "file=1000", &pattern(0, 1000))),
    },
    Check {
        id: "FI-02",
        slug: "range-of-a-file",
        title: "A range of a file is sent as it was asked for",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[RANGE],
        seeds: "",
        means: "downloads that were broken off are put together wrongly",
        fix: "begin at the offset, and count what is sent",
        proof: Proof::HoldsByProbe(|trial| {
            comes(trial, "file=1000,100", &pattern(100, 900))?;
            comes(trial, "file=1000,100,50", &pattern(100, 50))?;
            comes(trial, "file=1000,999,1", &pattern(999, 1))?;
            comes(trial, "file=1000,0,1000", &pattern(0, 1000))
        }),
    },
    Check {
        id: "FI-03",
        slug: "no-bytes-of-a-file",
        title: "A range of no bytes is sent as an empty body",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[RANGE],
        seeds: "",
        means: "empty files are failures",
        fix: "take an offset at the end of the file, and a count of nothing",
        proof: Proof::HoldsByProbe(|trial| {
            ["file=0", "file=10,10", "file=10,3,0"]
                .into_iter()
                .try_for_each(|steps| comes(trial, steps, b""))
        }),
    },
    Check {
        id: "FI-04",
        slug: "beyond-a-file",
        title: "A range that the file does not have is an error",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[RANGE, owin("6", "what fails before the start is answered by 500")],
        seeds: "",
        means: "clients get fewer bytes than they were promised",
        fix: "compare with the length of the file before anything is sent",
        proof: Proof::HoldsByProbe(|trial| {
            ["file=10,11", "file=10,5,6", "file=10,0,11"]
                .into_iter()
                .try_for_each(|steps| fails(trial, steps))
        }),
    },
    Check {
        id: "FI-05",
        slug: "missing-file",
        title: "A file that is not there is an error",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[owin("6", "what fails before the start is answered by 500")],
        seeds: "",
        means: "clients take the file for an empty one",
        fix: "open the file before the response starts, and let the call fail",
        proof: Proof::HoldsByProbe(|trial| fails(trial, "file=missing")),
    },
    Check {
        id: "FI-06",
        slug: "file-between-writes",
        title: "A file stands where it was sent, between what was written",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[standard("SendFile 0.3", "3", "writes and files come in their order")],
        seeds: "",
        means: "pages come with their parts mixed up",
        fix: "send what was written before the file goes out",
        proof: Proof::HoldsByProbe(|trial| {
            let whole = [b"before.", pattern(0, 100).as_slice(), b".behind"].concat();
            comes(trial, "write=before.&file=100,0,100&write=.behind", &whole)?;
            comes(trial, "chunk=before.&file=100,0,100&chunk=.behind", &whole)
        }),
    },
    Check {
        id: "FI-07",
        slug: "head-of-a-file",
        title: "An answer to HEAD has nothing of the file but its length",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[
            rfc9110("9.3.2", "an answer to HEAD has no body"),
            rfc9110("8.6", "in an answer to HEAD the length is that of the answer to GET"),
        ],
        seeds: "DF-05",
        means: "clients take the file for the next answer",
        fix: "look at the method where the file is sent, too",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            link.send(trial.for_probe("HEAD", "reply?file=1000,0,1000", "\r\n"));
            let answer = link.answer(Asked::Head)?;
            let length = answer.field("content-length");
            let is_right = length.as_deref().is_none_or(|length| length == "1000");
            demand(is_right, || format!("the length came as {length:?}"))?;
            if answer.closes() {
                let rest = link.rest()?;
                return demand(rest.is_empty(), || format!("{} bytes came", rest.len()));
            }
            link.send(trial.plain().bytes);
            match link.answer(Asked::Whole) {
                Ok(_) | Err(Missing::Ended(_)) => Ok(()),
                Err(missing) => Err(missing.into()),
            }
        }),
    },
    Check {
        id: "FI-08",
        slug: "large-file",
        title: "A large file comes whole",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[RANGE],
        seeds: "DF-15",
        means: "downloads are cut",
        fix: "go on until all is sent, however little the socket takes at once",
        proof: Proof::HoldsByProbe(|trial| {
            let steps = format!("file={LARGE_BYTES},0,{LARGE_BYTES}");
            comes(trial, &steps, &pattern(0, LARGE_BYTES))
        }),
    },
    Check {
        id: "FI-09",
        slug: "head-before-a-file",
        title: "Status and fields that were set before a file are sent with it",
        level: Level::Must,
        profile: Profile::SendFile,
        clauses: &[standard("SendFile 0.3", "3", "the call starts the response as a write does")],
        seeds: "OWIN-066",
        means: "files come without their type",
        fix: "start the response by the same way as for a write",
        proof: Proof::HoldsByProbe(|trial| {
            let answer = trial.reply("status=203&header=X-A:b&file=10,0,10")?;
            let has_field = answer.field("x-a").as_deref() == Some("b");
            demand(answer.status == 203 && has_field, || {
                format!("it came with {}, or without its field", answer.status)
            })
        }),
    },
];

fn comes(trial: &Trial<'_>, steps: &str, wanted: &[u8]) -> Judged {
    let answer = trial.reply(steps)?;
    demand(answer.status == 200, || format!("{steps} was answered by {}", answer.status))?;
    let (came, all) = (answer.body.len(), wanted.len());
    demand(came == all, || format!("with {steps} {came} bytes of {all} came"))?;
    demand(answer.body == wanted, || format!("with {steps} other bytes came"))
}

fn fails(trial: &Trial<'_>, steps: &str) -> Judged {
    let status = trial.reply(steps)?.status;
    demand(status == 500, || format!("{steps} was answered by {status}"))
}
