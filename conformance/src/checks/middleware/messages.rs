//! What a middleware leaves of heads: lines, targets, statuses (OWIN 1.0 §3.2, §3.3).

use owin_core::http::{Method, StatusCode, Version};
use owin_core::testing::{TestHost, TestRequest};
use owin_core::{Environment, Error, Headers};

use crate::check::{Check, Level, Profile, Proof, owin, rfc9110};
use crate::judge::{Judged, Lapse, demand};
use crate::middleware::{Noted, Rig, noting};

/// Lines of a request: several of a name, commas, an empty one, a byte beyond ASCII.
const ASKED: &[(&str, &[u8])] = &[
    ("accept", b"text/html, text/plain"),
    ("x-many", b"1"),
    ("x-many", b"2, 3"),
    ("x-many", b"1"),
    ("x-empty", b""),
    ("x-bytes", b"caf\xE9"),
];

/// Lines of an answer.
const TOLD: &[(&str, &[u8])] = &[
    ("set-cookie", b"a=1; Path=/"),
    ("set-cookie", b"b=2; Expires=Sun, 06 Nov 1994 08:49:37 GMT"),
    ("x-many", b"1, 2"),
    ("x-many", b"3"),
    ("x-bytes", b"caf\xE9"),
];

pub(in crate::checks) const MESSAGES: &[Check] = &[
    Check {
        id: "MW-06",
        slug: "lines-of-a-request",
        title: "The field lines of the request are the same inside: none lost, joined or moved",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[
            owin("3.3", "each line of a field is an element of its own"),
            rfc9110("5.3", "the order of lines of a name must not be changed"),
        ],
        seeds: "OWIN-046",
        means: "the app reads what nobody sent",
        fix: "change the lines that you mean, by their name, and leave the others",
        proof: Proof::OfMiddleware(lines_of_a_request),
    },
    Check {
        id: "MW-07",
        slug: "lines-of-an-answer",
        title: "The field lines of the answer are the same outside: none lost, joined or moved",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[
            owin("3.3", "each line of a field is an element of its own"),
            rfc9110("5.3", "lines of Set-Cookie cannot be joined"),
        ],
        seeds: "OWIN-033, OWIN-045, OWIN-046",
        means: "all cookies but one get lost",
        fix: "append a line of your own; `set` takes the others of that name away",
        proof: Proof::OfMiddleware(lines_of_an_answer),
    },
    Check {
        id: "MW-08",
        slug: "request-stays",
        title: "Method, target, scheme and version are the same inside",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.2.1", "the keys of the request say what was asked")],
        seeds: "OWIN-013, OWIN-014, OWIN-017",
        means: "the app answers something else than was asked",
        fix: "do not decode, trim or rewrite what is not yours",
        proof: Proof::OfMiddleware(request_stays),
    },
    Check {
        id: "MW-09",
        slug: "answer-stays",
        title: "Status, phrase and body of the app are the same outside",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.2.2", "the keys of the response say what is answered")],
        seeds: "OWIN-066, OWIN-070",
        means: "clients are told something else than the app says",
        fix: "change what you mean to change, and only where it applies",
        proof: Proof::OfMiddleware(answer_stays),
    },
];

/// The values of each name, as they are there and as they should be, that are not the same.
fn differing(lines: &[(&str, &[u8])], headers: &Headers) -> Option<String> {
    let shown = |values: &[&[u8]]| {
        let shown: Vec<_> = values.iter().map(|value| value.escape_ascii().to_string()).collect();
        format!("{shown:?}")
    };
    lines.iter().find_map(|(name, _)| {
        let right: Vec<_> = lines.iter().filter(|(n, _)| n == name).map(|(_, v)| *v).collect();
        let seen: Vec<_> =
            headers.lines().filter(|(n, _)| n == name).map(|(_, value)| value).collect();
        let is_kept = is_within(&right, &seen);
        (!is_kept).then(|| format!("{name} is {} and not {}", shown(&seen), shown(&right)))
    })
}

