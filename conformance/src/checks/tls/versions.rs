//! Versions, suites and compression (RFC 8996, RFC 9325).

use rustls::ProtocolVersion;

use super::handshake::{answer_to, is_served, named, only, session, speaks_12};
use crate::check::{Check, Clause, Level, Profile, Proof, standard};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{ClientHello, Offer, Reply, TLS_12};

/// SSL 3.0, TLS 1.0 and TLS 1.1.
const OLD: [u16; 3] = [0x0300, 0x0301, 0x0302];

/// Suites by which nothing is kept from anybody.
const BROKEN: [(&str, &[u16]); 5] = [
    ("NULL", &[0x0001, 0x0002, 0x003B, 0xC006, 0xC010]),
    ("EXPORT", &[0x0003, 0x0006, 0x0008, 0x000B, 0x000E, 0x0011, 0x0014, 0x0017, 0x0019]),
    ("RC4", &[0x0004, 0x0005, 0xC007, 0xC011]),
    ("anonymous", &[0x0018, 0x001B, 0x0034, 0x003A, 0x006C, 0x006D, 0x00A6, 0xC018, 0xC019]),
    ("DES", &[0x0009, 0x000C, 0x000F, 0x0012, 0x0015]),
];

/// 3DES with each key exchange that a server may have.
const TRIPLE_DES: [u16; 5] = [0x000A, 0xC012, 0xC008, 0x0016, 0x0013];

const fn rfc9325(section: &'static str, says: &'static str) -> Clause {
    standard("RFC 9325", section, says)
}

pub(in crate::checks) const VERSIONS: &[Check] = &[
    Check {
        id: "TL-01",
        slug: "tls-12",
        title: "TLS 1.2 is spoken",
        level: Level::Should,
        profile: Profile::Tls,
        clauses: &[rfc9325(
            "3.1.1",
            "implementations must support TLS 1.2; who serves new clients alone may turn it off",
        )],
        seeds: "",
        means: "older clients cannot connect",
        fix: "turn TLS 1.2 on, with suites of ECDHE and AEAD alone",
        proof: Proof::HoldsOnce(|trial| is_spoken(trial, ProtocolVersion::TLSv1_2, "TLS 1.2")),
    },
    Check {
        id: "TL-02",
        slug: "tls-13",
        title: "TLS 1.3 is spoken",
        level: Level::Should,
        profile: Profile::Tls,
        clauses: &[rfc9325("3.1.1", "implementations should support TLS 1.3, and prefer it")],
        seeds: "",
        means: "handshakes take longer, and more of them can be seen from outside",
        fix: "turn TLS 1.3 on",
        proof: Proof::HoldsOnce(|trial| is_spoken(trial, ProtocolVersion::TLSv1_3, "TLS 1.3")),
    },
    Check {
        id: "TL-03",
        slug: "old-tls",
        title: "SSL 3.0, TLS 1.0 and TLS 1.1 are refused",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[
            standard("RFC 8996", "4", "TLS 1.0 is not used, and nobody may be talked down to it"),
            standard("RFC 8996", "5", "TLS 1.1 is not used, and nobody may be talked down to it"),
            standard("RFC 7568", "3", "SSL 3.0 is not used"),
        ],
        seeds: "",
        means: "who sits between can break the connection by attacks that are known for years",
        fix: "set the oldest version to TLS 1.2",
        proof: Proof::HoldsOnce(|trial| {
            let old = OLD.map(|version| {
                let hello = named(trial, ClientHello::of(version));
                (format!("a ClientHello of version {version:04X}"), hello.record())
            });
            only(trial, &ClientHello::new(), &old)
        }),
    },
    Check {
        id: "TL-04",
        slug: "broken-suites",
        title: "Suites without secrecy are refused: NULL, EXPORT, RC4, DES, anonymous",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[
            rfc9325("4.1", "suites with NULL, with RC4 or of less than 112 bits are not agreed on"),
            standard("RFC 7465", "2", "a server never chooses RC4"),
            standard("RFC 5246", "A.5", "suites without authentication are not used"),
        ],
        seeds: "",
        means: "whoever sits between reads and changes everything",
        fix: "list the suites that are allowed, and not those that are forbidden",
        proof: Proof::HoldsOnce(|trial| {
            let bad = BROKEN.map(|(name, suites)| (format!("an offer of {name}"), suites));
            are_refused(trial, &bad)
        }),
    },
    Check {
        id: "TL-05",
        slug: "triple-des",
        title: "3DES is refused",
        level: Level::Should,
        profile: Profile::Tls,
        clauses: &[rfc9325("4.1", "suites of less than 128 bits should not be agreed on")],
        seeds: "",
        means: "blocks of 64 bits repeat within hours of traffic, and give away cookies (Sweet32)",
        fix: "leave out every suite with 3DES",
        proof: Proof::HoldsOnce(|trial| {
            are_refused(trial, &[("an offer of 3DES".to_owned(), &TRIPLE_DES[..])])
        }),
    },
    Check {
        id: "TL-06",
        slug: "tls-compression",
        title: "Compression is not agreed on",
        level: Level::Should,
        profile: Profile::Tls,
        clauses: &[
            rfc9325("3.3", "compression of TLS should be turned off"),
            standard("RFC 8446", "4.1.3", "a ServerHello chooses no compression"),
        ],
        seeds: "",
        means: "lengths give away cookies to who can make the client send requests (CRIME)",
        fix: "turn compression off",
        proof: Proof::HoldsOnce(is_not_compressed),
    },
];

fn is_spoken(trial: &Trial<'_>, version: ProtocolVersion, name: &str) -> Judged {
    let offer = Offer { version: Some(version), ..Offer::default() };
    let (mut link, _) = session(trial, &offer)?
        .map_err(|why| Lapse::Failed(format!("a client of {name} alone was refused: {why}")))?;
    is_served(trial, &mut link)
}

/// A client of TLS 1.2 that offers no other suites is refused.
fn are_refused(trial: &Trial<'_>, offers: &[(String, &[u16])]) -> Judged {
    speaks_12(trial)?;
    let twin = ClientHello::of(TLS_12);
    let bad: Vec<_> = offers
        .iter()
        .map(|(what, suites)| {
            let hello = ClientHello { suites: suites.to_vec(), ..twin.clone() };
            (what.clone(), named(trial, hello).record())
        })
        .collect();
    only(trial, &twin, &bad)
}

fn is_not_compressed(trial: &Trial<'_>) -> Judged {
    speaks_12(trial)?;
    let twin = ClientHello::of(TLS_12);
    let hello = ClientHello { compressions: vec![1, 0], ..twin.clone() };
    if let Reply::Hello { compression, .. } = answer_to(trial, &named(trial, hello).record())? {
        demand(compression == 0, || "the server chose DEFLATE".to_owned())?;
    }
    only(trial, &twin, &[])
}
