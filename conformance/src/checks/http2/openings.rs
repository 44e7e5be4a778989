//! How a connection begins (RFC 9113 §3.4).

use crate::check::{Check, Level, Profile, Proof, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{Breach, Cases, Error, GET, Judged, Trial, demand};
use crate::wire::Missing;
use crate::wire::http2::Step::{Bytes, Headers};

/// The preface, and empty SETTINGS behind it.
const RIGHT: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Behind these bytes nothing comes for a moment, so that a server reads the ones before alone: in the
/// first and in the last part of the preface, in the head of a frame, in a payload. Less than that, and
/// a server that is busy reads all of it at once now and then.
const PAUSES: [usize; 4] = [0, 19, 27, 60];
const PAUSE: std::time::Duration = std::time::Duration::from_millis(150);

pub(in crate::checks) const OPENINGS: &[Check] = &[
    Check {
        id: "H2-01",
        slug: "h2-settings-first",
        title: "The first frame that the server sends is SETTINGS",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("3.4", "SETTINGS, maybe empty, is the first frame that a server sends")],
        seeds: "",
        means: "clients take the connection for broken and close it",
        fix: "write SETTINGS before anything else, also before an error",
        proof: Proof::Holds(settings_first),
    },
    Check {
        id: "H2-02",
        slug: "h2-odd-preface",
        title: "A connection with another preface is ended",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "3.4",
            "an invalid preface is a connection error; GOAWAY may be left out, as the other side \
             may not speak HTTP/2",
        )],
        seeds: "",
        means: "bytes of another protocol are read as frames",
        fix: "compare all 24 bytes of the preface before the first frame is read",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[
                        Bytes(b"PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
                        Headers(WHOLE, 1, &[GET]),
                    ],
                    &[Bytes(RIGHT), Headers(WHOLE, 1, &[GET])],
                ),
                (
                    &[
                        Bytes(b"PRI * HTTP/2.0\r\n\r\nsm\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
                        Headers(WHOLE, 1, &[GET]),
                    ],
                    &[Bytes(RIGHT), Headers(WHOLE, 1, &[GET])],
                ),
            ]),
            error: Error::Preface,
        }),
    },
    Check {
        id: "H2-03",
        slug: "h2-no-settings",
        title: "A preface without SETTINGS is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "3.4",
            "the preface of a client ends with SETTINGS; another is invalid",
        )],
        seeds: "",
        means: "a client and a server may go by different settings",
        fix: "take no other frame than SETTINGS as the first one",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Bytes(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Headers(WHOLE, 1, &[GET])],
                &[Bytes(RIGHT), Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-04",
        slug: "h2-byte-by-byte",
        title: "What comes byte by byte is the same",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("4.1", "a frame is a sequence of octets, however it is carried")],
        seeds: "",
        means: "connections fail at random, where a network cuts them",
        fix: "collect until nine bytes are there, and then the payload; the preface, too",
        proof: Proof::HoldsOnce(byte_by_byte),
    },
    Check {
        id: "H2-05",
        slug: "h2-error-ends",
        title: "After an error of the connection the connection ends",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("5.4.1", "after GOAWAY for an error the connection must be closed")],
        seeds: "",
        means: "dead connections stay open, and clients wait on them",
        fix: "close once GOAWAY is written; a reset that follows harms nobody",
        proof: Proof::Holds(error_ends),
    },
];

fn settings_first(trial: &Trial<'_>) -> Judged {
    let link = trial.http2()?;
    demand(!link.peer().begins_oddly, || "the first frame was another".to_owned())
}

fn byte_by_byte(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2_silent()?;
    let nonce = trial.nonce();
    let target = trial.target_of("echo", &nonce);
    let request = Headers(WHOLE, 1, &[GET]);
    let fill = trial.fill(&target);
    for (place, byte) in [RIGHT, &request.bytes(&fill)].concat().into_iter().enumerate() {
        link.send_bytes(&[byte]);
        if PAUSES.contains(&place) {
            std::thread::sleep(PAUSE);
        }
    }
    link.expect(1);
    let answer = link.answer(1)?;
    trial.is_an_app_s(&answer)
}

/// SETTINGS on a stream, which nobody takes; a server that does is seen by another check.
fn error_ends(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    link.send(&crate::wire::http2::Frame::new(crate::wire::http2::PING, 0, 0, *b"short"));
    match link.end() {
        Err(Missing::Silent(_)) if link.peer().goaway.is_some() => {
            demand(false, || "the server said GOAWAY for an error, and did not close".to_owned())
        }
        Err(Missing::Silent(_)) => Err(crate::judge::Lapse::Skipped(
            "the server takes a ping of five bytes, which another check is about".to_owned(),
        )),
        other => Ok(other?),
    }
}
