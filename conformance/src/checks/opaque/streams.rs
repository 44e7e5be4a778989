//! The bytes of a connection that an app has taken over (Opaque 0.3 §3).

use serde_json::Value;

use crate::check::{Check, Clause, Level, Profile, Proof, rfc9110, standard};
use crate::checks::opaque::ASKS;
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::probe::pattern;
use crate::wire::{Asked, Link};

/// What is sent through a stream at once, and how often.
const PIECES: (usize, usize) = (64 * 1024, 16);

/// What the probe writes first.
const READY: &[u8] = b"ready\n";

const STREAM: Clause =
    standard("Opaque 0.3", "3", "opaque.Stream has the bytes of the connection, both ways");

pub(in crate::checks) const STREAMS: &[Check] = &[
    Check {
        id: "UP-08",
        slug: "both-ways",
        title: "Bytes go both ways, as they come",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[STREAM],
        seeds: "",
        means: "no protocol can be spoken",
        fix: "hand bytes on at once, in both directions",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = taken(trial, "upgrade", "")?;
            for said in [b"hello", b"again"] {
                link.send(said);
                comes(&mut link, said)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "UP-09",
        slug: "early-bytes",
        title: "Bytes that came together with the head are not lost",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[STREAM],
        seeds: "",
        means: "protocols whose client speaks first hang now and then",
        fix: "give the stream what was read behind the head",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = taken(trial, "upgrade", "early")?;
            comes(&mut link, b"early")
        }),
    },
    Check {
        id: "UP-10",
        slug: "half-closed-stream",
        title: "An app that has read to the end can still write",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[STREAM],
        seeds: "",
        means: "the last words of a protocol get lost",
        fix: "take the end of the input for that, and for no more",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = taken(trial, "upgrade", "")?;
            link.send("last words");
            link.half_close();
            let rest = link.rest().map_err(Lapse::about("the end"))?;
            demand(rest == b"last words", || format!("{} bytes came back", rest.len()))
        }),
    },
    Check {
        id: "UP-11",
        slug: "end-of-a-stream",
        title: "When the app has ended the connection ends",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[standard("Opaque 0.3", "3", "the server closes when the app is done")],
        seeds: "",
        means: "connections stay that nobody uses",
        fix: "close when the callback ends",
        proof: Proof::HoldsByProbe(|trial| ends(trial, "upgrade?end")),
    },
    Check {
        id: "UP-12",
        slug: "large-stream",
        title: "A mebibyte goes both ways and comes back whole",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[STREAM],
        seeds: "",
        means: "transfers hang or are cut",
        fix: "wait with reading where the other side does not read",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = taken(trial, "upgrade", "")?;
            let (length, times) = PIECES;
            (0..times).try_for_each(|number| {
                let piece = pattern(number * length, length);
                link.send(&piece);
                comes(&mut link, &piece)
            })
        }),
    },
    Check {
        id: "UP-13",
        slug: "failed-stream",
        title: "When the app has failed the connection ends",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[standard("Opaque 0.3", "3", "an upgrade that fails ends the request")],
        seeds: "",
        means: "clients wait for ever",
        fix: "close however the callback ends",
        proof: Proof::HoldsByProbe(|trial| ends(trial, "upgrade?fail")),
    },
    Check {
        id: "UP-14",
        slug: "body-before-a-stream",
        title: "The body of the request is no part of the stream",
        level: Level::Must,
        profile: Profile::Opaque,
        clauses: &[rfc9110("7.8", "the other protocol begins when the whole request was sent")],
        seeds: "HT-01, attack 1",
        means: "what was sent as a body is run as another protocol",
        fix: "offer no upgrade beside a body, or read the body first",
        proof: Proof::HoldsByProbe(|trial| {
            let mut link = trial.connect()?;
            let rest = format!("Content-Length: 5\r\n{ASKS}hello");
            link.send(trial.for_probe("POST", "upgrade", &rest));
            if link.next(Asked::Whole)?.status != 101 {
                return Ok(());
            }
            comes(&mut link, READY)?;
            link.send("behind");
            comes(&mut link, b"behind")
        }),
    },
    Check {
        id: "UP-15",
        slug: "lost-stream",
        title: "An app hears that the client has gone",
        level: Level::Should,
        profile: Profile::Opaque,
        clauses: &[standard("Opaque 0.3", "3", "opaque.CallCancelled fires with the connection")],
        seeds: "",
        means: "apps and their connections stay for ever",
        fix: "let reads fail and fire the token where the connection is lost",
        proof: Proof::HoldsByProbe(|trial| {
            let nonce = trial.nonce();
            let mut link = taken(trial, &format!("upgrade?nonce={nonce}"), "")?;
            link.send("hello");
            comes(&mut link, b"hello")?;
            link.reset();
            let has_ended = |fate: &Value| fate.get("ended") == Some(&Value::Bool(true));
            trial.becomes(&nonce, has_ended, "the app still waits")
        }),
    },
];

/// A connection that an app has taken over, and whose first line was read.
fn taken(trial: &Trial<'_>, path: &str, early: &str) -> Result<Link, Lapse> {
    let mut link = trial.connect()?;
    link.send(trial.for_probe("GET", path, &format!("{ASKS}{early}")));
    let status = link.next(Asked::Whole)?.status;
    demand(status == 101, || format!("it was answered by {status}"))?;
    comes(&mut link, READY)?;
    Ok(link)
}

fn comes(link: &mut Link, wanted: &[u8]) -> Judged {
    let came = link.take(wanted.len()).map_err(Lapse::about("from the app"))?;
    demand(came == wanted, || "other bytes came than the app has written".to_owned())
}

fn ends(trial: &Trial<'_>, path: &str) -> Judged {
    let mut link = taken(trial, path, "")?;
    let rest = link.rest().map_err(Lapse::about("the end"))?;
    demand(rest.is_empty(), || format!("{} bytes more came", rest.len()))
}
