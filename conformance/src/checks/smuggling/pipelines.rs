//! Random pipelines: every request is one, and nothing else is (RFC 9112 §9.3.2).

use proptest::collection::vec;
use proptest::prelude::Strategy;
use serde_json::Value;

use crate::check::{Check, Level, Profile, Proof, rfc9112};
use crate::judge::{Body, Judged, Lapse, Trial, demand, is_refusal};
use crate::wire::{Answer, Asked};

/// A body of a pipelined request is not longer, so that all of it lies in a server's buffers.
const MAX_BODY: usize = 500;

pub(in crate::checks) const PIPELINES: &[Check] = &[Check {
    id: "SM-21",
    slug: "any-pipeline",
    title: "Of any pipelined requests each is answered, with its own body and in its place",
    level: Level::Must,
    profile: Profile::Smuggling,
    clauses: &[
        rfc9112("9.3.2", "the answers to pipelined requests have their order"),
        rfc9112("6.3", "the framing alone says where a message ends"),
    ],
    seeds: "HT-19",
    means: "a part of one request is taken for another one, or an answer goes to somebody else",
    fix: "let the reader of a body say how many bytes it took, and begin the next head there",
    proof: Proof::HoldsOnce(any_pipeline),
}];

/// Nor is a chunk of it, so that there are several.
const MAX_CHUNK: usize = 60;

/// A request of a pipeline.
#[derive(Clone, Debug)]
enum Kind {
    Get,
    Length(Body),
    Chunks(Body),
}

fn kinds(has_trailers: bool) -> impl Strategy<Value = Vec<Kind>> {
    let short = move |mut body: Body| {
        body.length %= MAX_BODY;
        for chunk in &mut body.chunks {
            chunk.size = chunk.size % MAX_CHUNK + 1;
        }
        if has_trailers { body } else { body.without_trailers() }
    };
    let kind = (0..3_u8, Body::any());
    let kind = kind.prop_map(move |(which, body)| match which {
        0 => Kind::Get,
        1 => Kind::Length(short(body)),
        _ => Kind::Chunks(short(body)),
    });
    vec(kind, 2..6)
}

impl Kind {
    fn template(&self) -> Vec<u8> {
        let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\n";
        match self {
            Self::Get => b"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".to_vec(),
            Self::Length(body) => {
                let head = format!("{head}Content-Length: {}\r\n\r\n", body.length);
                [head.into_bytes(), body.bytes()].concat()
            }
            Self::Chunks(body) => {
                let head = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
                [head.into_bytes(), body.chunked()].concat()
            }
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Get => 0,
            Self::Length(body) | Self::Chunks(body) => body.length,
        }
    }
}

fn any_pipeline(trial: &Trial<'_>) -> Judged {
    trial.reads_posts()?;
    trial.takes_chunks()?;
    // Whoever takes no trailers fails where that is asked for, and not here too.
    let trailers = "5\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n";
    let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";
    let has_trailers = !is_refusal(&trial.ask(format!("{head}{trailers}"))?);
    trial.for_all("SM-21", &kinds(has_trailers), |kinds| {
        let messages: Vec<_> = kinds.iter().map(|kind| trial.message(kind.template())).collect();
        let mut link = trial.connect()?;
        link.send(messages.iter().flat_map(|message| message.bytes.clone()).collect::<Vec<_>>());
        for (number, (kind, message)) in kinds.iter().zip(&messages).enumerate() {
            let which = format!("request {} of {}", number + 1, kinds.len());
            let answer = link.answer(Asked::Whole).map_err(Lapse::about(&which))?;
            let status = answer.status;
            demand(!is_refusal(&answer) && status < 500, || {
                format!("{which} was answered by {status}")
            })?;
            if trial.has_probe() {
                is_own(&answer, &message.nonce, kind.length(), &which)?;
            }
            if answer.closes() {
                return Ok(());
            }
        }
        Ok(())
    })
}

/// The answer is that of the probe to this request.
fn is_own(answer: &Answer, nonce: &str, length: usize, which: &str) -> Judged {
    let seen: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let query = seen.get("query").and_then(Value::as_str).unwrap_or_default();
    demand(query.ends_with(nonce), || format!("{which} was answered as another one: {query}"))?;
    let read = seen.get("body_length").and_then(Value::as_u64).unwrap_or_default();
    demand(usize::try_from(read) == Ok(length), || {
        format!("of the {length} bytes of {which} the app read {read}")
    })
}
