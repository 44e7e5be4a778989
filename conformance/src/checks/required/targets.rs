//! What becomes of targets and hosts in all their forms (OWIN 1.0 §5; RFC 9112 §3.2).

use serde_json::Value;

use crate::check::{Check, Level, Profile, Proof, incident, owin, rfc9110, rfc9112};
use crate::checks::required::requests::same;
use crate::judge::{Judged, Lapse, Trial, demand, text};
use crate::wire::{Answer, Asked};

pub(in crate::checks) const TARGETS: &[Check] = &[
    Check {
        id: "RQ-22",
        slug: "path-and-base",
        title: "The path base and the path make the path of the target",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin(
            "5.3",
            "the base is empty, or starts with a slash and does not end with one; the path starts \
             with one",
        )],
        seeds: "OWIN-098, OWIN-099, OWIN-100, OWIN-104",
        means: "links that apps make of both have two slashes, or none",
        fix: "cut the base where the mount ends, and leave the slash to the path",
        proof: Proof::HoldsByProbe(|trial| {
            let seen = trial.seen_of(&trial.for_probe("GET", "echo/a/b", "\r\n"))?;
            let (base, path) = (text(&seen, "path_base"), text(&seen, "path"));
            let is_base = base.is_empty() || (base.starts_with('/') && !base.ends_with('/'));
            let whole = format!("{base}{path}");
            demand(
                is_base && path.starts_with('/') && whole == trial.probe_target("echo/a/b"),
                || format!("the base came as {base:?} and the path as {path:?}"),
            )
        }),
    },
    Check {
        id: "RQ-23",
        slug: "odd-escapes",
        title: "What is no escape, or no UTF-8, is refused or becomes no slash and no dot",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            owin("5.5", "paths are decoded as UTF-8"),
            incident("MS00-078", "overlong forms of a slash led out of the folder of a server"),
        ],
        seeds: "OWIN-111, OWIN-112, DF-32",
        means: "a path leads out of the folder that apps serve",
        fix: "refuse such a target by 400, or leave what cannot be decoded as it is",
        proof: Proof::HoldsByProbe(|trial| {
            ["%", "a%4", "a%zz", "%FF", "a%C0%AFb", "a%E0%80%AFb", "%C0%AE%C0%AE", "%ED%A0%80"]
                .into_iter()
                .try_for_each(|sent| odd_escape(trial, sent))
        }),
    },
    Check {
        id: "RQ-24",
        slug: "parts-of-an-absolute-target",
        title: "Path and query of a target with a scheme are the same as without",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[rfc9112("3.2.2", "a server must accept the absolute form")],
        seeds: "OWIN-094",
        means: "apps do not find what they serve when a proxy asks for it",
        fix: "take scheme and authority off before the path is split",
        proof: Proof::HoldsByProbe(|trial| {
            let answer = absolute(trial, trial.authority())?;
            demand(answer.status == 200, || format!("the probe answered {}", answer.status))?;
            let seen = trial.said("echo", &answer)?;
            same("query", &seen, "b=c")?;
            let whole = format!("{}{}", text(&seen, "path_base"), text(&seen, "path"));
            demand(whole == trial.probe_target("echo/a"), || format!("the path came as {whole:?}"))
        }),
    },
    Check {
        id: "RQ-25",
        slug: "host-of-an-absolute-target",
        title: "The host of a target with a scheme counts, and not that of the field",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[
            rfc9112("3.2.2", "a server must use the host of an absolute target and ignore Host"),
            owin("5.2", "Host is the host that was asked for"),
        ],
        seeds: "OWIN-094, attack 4",
        means: "caches and apps disagree about whose page it is",
        fix: "put the authority of the target in place of Host",
        proof: Proof::HoldsByProbe(|trial| {
            let answer = absolute(trial, "other.example")?;
            // Who takes the two for an attack may refuse them.
            if answer.status == 400 {
                return Ok(());
            }
            let seen = trial.said("echo", &answer)?;
            let hosts = values(&seen, "host");
            demand(hosts == [trial.authority()], || format!("Host came as {hosts:?}"))
        }),
    },
    Check {
        id: "RQ-26",
        slug: "host",
        title: "The app sees the host as it was sent, with its port and its brackets",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("5.2", "Host has the host and, where it was sent, the port")],
        seeds: "OWIN-092, OWIN-093, OWIN-095",
        means: "apps make links to nowhere",
        fix: "hand the field on",
        proof: Proof::HoldsByProbe(|trial| {
            ["example.org", "example.org:81", "127.0.0.1:8080", "[::1]", "[::1]:8080"]
                .into_iter()
                .try_for_each(|host| {
                    let target = trial.probe_target("echo");
                    let seen =
                        trial.seen(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))?;
                    let hosts = values(&seen, "host");
                    demand(hosts == [host], || format!("{host} came as {hosts:?}"))
                })
        }),
    },
    Check {
        id: "RQ-27",
        slug: "host-of-http-10",
        title: "A client of HTTP/1.0 that names no host gets the best guess",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("5.2", "where the client names no host the server puts one there")],
        seeds: "OWIN-092, OWIN-096",
        means: "apps fail for old clients and for monitors",
        fix: "put the local address and port there",
        proof: Proof::HoldsByProbe(|trial| {
            let target = trial.probe_target("echo");
            let seen = trial.seen(format!("GET {target} HTTP/1.0\r\n\r\n"))?;
            let hosts = values(&seen, "host");
            demand(hosts.len() == 1 && hosts.iter().all(|host| !host.is_empty()), || {
                format!("Host came as {hosts:?}")
            })
        }),
    },
    Check {
        id: "RQ-59",
        slug: "named-host-of-http-10",
        title: "A host that a client of HTTP/1.0 names is not guessed",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("5.2", "Host has the host and, where it was sent, the port")],
        seeds: "OWIN-092, OWIN-096",
        means: "old clients and monitors reach another site than they named",
        fix: "look for the field by its name in any case before you guess",
        proof: Proof::HoldsByProbe(|trial| {
            ["Host", "host", "HOST"].into_iter().try_for_each(|name| {
                let target = trial.probe_target("echo");
                let message = format!("GET {target} HTTP/1.0\r\n{name}: example.org\r\n\r\n");
                let seen = trial.seen(message)?;
                let hosts = values(&seen, "host");
                demand(hosts == ["example.org"], || {
                    format!("{name}: example.org came as {hosts:?}")
                })
            })
        }),
    },
    Check {
        id: "RQ-28",
        slug: "scheme",
        title: "The app sees by which scheme the client came",
        level: Level::Must,
        profile: Profile::Required,
        clauses: &[owin("3.2.1", "owin.RequestScheme is http or https")],
        seeds: "OWIN-018, OWIN-091",
        means: "apps send cookies in the clear, or redirect for ever",
        fix: "say what the connection is: https where it is TLS, else http",
        proof: Proof::HoldsByProbe(|trial| {
            let seen = trial.seen_of(&trial.for_probe("GET", "echo", "\r\n"))?;
            same("scheme", &seen, trial.scheme())
        }),
    },
    Check {
        id: "RQ-29",
        slug: "bytes-beyond-ascii",
        title: "The app sees every byte of a value beyond ASCII",
        level: Level::Should,
        profile: Profile::Required,
        clauses: &[rfc9110("5.5", "bytes beyond ASCII in a value are opaque data")],
        seeds: "OWIN-038",
        means: "names of people and of files come damaged",
        fix: "keep values as bytes",
        proof: Proof::HoldsByProbe(|trial| {
            let [before, after] = ["X-Bytes: a", "z\r\n\r\n"].map(str::as_bytes);
            let head = trial.for_probe("GET", "echo", "");
            let high: Vec<u8> = (0x80..=0xFF).collect();
            let seen = trial.seen_of(&[&head, before, &high, after].concat())?;
            let wanted: String = ('a'..='a').chain('\u{80}'..='\u{FF}').chain('z'..='z').collect();
            let own = values(&seen, "x-bytes");
            demand(own == [wanted.as_str()], || format!("the value came as {own:?}"))
        }),
    },
    Check {
        id: "RQ-30",
        slug: "asterisk",
        title: "A request for the server itself is answered",
        level: Level::DeFacto,
        profile: Profile::Required,
        clauses: &[rfc9112("3.2.4", "OPTIONS may be for the server as a whole: `*`")],
        seeds: "OWIN-105",
        means: "monitors take the server for broken",
        fix: "split only a target that begins with a slash",
        proof: Proof::HoldsByProbe(|trial| {
            let answer = trial.ask("OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
            let status = answer.status;
            demand(status < 500 || status == 501, || format!("it was answered by {status}"))
        }),
    },
    Check {
        id: "RQ-31",
        slug: "connect",
        title: "A request for a tunnel is answered, and opens none",
        level: Level::DeFacto,
        profile: Profile::Required,
        clauses: &[rfc9110("9.3.6", "a server need not implement CONNECT; 2xx begins a tunnel")],
        seeds: "OWIN-106",
        means: "strangers reach other servers through this one, or it fails",
        fix: "refuse CONNECT where nothing makes tunnels",
        proof: Proof::HoldsByProbe(|trial| {
            let connect = b"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n";
            let mut link = trial.connect()?;
            link.send(trial.message(connect).bytes);
            let status = link.answer(Asked::Head)?.status;
            let is_refused = (400..500).contains(&status) || status == 501;
            demand(is_refused, || format!("it was answered by {status}"))
        }),
    },
];

