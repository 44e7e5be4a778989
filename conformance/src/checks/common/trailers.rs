//! Fields behind a body, both ways (RFC 9110 §6.5).

use serde_json::Value;

use crate::check::{Check, Feature, Level, Profile, Proof, rfc9110, rfc9112};
use crate::judge::{Lapse, Trial, demand};

pub(in crate::checks) const TRAILERS: &[Check] = &[
    Check {
        id: "CM-19",
        slug: "request-trailers",
        title: "The app sees the trailers of its request",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[rfc9112("7.1.2", "a recipient that does not drop trailers keeps them apart")],
        seeds: "HT-08",
        means: "checksums and the status of calls get lost",
        fix: "keep the fields behind the last chunk, and hand them on with the end of the body",
        proof: Proof::HoldsByProbe(|trial| {
            let seen = with_trailer(trial)?;
            let lines = seen.get("trailers").and_then(Value::as_array).cloned().unwrap_or_default();
            demand(lines.iter().any(is_trailer), || format!("it sees these: {lines:?}"))
        }),
    },
    Check {
        id: "CM-20",
        slug: "trailers-apart",
        title: "Trailers of a request are not among its fields",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[rfc9110("6.5.1", "trailers are not merged into the fields of the head")],
        seeds: "HT-08, attack 3",
        means: "what was checked in the head is changed behind the body",
        fix: "keep them in a collection of their own",
        proof: Proof::HoldsByProbe(|trial| {
            let seen = with_trailer(trial)?;
            let lines = seen.get("headers").and_then(Value::as_array).into_iter().flatten();
            let has_it = lines.into_iter().any(is_trailer);
            demand(!has_it, || "the trailer stands among the fields of the head".to_owned())
        }),
    },
    Check {
        id: "CM-21",
        slug: "response-trailers",
        title: "The trailers of the app are sent behind its body",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[rfc9112("7.1.2", "trailers follow the last chunk")],
        seeds: "HT-08",
        means: "clients do not learn how a call of gRPC has ended",
        fix: "write the fields between the last chunk and the empty line",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Trailers)?;
            let steps = "reply?header=Trailer:X-Behind&chunk=hello&trailer=X-Behind:yes";
            let answer = trial.answer_to(&trial.for_probe("GET", steps, "TE: trailers\r\n\r\n"))?;
            let mut own = answer.trailers.iter().filter(|(name, _)| is_name(name));
            let is_there = own.any(|(_, value)| value == b"yes");
            demand(is_there && answer.body == b"hello", || {
                format!("{} trailers came", answer.trailers.len())
            })
        }),
    },
];

/// What the app sees of a request with a trailer.
fn with_trailer(trial: &Trial<'_>) -> Result<Value, Lapse> {
    trial.claims(Feature::Trailers)?;
    let rest = "Transfer-Encoding: chunked\r\nTrailer: X-Behind\r\n\r\n\
                5\r\nhello\r\n0\r\nX-Behind: yes\r\n\r\n";
    trial.seen_of(&trial.for_probe("POST", "echo", rest))
}

fn is_trailer(line: &Value) -> bool {
    line.get(0).and_then(Value::as_str).is_some_and(is_name)
}

fn is_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("x-behind")
}
