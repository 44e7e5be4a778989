//! Protocols and names in a handshake (RFC 7301, RFC 6066).

use super::handshake::{is_served, session};
use crate::check::{Check, Clause, Level, Profile, Proof, rfc9110, standard};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Asked, Link, Offer};

const UNKNOWN: &[u8] = b"owin-conformance";
const HTTP_11: &[u8] = b"http/1.1";
const H2: &[u8] = b"h2";

/// What a client of HTTP/2 begins with: its preface, and settings without a change.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

/// The header of a frame of HTTP/2, and the number of the frame for settings.
const FRAME_HEADER: usize = 9;
const SETTINGS: u8 = 4;

const fn rfc7301(says: &'static str) -> Clause {
    standard("RFC 7301", "3.2", says)
}

pub(in crate::checks) const NAMES: &[Check] = &[
    Check {
        id: "TL-14",
        slug: "alpn-among-others",
        title: "http/1.1 is chosen among protocols that the server does not know",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[rfc7301("the server chooses from the client's list what it speaks")],
        seeds: "",
        means: "clients that know more than the server cannot connect",
        fix: "look through the whole list",
        proof: Proof::HoldsOnce(|trial| {
            let offer = Offer { alpn: &[UNKNOWN, HTTP_11], ..Offer::default() };
            let (mut link, agreed) = session(trial, &offer)?
                .map_err(|why| Lapse::Failed(format!("the handshake was refused: {why}")))?;
            let alpn = agreed.alpn.unwrap_or_else(|| HTTP_11.to_vec());
            demand(alpn == HTTP_11, || format!("the server chose {}", alpn.escape_ascii()))?;
            is_served(trial, &mut link)
        }),
    },
    Check {
        id: "TL-15",
        slug: "alpn-unknown",
        title: "A protocol that the server does not know is not agreed on",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[rfc7301("a server that speaks none of the list ends with an alert")],
        seeds: "",
        means: "a client of another protocol talks to a server of HTTP (ALPACA)",
        fix: "answer by no_application_protocol, or leave ALPN out of the answer",
        proof: Proof::HoldsOnce(|trial| {
            let offer = Offer { alpn: &[UNKNOWN], ..Offer::default() };
            let Ok((_, agreed)) = session(trial, &offer)? else { return Ok(()) };
            demand(agreed.alpn.is_none(), || "the server agreed on it".to_owned())
        }),
    },
    Check {
        id: "TL-16",
        slug: "alpn-h2",
        title: "Who agrees on h2 speaks it",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[
            rfc7301("what is agreed on is spoken on the connection"),
            standard("RFC 9113", "3.4", "a server's first frame is SETTINGS"),
        ],
        seeds: "",
        means: "browsers, which prefer h2, see nothing of the site",
        fix: "name h2 only where the server behind speaks it",
        proof: Proof::HoldsOnce(|trial| {
            let offer = Offer { alpn: &[H2, HTTP_11], ..Offer::default() };
            let (mut link, agreed) = session(trial, &offer)?
                .map_err(|why| Lapse::Failed(format!("the handshake was refused: {why}")))?;
            if agreed.alpn.as_deref() == Some(H2) {
                speaks_http2(&mut link)
            } else {
                is_served(trial, &mut link)
            }
        }),
    },
    Check {
        id: "TL-17",
        slug: "unknown-name",
        title: "A name that the server does not know is answered",
        level: Level::Should,
        profile: Profile::Tls,
        clauses: &[standard(
            "RFC 6066",
            "3",
            "a server that does not know the name ends by unrecognized_name or goes on",
        )],
        seeds: "",
        means: "clients wait, and connections are held, for a name that is spelt wrong",
        fix: "choose a certificate for everybody else, or refuse the handshake",
        proof: Proof::HoldsOnce(|trial| {
            let name = Some("unknown.owin-conformance.invalid");
            session(trial, &Offer { name, ..Offer::default() }).map(drop)
        }),
    },
    Check {
        id: "TL-18",
        slug: "other-host",
        title: "A request for another host than that of the handshake is answered",
        level: Level::Should,
        profile: Profile::Tls,
        clauses: &[
            rfc9110("7.4", "a request that the server is not to answer is misdirected"),
            rfc9110("15.5.20", "such a request is answered by 421"),
        ],
        seeds: "",
        means: "clients that use a connection for two hosts fail and do not know why",
        fix: "answer by 421, or as if the connection had been made for that host",
        proof: Proof::HoldsOnce(other_host),
    },
];

fn speaks_http2(link: &mut Link) -> Judged {
    link.send(PREFACE);
    let patience = link.patience();
    let first = link.take_by(patience, |bytes| {
        bytes.get(..FRAME_HEADER).map(|header| (header.to_vec(), FRAME_HEADER))
    });
    let first = first.map_err(Lapse::about("the settings of HTTP/2"))?;
    demand(first.get(3) == Some(&SETTINGS), || {
        format!("the preface was answered by {}", first.escape_ascii())
    })
}

fn other_host(trial: &Trial<'_>) -> Judged {
    let offer = Offer { name: trial.host_name().or(Some("localhost")), ..Offer::default() };
    let Ok((mut link, _)) = session(trial, &offer)? else {
        return Err(Lapse::Skipped("the server has no name that the suite knows".to_owned()));
    };
    let host = "other.owin-conformance.invalid";
    let request = format!("GET {{target}} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    link.send(trial.message(request).bytes);
    let answer = link.answer(Asked::Whole)?;
    let is_seen = !trial.has_probe()
        || answer.status != 200
        || String::from_utf8_lossy(&answer.body).contains(host);
    demand(is_seen, || "the app was told another host than the client had named".to_owned())
}
