//! What an app sees of its request (OWIN 1.0 §3.2.1, §3.3, §3.4, §5).

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::check::{Check, Level, Profile, Proof, owin, rfc9110, rfc9112};
use crate::judge::{Judged, Lapse, Trial, demand, text};
use crate::probe::{hex, pattern};
use crate::wire::{Answer, Asked};

/// The largest body that is sent; it comes in many reads.
const LARGE_BYTES: usize = 1024 * 1024;

pub(in crate::checks) const REQUESTS: &[Check] = &[
    Check {
        id: "RQ-01",
        slug: "method",
        title: "The app sees the method as it was sent",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.2.1", "owin.RequestMethod is the method of the request"),
            rfc9110("9.1", "methods are case-sensitive tokens"),
            rfc9110("9.1", "GET is for every server; another method may be refused"),
        ],
        seeds: "OWIN-013",
        means: "apps refuse or confuse methods that they know",
        fix: "hand the token on; do not map it to a list of known ones",
        proof: Proof::HoldsByProbe(|trial| {
            let methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "NOWIN", "get"];
            methods.into_iter().try_for_each(|method| sees_method(trial, method))
        }),
    },
    Check {
        id: "RQ-02",
        slug: "query",
        title: "The app sees the query byte for byte",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("5.5", "owin.RequestQueryString is still encoded, and has no `?`")],
        seeds: "OWIN-017, OWIN-110",
        means: "parameters get lost or are decoded twice",
        fix: "cut at the first `?` and hand on what follows",
        proof: Proof::HoldsByProbe(|trial| {
            let queries = ["a=b", "", "a?b", "a=%20+%C3%A9&&=", "%zz", "a=%2F%2f"];
            queries.into_iter().try_for_each(|query| {
                let path = format!("echo?{query}");
                let seen = trial.seen_of(&trial.for_probe("GET", &path, "\r\n"))?;
                same("query", &seen, query)
            })?;
            same("query", &trial.seen_of(&trial.for_probe("GET", "echo", "\r\n"))?, "")
        }),
    },
    Check {
        id: "RQ-03",
        slug: "path",
        title: "The app sees the path decoded, once",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("5.5", "owin.RequestPath is decoded")],
        seeds: "OWIN-107, OWIN-108",
        means: "apps look for other names than were asked for, or a second decoding lets `..` through",
        fix: "decode once, where the target is split",
        proof: Proof::HoldsByProbe(|trial| {
            let paths = [("a%20b", "a b"), ("%41", "A"), ("%C3%A9", "é"), ("%2541", "%41")];
            paths.into_iter().try_for_each(|(sent, wanted)| {
                let path = format!("echo/{sent}");
                let seen = trial.seen_of(&trial.for_probe("GET", &path, "\r\n"))?;
                let path = text(&seen, "path");
                demand(path.ends_with(&format!("/.probe/echo/{wanted}")), || {
                    format!("{sent} came to the app as {path:?}")
                })
            })
        }),
    },
    Check {
        id: "RQ-04",
        slug: "fields",
        title: "The app sees every field line, and those of a name in their order",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.3", "each line of a field is an element of its own, as it came"),
            rfc9110("5.3", "the order of lines of a name must not be changed"),
            rfc9112("5.1", "blanks before a value and behind it are no part of it"),
        ],
        seeds: "OWIN-042, OWIN-043",
        means: "apps see other values than were sent",
        fix: "keep a list for each name; do not join and do not split",
        proof: Proof::HoldsByProbe(fields),
    },
    Check {
        id: "RQ-05",
        slug: "body",
        title: "The app reads the body, all of it and nothing more",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "owin.RequestBody ends where the body of the request ends"),
            rfc9112("6.3", "the length says where the body ends"),
        ],
        seeds: "OWIN-047, OWIN-049",
        means: "apps lose data, or read the next request as data",
        fix: "count what is left of the length, across reads",
        proof: Proof::HoldsByProbe(|trial| {
            [0, 1, 4095, 4096, 4097, LARGE_BYTES].into_iter().try_for_each(|length| {
                let body = pattern(0, length);
                let rest = format!("Content-Length: {length}\r\n\r\n");
                let head = trial.for_probe("POST", "echo", &rest);
                is_whole(&trial.seen_of(&[head.as_slice(), &body].concat())?, &body)
            })
        }),
    },
    Check {
        id: "RQ-06",
        slug: "chunked-body",
        title: "The app reads the data of the chunks, all of it and nothing more",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("3.4", "owin.RequestBody has the content without its coding"),
            rfc9112("7.1", "sizes and extensions are no content"),
            rfc9112("6.3", "a server may refuse a body without a length, by 411"),
        ],
        seeds: "OWIN-048, OWIN-049",
        means: "apps read sizes as data",
        fix: "decode before the app reads",
        proof: Proof::HoldsByProbe(|trial| {
            [0, 1, 1000, LARGE_BYTES].into_iter().try_for_each(|length| {
                let body = pattern(0, length);
                let head = trial.for_probe("POST", "echo", "Transfer-Encoding: chunked\r\n\r\n");
                let sent = [head, chunked(&body)].concat();
                let answer = trial.answer_to(&sent)?;
                if answer.status == 411 {
                    let why = "the server takes no body without a length, it answers 411";
                    return Err(Lapse::Skipped(why.to_owned()));
                }
                is_whole(&seen_in(&answer)?, &body)
            })
        }),
    },
    Check {
        id: "RQ-07",
        slug: "protocol",
        title: "The app sees the version of the request",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.2.1", "owin.RequestProtocol is HTTP/1.0 or HTTP/1.1, as it was sent")],
        seeds: "OWIN-016",
        means: "apps answer old clients in a form that these do not know",
        fix: "hand the version of the request line on",
        proof: Proof::HoldsByProbe(|trial| {
            ["HTTP/1.1", "HTTP/1.0"].into_iter().try_for_each(|version| {
                let request = format!("GET {{target}} {version}\r\nHost: {{host}}\r\n\r\n");
                same("protocol", &trial.seen(request)?, version)
            })
        }),
    },
    Check {
        id: "RQ-08",
        slug: "one-call",
        title: "One request is one call of the app",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.1", "the server calls the app once for each request")],
        seeds: "OWIN-001, OWIN-058",
        means: "orders are placed twice",
        fix: "do not begin a call again, whatever became of the connection",
        proof: Proof::HoldsByProbe(|trial| {
            let message = trial.plain();
            let mut link = trial.connect()?;
            link.send(&message.bytes);
            let _answer = link.answer(Asked::Whole)?;
            trial.was_called(&message, 1)
        }),
    },
];

