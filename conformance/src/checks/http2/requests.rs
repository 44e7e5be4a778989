//! Requests and answers (RFC 9113 §8).

use crate::check::{Check, Level, Profile, Proof, rfc9110, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{GET, Judged, Lapse, POST, Trial, demand};
use crate::wire::http2::{self, END_STREAM, field};

/// Requests at the same time; fewer than the 100 that a server should allow.
const TOGETHER: usize = 30;

pub(in crate::checks) const REQUESTS: &[Check] = &[
    Check {
        id: "H2-89",
        slug: "h2-answers-well-formed",
        title: "An answer has lower-case names, one pseudo-field, and no field of HTTP/1.1",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.2.1", "names are in lower case"),
            rfc9113("8.2.2", "no message is made with fields of a connection of HTTP/1.1"),
            rfc9113("8.3.2", "the only pseudo-field of a response is :status"),
        ],
        seeds: "",
        means: "clients take the answer for malformed, and show nothing",
        fix: "drop what an app says of its connection, and write names in lower case",
        proof: Proof::Holds(well_formed),
    },
    Check {
        id: "H2-90",
        slug: "h2-length-of-answers",
        title: "The Content-Length of an answer is the sum of its DATA",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.1.1", "a length that is not the sum of the DATA is malformed")],
        seeds: "",
        means: "clients take the answer for malformed, and show nothing",
        fix: "count what an app writes, and reset the stream where it is something else",
        proof: Proof::Holds(length_of_answers),
    },
    Check {
        id: "H2-91",
        slug: "h2-head",
        title: "An answer to HEAD has no body",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9110("9.3.2", "the server must not send content in the response to HEAD"),
            rfc9113("8.1.1", "an answer to HEAD has no DATA, whatever its length says"),
        ],
        seeds: "",
        means: "clients take the answer for malformed",
        fix: "end the stream with HEADERS, or with empty DATA",
        proof: Proof::Holds(head),
    },
    Check {
        id: "H2-92",
        slug: "h2-expect",
        title: "A client that expects 100-continue is answered",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9110("10.1.1", "a server sends 100, or a final status, as soon as it can"),
            rfc9113("8.1", "an interim answer is a HEADERS frame without END_STREAM"),
        ],
        seeds: "",
        means: "clients wait before each upload until they lose patience",
        fix: "send 100 when the app begins to read, or the answer",
        proof: Proof::Holds(expect),
    },
    Check {
        id: "H2-93",
        slug: "h2-many-at-once",
        title: "Requests that are made together are answered, each on its stream",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("5", "streams are independent, and their frames interleave"),
            rfc9113("5.1.2", "a maximum of less than 100 streams is not recommended"),
        ],
        seeds: "",
        means: "pages with many parts load in part",
        fix: "keep what belongs to a stream with the stream",
        proof: Proof::Holds(many_at_once),
    },
    Check {
        id: "H2-94",
        slug: "h2-trailers",
        title: "A request with trailers is answered",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.1", "a request may end with a HEADERS frame that has trailers")],
        seeds: "",
        means: "gRPC and other clients with trailers fail",
        fix: "take HEADERS with END_STREAM behind DATA for trailers",
        proof: Proof::Holds(trailers),
    },
    Check {
        id: "H2-95",
        slug: "h2-padded-head",
        title: "A head may be padded",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.2",
            "padding is added to obscure the size, and is no part of a block",
        )],
        seeds: "",
        means: "requests of careful clients fail",
        fix: "take the padding off both ends before the block is read",
        proof: Proof::Holds(padded_head),
    },
];

fn well_formed(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let reply = |rest: &str| {
        let nonce = trial.nonce();
        format!("{}&{rest}", trial.probe_target(&format!("reply?nonce={nonce}")))
    };
    let mut targets = vec![trial.target_of("echo", &trial.nonce())];
    if trial.has_probe() {
        targets.push(reply("header=X-Upper:y&body=hello"));
        targets.push(reply("chunk=hel&chunk=lo"));
    }
    for target in targets {
        let stream = trial.send_for(&mut link, END_STREAM, &[GET], &target);
        let answer = link.answer(stream)?;
        trial.is_an_app_s(&answer)?;
        let defect = answer.defects.first().copied();
        demand(defect.is_none(), || format!("to {target}: {}", defect.unwrap_or_default()))?;
    }
    Ok(())
}

fn length_of_answers(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = trial.get_on(&mut link);
    let answer = link.answer(stream)?;
    let lengths: Vec<String> = answer.values("content-length").collect();
    let came = answer.body.len().to_string();
    match lengths.as_slice() {
        [] => Ok(()),
        [one] => demand(*one == came, || format!("with a length of {one} came {came} bytes")),
        more => demand(false, || format!("an answer has {} lengths", more.len())),
    }
}

fn head(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let lines = [
        field(":method", "HEAD"),
        field(":scheme", "{scheme}"),
        field(":path", "{target}"),
        field(":authority", "{host}"),
    ];
    let stream = trial.send_on(&mut link, END_STREAM, &[&lines]);
    let answer = link.answer(stream)?;
    let came = answer.body.len();
    demand(came == 0, || format!("with it came {came} bytes"))?;
    trial.goes_on(&mut link)
}

fn expect(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = trial.send_on(&mut link, 0, &[POST, &[field("expect", "100-continue")]]);
    let has_said = |peer: &http2::Peer| {
        peer.reply(stream)
            .is_none_or(|own| !own.interim.is_empty() || own.is_over() || own.has_head)
    };
    let patience = link.patience();
    let said = link.wait(patience, has_said);
    said.map_err(Lapse::about("100, or a final status, before the body is sent"))?;
    if link.peer().reply(stream).is_some_and(|own| !own.has_head && !own.is_over()) {
        Trial::data(&mut link, END_STREAM, stream, b"hello");
    }
    let answer = link.answer(stream)?;
    demand(answer.status < 500, || format!("it was answered by {}", answer.status))
}

fn many_at_once(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let most = link.peer().settings.get(&http2::MAX_CONCURRENT_STREAMS).copied();
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(TOGETHER);
    let mut asked = Vec::new();
    for _ in 0..TOGETHER.min(most) {
        let nonce = trial.nonce();
        let target = trial.target_of("echo", &nonce);
        asked.push((nonce, trial.send_for(&mut link, END_STREAM, &[GET], &target)));
    }
    for (nonce, stream) in asked {
        let answer = link.answer(stream)?;
        trial.is_an_app_s(&answer)?;
        let is_own = String::from_utf8_lossy(&answer.body).contains(&nonce);
        demand(is_own || !trial.has_probe(), || {
            format!("on stream {stream} came the answer to another request")
        })?;
    }
    Ok(())
}

fn trailers(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = trial.send_on(&mut link, 0, &[POST, &[field("te", "trailers")]]);
    Trial::data(&mut link, 0, stream, b"hello");
    let mut block = Vec::new();
    http2::literal(&mut block, b"x-trailer", b"y");
    link.send(&http2::Frame::new(http2::HEADERS, WHOLE, stream, block));
    let answer = link.answer(stream)?;
    trial.is_an_app_s(&answer)?;
    trial.goes_on(&mut link)
}

fn padded_head(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    for padding in [[&b"\0"[..], b""], [b"\x05", b"\0\0\0\0\0"]] {
        let flags = WHOLE | http2::PADDED;
        let step = http2::Step::Block(http2::HEADERS, flags, 1, padding, &[GET]);
        let stream = trial.send_step(&mut link, &step);
        let answer = link.answer(stream)?;
        trial.is_an_app_s(&answer)?;
    }
    trial.goes_on(&mut link)
}
