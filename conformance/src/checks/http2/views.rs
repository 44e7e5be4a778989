//! What an app sees of a request in HTTP/2, by the probe.

use serde_json::Value;

use crate::check::{Check, Feature, Level, Profile, Proof, owin, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{Judged, POST, Trial, demand};
use crate::wire::http2::{self, END_STREAM, field};

pub(in crate::checks) const VIEWS: &[Check] = &[
    Check {
        id: "H2-96",
        slug: "h2-request-seen",
        title: "The app sees the method, the target, the scheme and the fields",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3.1", "the pseudo-fields are the parts of a request line"),
            owin("3.2.1", "the parts of a request are in the environment, whatever the version"),
        ],
        seeds: "",
        means: "apps answer something else over HTTP/2 than over HTTP/1.1",
        fix: "fill the same keys of the pseudo-fields, and keep them out of the fields",
        proof: Proof::HoldsByProbe(request_seen),
    },
    Check {
        id: "H2-97",
        slug: "h2-host-seen",
        title: "The app sees :authority as its Host",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3.1", ":authority replaces Host; who goes on without it makes one of it"),
            owin("5.2", "each request has a Host field"),
        ],
        seeds: "",
        means: "apps for several sites answer for the wrong one, or fail",
        fix: "put :authority where Host is, in place of one that came beside it",
        proof: Proof::HoldsByProbe(host_seen),
    },
    Check {
        id: "H2-98",
        slug: "h2-cookie-crumbs",
        title: "Several Cookie fields reach the app as one",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "8.2.3",
            "Cookie fields are joined by `; ` before they leave HTTP/2, as to an app",
        )],
        seeds: "",
        means: "apps see one cookie of many, and users are logged out",
        fix: "join them before the environment is filled",
        proof: Proof::HoldsByProbe(cookie_crumbs),
    },
    Check {
        id: "H2-99",
        slug: "h2-trailers-seen",
        title: "The app sees the trailers of a request",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.1", "a request may end with a HEADERS frame that has trailers")],
        seeds: "",
        means: "checksums and signatures behind a body are lost",
        fix: "keep the last field section with the body",
        proof: Proof::HoldsByProbe(trailers_seen),
    },
];

/// The values of a field that the app saw, in their order.
pub(super) fn values(seen: &Value, name: &str) -> Vec<String> {
    lines(seen, "headers", name)
}

fn lines(seen: &Value, part: &str, name: &str) -> Vec<String> {
    let all = seen.get(part).and_then(Value::as_array).into_iter().flatten();
    let own = all.filter_map(|line| {
        let is_own = line.get(0)?.as_str()?.eq_ignore_ascii_case(name);
        is_own.then(|| line.get(1)?.as_str().map(str::to_owned)).flatten()
    });
    own.collect()
}

fn request_seen(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let target = format!("{}?a=%20b&n={}", trial.probe_target("echo/caf%C3%A9"), trial.nonce());
    let more: [(&str, &[u8]); 4] =
        [("x-one", b"1"), ("x-two", b"a, \"b\""), ("x-one", b"3"), ("x-empty", b"")];
    let stream = trial.send_lines(&mut link, 0, &target, &more);
    Trial::data(&mut link, END_STREAM, stream, b"hello");
    let seen = trial.seen_on(&mut link, stream)?;
    let query = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
    for (name, right) in [("method", "POST"), ("scheme", trial.scheme()), ("query", query)] {
        let own = seen.get(name).and_then(Value::as_str).unwrap_or_default();
        demand(own == right, || format!("the app saw {name} as {own:?} and not {right:?}"))?;
    }
    let own = |name: &str| seen.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    demand(own("path").ends_with("/.probe/echo/caf\u{E9}"), || {
        format!("the app saw the path {:?}", own("path"))
    })?;
    for (name, right) in [("x-one", "1, 3"), ("x-two", "a, \"b\""), ("x-empty", "")] {
        let own = values(&seen, name);
        // Lines of one name may reach the app as one.
        demand(!own.is_empty() && own.join(", ") == right, || {
            format!("the app saw {name} as {own:?} and not as {right:?}")
        })?;
    }
    for name in [":method", ":path", ":scheme", ":authority"] {
        demand(values(&seen, name).is_empty(), || format!("the app saw {name} as a field"))?;
    }
    Ok(())
}

fn host_seen(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = trial.get_on(&mut link);
    let seen = trial.seen_on(&mut link, stream)?;
    let own = values(&seen, "host");
    demand(own == [trial.authority()], || format!("the app saw Host as {own:?}"))
}

fn cookie_crumbs(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let target = trial.target_of("echo", &trial.nonce());
    let crumbs: [(&str, &[u8]); 4] =
        [("cookie", b"a=1"), ("cookie", b"b=2"), ("x", b"y"), ("cookie", b"c=3")];
    let stream = trial.send_lines(&mut link, END_STREAM, &target, &crumbs);
    let seen = trial.seen_on(&mut link, stream)?;
    let own = values(&seen, "cookie");
    demand(own == ["a=1; b=2; c=3"], || format!("the app saw Cookie as {own:?}"))
}

fn trailers_seen(trial: &Trial<'_>) -> Judged {
    trial.claims(Feature::Trailers)?;
    let mut link = trial.http2()?;
    let stream = trial.send_on(&mut link, 0, &[POST, &[field("te", "trailers")]]);
    Trial::data(&mut link, 0, stream, b"hello");
    let mut block = Vec::new();
    http2::literal(&mut block, b"x-trailer", b"y");
    link.send(&http2::Frame::new(http2::HEADERS, WHOLE, stream, block));
    let seen = trial.seen_on(&mut link, stream)?;
    let own = lines(&seen, "trailers", "x-trailer");
    demand(own == ["y"], || format!("the app saw the trailer as {own:?}"))
}