/// Whether the lines are there in their order; others may stand between them.
fn is_within(right: &[&[u8]], seen: &[&[u8]]) -> bool {
    let mut rest = seen.iter();
    right.iter().all(|line| rest.any(|own| own == line))
}

fn lines_of_a_request(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let host = rig.host(noting(&noted, |env| differing(ASKED, env.request().headers())));
        let request = host.get("/orders").with(|env| {
            let headers = env.request_mut().headers_mut();
            ASKED.iter().try_for_each(|(name, value)| headers.append(*name, *value))
        });
        let _answered = rig.sent(request).await;
        noted.first()?.map_or(Ok(()), |how| Err(Lapse::Failed(format!("inside {how}"))))
    })
}

fn lines_of_an_answer(rig: &Rig) -> Judged {
    rig.run(async {
        let host = rig.host(async |mut env: Environment| -> Result<Environment, Error> {
            let mut response = env.response_mut();
            let headers = response.headers_mut()?;
            TOLD.iter().try_for_each(|(name, value)| headers.append(*name, *value))?;
            response.set_body("hello");
            Ok(env)
        });
        let response = rig.answered(host.get("/orders")).await?;
        let how = differing(TOLD, response.headers());
        how.map_or(Ok(()), |how| Err(Lapse::Failed(format!("outside {how}"))))
    })
}

/// What a request says besides its fields and its body.
fn question(env: &Environment) -> [(&'static str, String); 6] {
    let request = env.request();
    [
        ("method", request.method().to_string()),
        ("path base", request.path_base().to_owned()),
        ("path", request.path().to_owned()),
        ("query", request.query_string().to_owned()),
        ("scheme", request.scheme().to_owned()),
        ("version", format!("{:?}", request.protocol())),
    ]
}

fn odd(host: &TestHost, method: &str, target: &str, version: Version) -> TestRequest {
    let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
    host.request(method, target).protocol(version).scheme("https")
}

fn request_stays(rig: &Rig) -> Judged {
    let asked = [
        ("get", "/orders/a%20b/%2541?q=%2F+%20&&x=?", Version::HTTP_11),
        ("GET", "/", Version::HTTP_10),
        ("PURGE", "/Orders//x/?", Version::HTTP_11),
    ];
    rig.run(async {
        for (method, target, version) in asked {
            let noted = Noted::new();
            let bare = TestHost::new(noting(&noted, question));
            let _answered = odd(&bare, method, target, version).send().await;
            let right = noted.first()?;
            let host = rig.host(noting(&noted, question));
            let _answered = rig.sent(odd(&host, method, target, version)).await;
            for ((what, right), (_, seen)) in right.into_iter().zip(noted.first()?) {
                let how =
                    || format!("of {method} {target} the {what} is {seen:?} and not {right:?}");
                demand(right == seen, how)?;
            }
        }
        Ok(())
    })
}

fn answer_stays(rig: &Rig) -> Judged {
    let statuses = [(201, "Fine indeed"), (404, "Not Found"), (299, ""), (200, "OK")];
    rig.run(async {
        for (status, phrase) in statuses {
            let host = rig.host(move |mut env: Environment| async move {
                let status = StatusCode::from_u16(status).unwrap_or_default();
                env.response_mut().set_status(status)?;
                env.response_mut().set_reason_phrase(phrase)?;
                env.response_mut().set_body("hello");
                Ok::<_, Error>(env)
            });
            let mut response = rig.answered(host.get("/orders")).await?;
            let seen = (response.status().as_u16(), response.reason_phrase().to_owned());
            demand(seen.0 == status && seen.1 == phrase, || {
                format!("{status} {phrase} comes out as {} {}", seen.0, seen.1)
            })?;
            let body = response.bytes().await?;
            demand(body == "hello", || {
                format!("the body hello comes out as {}", body.escape_ascii())
            })?;
        }
        Ok(())
    })
}
