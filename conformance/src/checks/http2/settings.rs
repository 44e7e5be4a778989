//! SETTINGS (RFC 9113 §6.5).

use crate::check::{Check, Level, Profile, Proof, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{Breach, Cases, Error, GET, Judged, Lapse, Trial};
use crate::wire::http2::Step::{Frame, Headers};
use crate::wire::http2::{self, ACK, SETTINGS};

/// INITIAL_WINDOW_SIZE of 65535, which it is anyway.
const HARMLESS: &[u8] = b"\0\x04\0\0\xFF\xFF";

const MEANS: &str = "a client and a server go by different settings, and later frames are misread";

pub(in crate::checks) const SETTINGS_FRAMES: &[Check] = &[
    Check {
        id: "H2-06",
        slug: "h2-settings-acknowledged",
        title: "Each SETTINGS is acknowledged",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5.3", "who has applied settings sends SETTINGS with ACK at once")],
        seeds: "",
        means: "clients give up with SETTINGS_TIMEOUT, or never use what they asked for",
        fix: "answer each SETTINGS that has no ACK with an empty one that has it",
        proof: Proof::Holds(acknowledged),
    },
    Check {
        id: "H2-07",
        slug: "h2-unknown-settings",
        title: "Settings that the server does not know are ignored",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5.2", "a setting with an unknown identifier must be ignored")],
        seeds: "",
        means: "clients with an extension cannot connect, as browsers that grease their settings",
        fix: "step over a setting whose identifier has no meaning",
        proof: Proof::Holds(unknown),
    },
    Check {
        id: "H2-08",
        slug: "h2-full-acknowledgement",
        title: "SETTINGS with ACK and a payload are an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5", "with ACK a length other than 0 is a FRAME_SIZE_ERROR")],
        seeds: "",
        means: MEANS,
        fix: "look at the length before the flag is followed",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Frame(SETTINGS, ACK, 0, HARMLESS), Headers(WHOLE, 1, &[GET])],
                &[Frame(SETTINGS, 0, 0, HARMLESS), Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-09",
        slug: "h2-settings-on-a-stream",
        title: "SETTINGS on a stream are an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5", "SETTINGS on another stream than 0 is a PROTOCOL_ERROR")],
        seeds: "",
        means: MEANS,
        fix: "look at the stream of frames that are about the connection",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(SETTINGS, 0, 1, HARMLESS)],
                &[Headers(WHOLE, 1, &[GET]), Frame(SETTINGS, 0, 0, HARMLESS)],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-10",
        slug: "h2-odd-settings",
        title: "SETTINGS whose length is no multiple of six are an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5", "a length other than a multiple of 6 is a FRAME_SIZE_ERROR")],
        seeds: "",
        means: MEANS,
        fix: "look at the length before the first setting is read",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[Frame(SETTINGS, 0, 0, b"\0\x04\0\0\xFF"), Headers(WHOLE, 1, &[GET])],
                    &[Frame(SETTINGS, 0, 0, HARMLESS), Headers(WHOLE, 1, &[GET])],
                ),
                (
                    &[Frame(SETTINGS, 0, 0, b"\0\x04\0\0\xFF\xFF\0"), Headers(WHOLE, 1, &[GET])],
                    &[Frame(SETTINGS, 0, 0, HARMLESS), Headers(WHOLE, 1, &[GET])],
                ),
            ]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-11",
        slug: "h2-enable-push-2",
        title: "ENABLE_PUSH other than 0 and 1 is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5.2", "a value other than 0 or 1 is a PROTOCOL_ERROR")],
        seeds: "",
        means: MEANS,
        fix: "test the value of each setting that has a range",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Frame(SETTINGS, 0, 0, b"\0\x02\0\0\0\x02"), Headers(WHOLE, 1, &[GET])],
                &[Frame(SETTINGS, 0, 0, b"\0\x02\0\0\0\0"), Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-12",
        slug: "h2-initial-window-too-large",
        title: "INITIAL_WINDOW_SIZE of 2^31 and more is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5.2", "a value above 2^31-1 is a FLOW_CONTROL_ERROR")],
        seeds: "",
        means: "a window that wraps to a negative number stalls every stream",
        fix: "test the value before it is converted to a signed number",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Frame(SETTINGS, 0, 0, b"\0\x04\x80\0\0\0"), Headers(WHOLE, 1, &[GET])],
                &[Frame(SETTINGS, 0, 0, b"\0\x04\x7F\xFF\xFF\xFF"), Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-13",
        slug: "h2-odd-max-frame-size",
        title: "MAX_FRAME_SIZE outside of its range is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.5.2", "a value below 2^14 or above 2^24-1 is a PROTOCOL_ERROR")],
        seeds: "",
        means: "the server sends frames of a byte each, or ones whose length does not fit",
        fix: "test the value of each setting that has a range",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[Frame(SETTINGS, 0, 0, b"\0\x05\0\0\x3F\xFF"), Headers(WHOLE, 1, &[GET])],
                    &[Frame(SETTINGS, 0, 0, b"\0\x05\0\0\x40\0"), Headers(WHOLE, 1, &[GET])],
                ),
                (
                    &[Frame(SETTINGS, 0, 0, b"\0\x05\x01\0\0\0"), Headers(WHOLE, 1, &[GET])],
                    &[Frame(SETTINGS, 0, 0, b"\0\x05\0\0\x40\0"), Headers(WHOLE, 1, &[GET])],
                ),
            ]),
            error: Error::Connection,
        }),
    },
];

fn acknowledged(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2_with(&[(http2::INITIAL_WINDOW_SIZE, 70_000)])?;
    let patience = link.patience();
    link.wait(patience, |peer| peer.acks == 1).map_err(Lapse::about("the first SETTINGS"))?;
    link.send(&http2::Frame::new(SETTINGS, 0, 0, HARMLESS));
    link.wait(patience, |peer| peer.acks == 2).map_err(Lapse::about("the second SETTINGS"))?;
    trial.goes_on(&mut link)
}

fn unknown(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2_with(&[(0, 1), (0x0A0A, 0xFFFF_FFFF), (0xFFFF, 0)])?;
    trial.goes_on(&mut link)
}
