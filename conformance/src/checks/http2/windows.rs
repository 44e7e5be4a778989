//! Flow control: what the server may send, and what it lets a client send (RFC 9113 §5.2, §6.9).

use crate::check::{Check, Level, Profile, Proof, rfc9113};
use crate::judge::{Judged, Lapse, Trial, UNMEASURED, demand, settle};
use crate::wire::http2::{
    self, END_STREAM, INITIAL_WINDOW_SIZE, Link, SETTINGS, WINDOW_UPDATE, field,
};

/// More than the window of a connection at first.
const LARGE: usize = 200_000;
/// The same, as a field says it.
const LARGE_TEXT: &str = "200000";

/// What is sent at once.
const PIECE: usize = 8_192;

/// An answer must be so long that some of them fill the window of a connection.
const LONG: usize = 2_048;

pub(in crate::checks) const WINDOWS: &[Check] = &[
    Check {
        id: "H2-61",
        slug: "h2-window-of-a-stream-kept",
        title: "The server sends no more on a stream than its window allows",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("6.9.1", "no frame is sent that is longer than what either window has left"),
            rfc9113("6.9.1", "empty DATA with END_STREAM may be sent without a window"),
        ],
        seeds: "",
        means: "slow clients are flooded, and end the connection",
        fix: "take the bytes off both windows before they are written, and wait for more",
        proof: Proof::Holds(stream_window),
    },
    Check {
        id: "H2-62",
        slug: "h2-window-of-the-connection-kept",
        title: "The server sends no more on all streams than the connection's window allows",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.9.1",
            "no frame is sent that is longer than what either window has left",
        )],
        seeds: "",
        means: "slow clients are flooded, and end the connection",
        fix: "take the bytes off both windows before they are written, and wait for more",
        proof: Proof::HoldsByProbe(connection_window),
    },
    Check {
        id: "H2-63",
        slug: "h2-window-by-settings",
        title: "A change of INITIAL_WINDOW_SIZE changes the windows of open streams",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.9.2",
            "the windows of all streams are changed by the difference between the old and the new",
        )],
        seeds: "",
        means: "answers stall for ever",
        fix: "add the difference to each open stream, and send what was held back",
        proof: Proof::Holds(window_by_settings),
    },
    Check {
        id: "H2-64",
        slug: "h2-negative-window",
        title: "A window that SETTINGS make negative counts up to 1 before anything is sent",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.9.2",
            "a window can become negative, and nothing is sent until updates make it positive",
        )],
        seeds: "",
        means: "slow clients are flooded, or answers stall for ever",
        fix: "keep windows in signed numbers",
        proof: Proof::Holds(negative_window),
    },
    Check {
        id: "H2-65",
        slug: "h2-windows-opened",
        title: "A body that is longer than the first windows is taken whole",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("5.2.2", "a receiver must send WINDOW_UPDATE, or a sender waits for ever"),
            rfc9113("6.9.1", "padding counts, too"),
        ],
        seeds: "",
        means: "uploads stall",
        fix: "give room back for whatever was read or dropped, on the stream and on the connection",
        proof: Proof::Holds(windows_opened),
    },
];

/// Asks with no room on the stream, and sees that an answer with a body waits for it.
fn held(trial: &Trial<'_>, window: u32) -> Result<(Link, u32), Lapse> {
    let mut link = trial.http2()?;
    link.holds_windows();
    settings(&mut link, window);
    let stream = trial.get_on(&mut link);
    if window > 0 {
        until_came(&mut link, stream, 1)?;
    }
    settle(&mut link)?;
    Ok((link, stream))
}

fn settings(link: &mut Link, window: u32) {
    let value = window.to_be_bytes();
    let payload: Vec<u8> = INITIAL_WINDOW_SIZE.to_be_bytes().into_iter().chain(value).collect();
    link.send(&http2::Frame::new(SETTINGS, 0, 0, payload));
}

fn window(link: &mut Link, stream: u32, by: u32) {
    link.send(&http2::Frame::new(WINDOW_UPDATE, 0, stream, by.to_be_bytes()));
}

/// How much of the body came on a stream.
fn came(link: &Link, stream: u32) -> usize {
    link.peer().reply(stream).map_or(0, |reply| reply.answer.body.len())
}

/// Sees that just so much of the body came, or all of it where it is shorter.
fn has_come(link: &Link, stream: u32, right: usize, when: &str) -> Judged {
    let came = came(link, stream);
    let is_whole = link.peer().reply(stream).is_some_and(|reply| reply.is_whole);
    if came < right && is_whole {
        let why = format!("the answer has {came} bytes, too few to see it");
        return Err(Lapse::Skipped(why));
    }
    demand(came == right, || format!("{when} came {came} bytes and not {right}"))
}

