//! Bodies through a middleware, both ways (OWIN 1.0 §3.4, §3.5).

use owin_core::body::BodySender;
use owin_core::features::{Trailers, TrailersMut};
use owin_core::http::{HeaderMap, HeaderName, HeaderValue};
use owin_core::{CancelReason, CancelSource, Environment, Error};
use tokio::time::{Duration, sleep};

use crate::check::{Check, Level, Profile, Proof, guideline, owin, rfc9110};
use crate::judge::{Judged, Lapse, demand};
use crate::middleware::{Noted, Rig, soon};

/// Longer than what anybody keeps by the way.
const LONG_BYTES: usize = 300_000;

/// A body is sent in pieces of this length, which divides nothing.
const PIECE_BYTES: usize = 4_999;

/// What an app may have written while nobody reads: more is memory that a client chooses.
const HELD_BYTES: usize = 1024 * 1024;

pub(in crate::checks) const BODIES: &[Check] = &[
    Check {
        id: "MW-10",
        slug: "body-of-a-request",
        title: "The app reads the body that was sent, of whatever length",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.4", "owin.RequestBody is the body of the request")],
        seeds: "OWIN-047, OWIN-049",
        means: "uploads are cut, or changed",
        fix: "who reads the body puts one back that has all of it",
        proof: Proof::OfMiddleware(body_of_a_request),
    },
    Check {
        id: "MW-11",
        slug: "request-streams",
        title: "The app reads the first bytes of a body before the last are sent",
        level: Level::Should,
        profile: Profile::Middleware,
        clauses: &[owin("3.4", "the body of the request is a stream")],
        seeds: "OWIN-051, OWIN-056",
        means: "an upload lies in memory before anybody can refuse it",
        fix: "put something around the body, and do not read it to its end first",
        proof: Proof::OfMiddleware(request_streams),
    },
    Check {
        id: "MW-12",
        slug: "trailers-of-a-request",
        title: "The app sees the trailer fields of the request",
        level: Level::Should,
        profile: Profile::Middleware,
        clauses: &[rfc9110("6.5", "trailer fields belong to the message")],
        seeds: "",
        means: "a checksum that came with the body is lost",
        fix: "who wraps the body hands its trailers on",
        proof: Proof::OfMiddleware(trailers_of_a_request),
    },
    Check {
        id: "MW-13",
        slug: "body-of-an-answer",
        title: "What the app writes comes out, all of it and in order",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.5", "what is written to owin.ResponseBody is the body of the response")],
        seeds: "OWIN-070, OWIN-075",
        means: "clients get half of a page",
        fix: "who replaces the outlet passes on what was written, and puts the outlet back",
        proof: Proof::OfMiddleware(body_of_an_answer),
    },
    Check {
        id: "MW-14",
        slug: "flush",
        title: "What the app flushes comes out while the app runs",
        level: Level::Should,
        profile: Profile::Middleware,
        clauses: &[owin("3.5", "what is flushed is on its way")],
        seeds: "OWIN-067",
        means: "events come when the connection ends",
        fix: "pass each flush on; who must see the whole body says so in an expectation",
        proof: Proof::OfMiddleware(flush),
    },
    Check {
        id: "MW-15",
        slug: "back-pressure",
        title: "An app that writes waits while nobody reads",
        level: Level::Should,
        profile: Profile::Middleware,
        clauses: &[guideline("a body is not collected in memory without a bound")],
        seeds: "OWIN-070",
        means: "a slow client fills the memory of the server",
        fix: "a sink of your own waits with the one that it writes to",
        proof: Proof::OfMiddleware(back_pressure),
    },
    Check {
        id: "MW-16",
        slug: "trailers-of-an-answer",
        title: "The trailer fields of the app come out",
        level: Level::Should,
        profile: Profile::Middleware,
        clauses: &[rfc9110("6.5", "trailer fields belong to the message")],
        seeds: "",
        means: "calls of gRPC have no status",
        fix: "leave server.ResponseTrailers where it is",
        proof: Proof::OfMiddleware(trailers_of_an_answer),
    },
];

/// Bytes in which no piece is like its neighbour.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 31 % 251).unwrap_or_default()).collect()
}

async fn read(env: &mut Environment) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    while let Some(piece) = env.request_mut().body_mut().chunk().await? {
        all.extend(piece);
    }
    Ok(all)
}

/// Sends a body piece by piece, as far as somebody reads it.
async fn fed(mut sender: BodySender, body: &[u8]) {
    for piece in body.chunks(PIECE_BYTES) {
        if sender.send(piece.to_vec()).await.is_err() {
            return;
        }
    }
    sender.finish();
}

fn body_of_a_request(rig: &Rig) -> Judged {
    rig.run(async {
        for length in [0, 1, PIECE_BYTES + 1, LONG_BYTES] {
            let (noted, body) = (Noted::new(), pattern(length));
            let notes = noted.clone();
            let host = rig.host(move |mut env: Environment| {
                let notes = notes.clone();
                async move {
                    notes.put(read(&mut env).await);
                    Ok::<_, Error>(env)
                }
            });
            let _answered = rig.sent(host.post("/orders").body(body.clone())).await;
            whole(noted.first()?, &body)?;
            let (sender, request) = host.post("/orders").stream();
            let _answered = rig.fed(request, fed(sender, &body)).await;
            whole(noted.first()?, &body)?;
        }
        Ok(())
    })
}

