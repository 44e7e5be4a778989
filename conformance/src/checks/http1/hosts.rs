//! `Host` (RFC 9110 §7.2, RFC 9112 §3.2).

use crate::check::{Check, Clause, Level, Profile, Proof, rfc9110, rfc9112};
use crate::judge::{Or, Refusal, Where};

const FRAME: (&[u8], &[u8]) = (b"GET {target} HTTP/1.1\r\n", b"X: y\r\n\r\n");

const RULE: Clause = rfc9112(
    "3.2",
    "a request of HTTP/1.1 without Host, with several, or with one that is invalid: 400",
);

const MEANS: &str = "a cache or a proxy that chooses by another host than the app is poisoned";

pub(in crate::checks) const HOSTS: &[Check] = &[
    Check {
        id: "H1-01",
        slug: "no-host",
        title: "A request of HTTP/1.1 without Host is refused",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[RULE],
        seeds: "HT-13",
        means: MEANS,
        fix: "look for Host once the head is read, before an app is called",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b"", b"Host: {host}\r\n"), (b"X-Host: {host}\r\n", b"Host: {host}\r\n")],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "H1-02",
        slug: "two-hosts",
        title: "A request with two lines of Host is refused",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[RULE],
        seeds: "HT-13, attack 4",
        means: MEANS,
        fix: "count the lines; a map that keeps one of them hides the other",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"Host: {host}\r\nHost: other.example\r\n", b"Host: {host}\r\n"),
                (b"Host: {host}\r\nY: z\r\nhost: {host}\r\n", b"Y: z\r\nhost: {host}\r\n"),
            ],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "H1-03",
        slug: "odd-host",
        title: "A Host that is no host with a port is refused",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[RULE, rfc9110("7.2", "Host is a host, and a port where there is one")],
        seeds: "HT-13, attack 4",
        means: MEANS,
        fix: "parse the value; let nothing into it that a host cannot have",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"Host: {host} other\r\n", b"Host: {host}\r\n"),
                (b"Host: {host}/other\r\n", b"Host: {host}\r\n"),
                (b"Host: user@{host}\r\n", b"Host: {host}\r\n"),
                (b"Host: http://{host}\r\n", b"Host: {host}\r\n"),
                (b"Host: {host}, other\r\n", b"Host: {host}\r\n"),
                (b"Host: {host}#x\r\n", b"Host: {host}\r\n"),
            ],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
];