/// The values of a field that the app saw.
pub(super) fn values<'a>(seen: &'a Value, name: &str) -> Vec<&'a str> {
    let lines = seen.get("headers").and_then(Value::as_array).into_iter().flatten();
    let own = lines.filter(|line| {
        line.get(0).and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(name))
    });
    own.filter_map(|line| line.get(1)?.as_str()).collect()
}

fn odd_escape(trial: &Trial<'_>, sent: &str) -> Judged {
    let answer = trial.answer_to(&trial.for_probe("GET", &format!("echo/{sent}"), "\r\n"))?;
    if answer.status == 400 {
        return Ok(());
    }
    demand(answer.status == 200, || format!("{sent} was answered by {}", answer.status))?;
    let seen = trial.said("echo", &answer)?;
    let path = text(&seen, "path");
    let last = path.split_once("/.probe/echo/").map(|(_, last)| last);
    let is_plain = last.is_some_and(|last| !last.contains('/') && !last.starts_with('.'));
    demand(is_plain, || format!("{sent} came to the app as {path:?}"))
}

/// The echo's answer to a target with a scheme and this server's authority, beside that `Host`.
fn absolute(trial: &Trial<'_>, host: &str) -> Result<Answer, Lapse> {
    let (scheme, authority) = (trial.scheme(), trial.authority());
    let path = trial.probe_target("echo/a");
    let line = format!("GET {scheme}://{authority}{path}?b=c HTTP/1.1");
    trial.ask(format!("{line}\r\nHost: {host}\r\n\r\n"))
}
