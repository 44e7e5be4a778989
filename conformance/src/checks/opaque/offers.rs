//! Which request may be upgraded, and how that is said (RFC 9110 §7.8).

use crate::check::{Check, Level, Profile, Proof, rfc9110, standard};
use crate::checks::opaque::ASKS;
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Answer, Asked};

pub(in crate::checks) const OFFERS: &[Check] = &[
    Check {
        id: "UP-01",
        slug: "switch",
        title: "A 101 says to which protocol, and has no framing",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[
            rfc9110("7.8", "a server that sends 101 must send Upgrade"),
            rfc9110("8.6", "a server sends no Content-Length with 1xx"),
        ],
        seeds: "",
        means: "clients do not know what they are to speak",
        fix: "send Upgrade and `Connection: upgrade` with the 101",
        proof: Proof::HoldsByProbe(|trial| {
            let head = head(trial, "upgrade?end", ASKS)?;
            demand(head.status == 101, || format!("it was answered by {}", head.status))?;
            let protocol = head.field("upgrade").unwrap_or_default();
            demand(protocol == "probe", || format!("Upgrade is {protocol:?}"))?;
            let options = head.field("connection").unwrap_or_default().to_lowercase();
            demand(options.split(',').any(|option| option.trim() == "upgrade"), || {
                format!("Connection is {options:?}")
            })?;
            for name in ["content-length", "transfer-encoding"] {
                demand(head.field(name).is_none(), || format!("the 101 has a {name}"))?;
            }
            Ok(())
        }),
    },
    Check {
        id: "UP-02",
        slug: "fields-of-a-switch",
        title: "A 101 has the fields of the app",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[standard("Opaque 0.3", "3", "fields can be added until the 101 is sent")],
        seeds: "OWIN-033",
        means: "protocols fail that say something in their head",
        fix: "write the app's fields into the head of the 101",
        proof: Proof::HoldsByProbe(|trial| {
            let head = head(trial, "upgrade?end", ASKS)?;
            let own = head.field("x-probe");
            demand(own.is_some(), || format!("the {} has no X-Probe", head.status))
        }),
    },
    Check {
        id: "UP-03",
        slug: "no-upgrade-unasked",
        title: "A request that asks for no upgrade is offered none",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[
            rfc9110("7.8", "a server must not switch to a protocol that was not asked for"),
            standard("Opaque 0.3", "3", "the function is there where the request may be upgraded"),
        ],
        seeds: "CK-021",
        means: "clients get bytes that they cannot read",
        fix: "offer it only beside Upgrade",
        proof: Proof::HoldsByProbe(|trial| stays(trial, "upgrade", "\r\n")),
    },
    Check {
        id: "UP-04",
        slug: "upgrade-refused",
        title: "An app that does not take the connection over answers as always",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[rfc9110("7.8", "a server may ignore Upgrade")],
        seeds: "OWIN-026",
        means: "clients that would have HTTP too get nothing",
        fix: "decide when the app has ended",
        proof: Proof::HoldsByProbe(|trial| stays(trial, "upgrade?refuse", ASKS)),
    },
    Check {
        id: "UP-05",
        slug: "no-upgrade-for-http-10",
        title: "A request of HTTP/1.0 is offered no upgrade",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[rfc9110("7.8", "a server must ignore Upgrade in a request of HTTP/1.0")],
        seeds: "CK-021",
        means: "old proxies pass on what they cannot read",
        fix: "look at the version before Upgrade",
        proof: Proof::HoldsByProbe(|trial| {
            let target = trial.probe_target("upgrade");
            let request = format!("GET {target} HTTP/1.0\r\nHost: {{host}}\r\n{ASKS}");
            let mut link = trial.connect()?;
            link.send(trial.message(request).bytes);
            is_plain(&link.next(Asked::Whole)?)
        }),
    },
    Check {
        id: "UP-06",
        slug: "upgrade-without-option",
        title: "Upgrade alone, without its option in Connection, is passed over",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[
            rfc9110("7.8", "who sends Upgrade must name it in Connection"),
            rfc9110("7.6.1", "a field for this connection only is named in Connection"),
        ],
        seeds: "CK-021, HT-24",
        means: "a field that a proxy has passed on by mistake breaks its connection",
        fix: "look for `upgrade` among the options of Connection",
        proof: Proof::HoldsByProbe(|trial| stays(trial, "upgrade", "Upgrade: probe\r\n\r\n")),
    },
    Check {
        id: "UP-07",
        slug: "upgrade-in-a-list",
        title: "The option counts in a list and in any case",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[rfc9110("7.6.1", "Connection is a list of options in any case")],
        seeds: "HT-24, DF-08",
        means: "browsers that send `keep-alive, Upgrade` are refused",
        fix: "split Connection at its commas, and compare without regard to case",
        proof: Proof::HoldsByProbe(|trial| {
            for options in ["keep-alive, Upgrade", "UPGRADE", "upgrade,keep-alive"] {
                let rest = format!("Connection: {options}\r\nUpgrade: probe\r\n\r\n");
                let status = head(trial, "upgrade?end", &rest)?.status;
                demand(status == 101, || format!("{options} was answered by {status}"))?;
            }
            Ok(())
        }),
    },
];

fn head(trial: &Trial<'_>, path: &str, rest: &str) -> Result<Answer, Lapse> {
    let mut link = trial.connect()?;
    link.send(trial.for_probe("GET", path, rest));
    Ok(link.next(Asked::Whole)?)
}

/// The request is answered as any other, and the connection goes on or ends as it says.
fn stays(trial: &Trial<'_>, path: &str, rest: &str) -> Judged {
    let mut link = trial.connect()?;
    link.send(trial.for_probe("GET", path, rest));
    let answer = link.next(Asked::Whole)?;
    is_plain(&answer)?;
    if answer.closes() {
        return Ok(());
    }
    link.send(trial.plain().bytes);
    let status = link.answer(Asked::Whole)?.status;
    demand(status == 200, || format!("the next request was answered by {status}"))
}

fn is_plain(answer: &Answer) -> Judged {
    demand(answer.status == 200 && answer.body == b"plain\n", || {
        format!("it was answered by {}", answer.status)
    })
}