fn stream_window(trial: &Trial<'_>) -> Judged {
    let (mut link, stream) = held(trial, 0)?;
    has_come(&link, stream, 0, "with a window of 0")?;
    let mut right = 0;
    for by in [1_u32, 3] {
        right += usize::try_from(by).unwrap_or_default();
        window(&mut link, stream, by);
        until_came(&mut link, stream, right)?;
        settle(&mut link)?;
        has_come(&link, stream, right, "after updates")?;
    }
    window(&mut link, stream, 1 << 20);
    window(&mut link, 0, 1 << 20);
    let answer = link.answer(stream).map_err(Lapse::about("the rest of it"))?;
    trial.is_an_app_s(&answer)
}

/// Waits until so much of a body came, or all of it.
fn until_came(link: &mut Link, stream: u32, right: usize) -> Judged {
    let patience = link.patience();
    let has_come = |peer: &http2::Peer| {
        peer.reply(stream).is_some_and(|own| own.answer.body.len() >= right || own.is_over())
    };
    link.wait(patience, has_come).map_err(Lapse::about("what the window allows"))
}

fn connection_window(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2_with(&[(INITIAL_WINDOW_SIZE, 1 << 20)])?;
    link.holds_windows();
    let fill = vec![b'x'; 4_000];
    let streams: Vec<u32> = (0..20)
        .map(|_| {
            let target = trial.target_of("echo", &trial.nonce());
            trial.send_lines(&mut link, END_STREAM, &target, &[("x-fill", &fill)])
        })
        .collect();
    let all = |peer: &http2::Peer| -> usize {
        let replies = streams.iter().filter_map(|stream| peer.reply(*stream));
        replies.map(|reply| reply.answer.body.len()).sum()
    };
    let most = 65_535;
    let patience = link.patience();
    link.wait(patience, |peer| all(peer) >= most)
        .map_err(Lapse::about("what the window allows"))?;
    settle(&mut link)?;
    let came = all(link.peer());
    demand(came == most, || format!("with a window of {most} bytes came {came}"))?;
    window(&mut link, 0, 1 << 20);
    for stream in streams {
        let answer = link.answer(stream).map_err(Lapse::about("the rest of it"))?;
        demand(answer.body.len() >= LONG, || "an answer lost a part of its body".to_owned())?;
    }
    Ok(())
}

fn window_by_settings(trial: &Trial<'_>) -> Judged {
    let (mut link, stream) = held(trial, 1)?;
    has_come(&link, stream, 1, "with a window of 1")?;
    settings(&mut link, 3);
    until_came(&mut link, stream, 3)?;
    settle(&mut link)?;
    has_come(&link, stream, 3, "with a window of 1 that became one of 3")?;
    settings(&mut link, 1 << 20);
    window(&mut link, 0, 1 << 20);
    let answer = link.answer(stream).map_err(Lapse::about("the rest of it"))?;
    trial.is_an_app_s(&answer)
}

fn negative_window(trial: &Trial<'_>) -> Judged {
    let (mut link, stream) = held(trial, 3)?;
    has_come(&link, stream, 3, "with a window of 3")?;
    settings(&mut link, 0);
    window(&mut link, stream, 3);
    settle(&mut link)?;
    has_come(&link, stream, 3, "with a window of -3 and an update by 3")?;
    window(&mut link, stream, 1);
    until_came(&mut link, stream, 4)?;
    settle(&mut link)?;
    has_come(&link, stream, 4, "with a window of -3 and updates by 3 and 1")?;
    window(&mut link, stream, 1 << 20);
    window(&mut link, 0, 1 << 20);
    let answer = link.answer(stream).map_err(Lapse::about("the rest of it"))?;
    trial.is_an_app_s(&answer)
}

fn windows_opened(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let lines = [field("content-length", LARGE_TEXT)];
    let stream = trial.send_on(&mut link, 0, &[UNMEASURED, &lines]);
    let (mut sent, patience) = (0, link.patience());
    while sent < LARGE {
        let is_over = |peer: &http2::Peer| peer.reply(stream).is_none_or(|own| own.is_over());
        let has_room = |peer: &http2::Peer| peer.room(stream, sent) > 0 || is_over(peer);
        link.wait(patience, has_room)
            .map_err(Lapse::about(&format!("room behind {sent} bytes")))?;
        if is_over(link.peer()) {
            break;
        }
        let length = link.peer().room(stream, sent).min(PIECE).min(LARGE - sent);
        sent += length;
        let flags = if sent == LARGE { END_STREAM } else { 0 };
        Trial::data(&mut link, flags, stream, &vec![b'x'; length]);
    }
    if !trial.has_probe() {
        let answer = link.answer(stream)?;
        return demand(answer.status < 500, || format!("it was answered by {}", answer.status));
    }
    let seen = trial.seen_on(&mut link, stream)?;
    let length = seen.get("body_length").and_then(serde_json::Value::as_u64);
    demand(length == u64::try_from(LARGE).ok(), || format!("of {LARGE} bytes came {length:?}"))
}