/// The app sees the method, or the server has refused it before any app was called.
fn sees_method(trial: &Trial<'_>, method: &str) -> Judged {
    let request = format!("{method} {{target}} HTTP/1.1\r\nHost: {{host}}\r\n\r\n");
    let message = trial.message(request);
    let answer = trial.answer_to(&message.bytes)?;
    if answer.status >= 400 && method != "GET" {
        return trial.was_called(&message, 0);
    }
    same("method", &seen_in(&answer)?, method)
}

fn fields(trial: &Trial<'_>) -> Judged {
    let lines = "X-A: 1\r\nX-B: a, b\r\nx-a:2\r\nX-C: \t3 \r\nX-D:\r\nX-A: \"x\"\r\n\r\n";
    let seen = trial.seen_of(&trial.for_probe("GET", "echo", lines))?;
    let wanted: [(&str, &[&str]); 4] =
        [("x-a", &["1", "2", "\"x\""]), ("x-b", &["a, b"]), ("x-c", &["3"]), ("x-d", &[""])];
    for (name, wanted) in wanted {
        let lines = seen.get("headers").and_then(Value::as_array).into_iter().flatten();
        let own = lines.filter(|line| {
            line.get(0).and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(name))
        });
        let values: Vec<_> = own.filter_map(|line| line.get(1)?.as_str()).collect();
        demand(values == wanted, || format!("{name} came as {values:?} and not as {wanted:?}"))?;
    }
    Ok(())
}

/// What the app saw, in the answer of the echo.
fn seen_in(answer: &Answer) -> Result<Value, Lapse> {
    demand(answer.status == 200, || format!("the probe answered {}", answer.status))?;
    serde_json::from_slice(&answer.body)
        .map_err(|error| Lapse::Failed(format!("the echo is no JSON: {error}")))
}

/// Sees by length and digest that a body came whole to the echo.
pub(super) fn is_whole(seen: &Value, body: &[u8]) -> Judged {
    let length = seen.get("body_length").and_then(Value::as_u64).unwrap_or_default();
    demand(usize::try_from(length) == Ok(body.len()), || {
        format!("of {} bytes the app read {length}", body.len())
    })?;
    let digest = hex(&Sha256::digest(body));
    demand(text(seen, "body_sha256") == digest, || {
        format!("the {length} bytes that the app read are others")
    })
}

/// The bytes as chunks of growing sizes, with extensions; `chunks-are-read` tries trailers, too.
pub(super) fn chunked(body: &[u8]) -> Vec<u8> {
    let (mut bytes, mut rest, mut size) = (Vec::new(), body, 1);
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at_checked(size).unwrap_or((rest, &[]));
        bytes.extend(format!("{:X};n=1\r\n", chunk.len()).into_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
        (rest, size) = (tail, size * 3);
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

pub(super) fn same(name: &str, seen: &Value, wanted: &str) -> Judged {
    let own = text(seen, name);
    demand(own == wanted, || format!("the {name} {wanted:?} came to the app as {own:?}"))
}