fn whole(read: Result<Vec<u8>, Error>, body: &[u8]) -> Judged {
    let length = body.len();
    let read =
        read.map_err(|error| Lapse::Failed(format!("of {length} bytes a read fails: {error}")))?;
    demand(read.len() == length, || format!("of {length} bytes the app reads {}", read.len()))?;
    demand(read == body, || format!("the {length} bytes that the app reads are others"))
}

fn request_streams(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let notes = noted.clone();
        let host = rig.host(move |mut env: Environment| {
            let notes = notes.clone();
            async move {
                let _first = env.request_mut().body_mut().chunk().await?;
                notes.put(());
                read(&mut env).await.map(|_| env)
            }
        });
        let (mut sender, request) = host.post("/orders").stream();
        let has_come = Noted::new();
        let feeding = async {
            let _sent = sender.send("first").await;
            has_come.put(noted.is_there_soon().await);
            let _sent = sender.send("second").await;
            sender.finish();
        };
        rig.fed(request, feeding).await?;
        let has_come = has_come.first()?;
        demand(has_come, || "the app gets nothing before all is sent".to_owned())
    })
}

fn checksum() -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("x-sum"), HeaderValue::from_static("7"))])
}

fn trailers_of_a_request(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let notes = noted.clone();
        let host = rig.host(move |mut env: Environment| {
            let notes = notes.clone();
            async move {
                read(&mut env).await?;
                let trailers = env.feature::<Trailers<'_>>().and_then(|own| own.of_request());
                notes.put(trailers.and_then(|own| own.text("x-sum")).map(str::to_owned));
                Ok::<_, Error>(env)
            }
        });
        let (mut sender, request) = host.post("/orders").stream();
        let feeding = async {
            let _sent = sender.send("hello").await;
            let _sent = sender.finish_with(checksum()).await;
        };
        let _answered = rig.fed(request, feeding).await;
        let seen = noted.first()?;
        demand(seen.as_deref() == Some("7"), || format!("the field x-sum: 7 is inside {seen:?}"))
    })
}

/// Writes a body piece by piece.
async fn write(mut env: Environment, body: Vec<u8>, flushes: bool) -> Result<Environment, Error> {
    for piece in body.chunks(PIECE_BYTES) {
        env.response_mut().write(piece).await?;
        if flushes {
            env.response_mut().flush().await?;
        }
    }
    Ok(env)
}

fn body_of_an_answer(rig: &Rig) -> Judged {
    rig.run(async {
        for (length, flushes) in [(0, false), (1, true), (LONG_BYTES, false), (LONG_BYTES, true)] {
            let body = pattern(length);
            let written = body.clone();
            let host = rig.host(move |env: Environment| write(env, written.clone(), flushes));
            let mut response = rig.answered(host.get("/orders")).await?;
            let came = response.bytes().await?;
            let count = came.len();
            demand(count == length, || format!("of {length} bytes there come {count}"))?;
            demand(came == body, || format!("the {length} bytes that come are others"))?;
        }
        Ok(())
    })
}

fn flush(rig: &Rig) -> Judged {
    rig.run(async {
        let gate = CancelSource::new();
        let opened = gate.token();
        let host = rig.host(move |mut env: Environment| {
            let opened = opened.clone();
            async move {
                env.response_mut().write("first").await?;
                env.response_mut().flush().await?;
                opened.cancelled().await;
                Ok::<_, Error>(env)
            }
        });
        let request = host.get("/orders");
        let first = async {
            let mut response = rig.answered(request).await?;
            Ok(response.chunk().await?)
        };
        let came = soon(first).await;
        gate.cancel(CancelReason::PeerClosed);
        let late = || Lapse::Failed("what was flushed does not come while the app runs".to_owned());
        came.ok_or_else(late)?.map(drop)
    })
}

fn back_pressure(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let notes = noted.clone();
        let host = rig.host(move |mut env: Environment| {
            let notes = notes.clone();
            async move {
                let piece = pattern(64 * 1024);
                for _ in 0..128 {
                    env.response_mut().write(&piece).await?;
                    env.response_mut().flush().await?;
                    notes.put(piece.len());
                }
                Ok::<_, Error>(env)
            }
        });
        let mut response = rig.answered(host.get("/orders")).await?;
        let _first = response.chunk().await?;
        let mut written = 0;
        for _ in 0..20 {
            sleep(Duration::from_millis(1)).await;
            written += noted.taken().into_iter().sum::<usize>();
        }
        let most = HELD_BYTES;
        demand(written <= most, || format!("the app wrote {written} bytes while nobody read"))
    })
}

fn trailers_of_an_answer(rig: &Rig) -> Judged {
    rig.run(async {
        let host = rig.host(async |mut env: Environment| -> Result<Environment, Error> {
            env.response_mut().set_body("hello");
            let missing = || Error::server("there is no room for trailers");
            env.feature_mut::<TrailersMut<'_>>().ok_or_else(missing)?.append("x-sum", "7")?;
            Ok(env)
        });
        let mut response = rig.answered(host.get("/orders")).await?;
        let _body = response.bytes().await?;
        let came = response.trailers().and_then(|trailers| trailers.get("x-sum")).cloned();
        let is_right = came.as_ref().is_some_and(|value| value == "7");
        demand(is_right, || format!("the field x-sum: 7 comes out as {came:?}"))
    })
}
