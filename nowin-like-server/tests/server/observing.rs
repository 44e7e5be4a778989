//! What an observer hears of refusals, over sockets: each reason with the peer and the first bytes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nowin_like_server::observe::{Counters, Observer, Reason, Refused};
use nowin_like_server::{Limits, NowinServer};
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{Environment, Error};
use tokio::sync::mpsc::UnboundedSender;

use crate::support::{Answer, Seen, Started, echo, post, seen, start_with};

/// What an observer hears of a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    reason: Reason,
    peer: Option<SocketAddr>,
    first_bytes: Vec<u8>,
}

struct Log(UnboundedSender<Heard>);

impl Observer for Log {
    fn refused(&self, refused: &Refused<'_>) {
        let first_bytes = refused.first_bytes().to_vec();
        let heard = Heard { reason: refused.reason(), peer: refused.peer(), first_bytes };
        let _test_is_over = self.0.send(heard);
    }
}

/// Limits within which much is too much, and times of which most never come.
pub(crate) fn limits() -> Limits {
    let mut limits = Limits::edge();
    limits.body_bytes = Some(100);
    limits.chunk_extension_bytes = 10;
    limits.trailer_bytes = 50;
    limits.trailer_fields = 2;
    limits.drain_bytes = 200;
    limits
}

/// Reads the body, unless it is told otherwise by the path.
async fn app(mut env: Environment) -> Answer {
    match env.request().path() {
        "/unread" => Ok(env),
        "/take" => {
            OpaqueUpgrade::new("x").accept(&mut env, None, async |_| Ok(()))?;
            Ok(env)
        }
        "/hang" => std::future::pending().await,
        "/fail" => Err(Error::app("on purpose")),
        "/break" => {
            env.response_mut().flush().await?;
            Err(Error::app("on purpose"))
        }
        _ => echo(env).await,
    }
}

pub(crate) async fn server_of(limits: Limits) -> (Started, Arc<Counters>, Seen<Heard>) {
    let (told, heard) = seen();
    let server = NowinServer::new().with_limits(limits).unwrap().with_observer(Log(told));
    let counters = server.counters();
    let server = start_with(server, &["http://127.0.0.1:0/b"], app).await.unwrap();
    (server, counters, heard)
}

/// A head with these fields besides `Host`.
fn head(fields: &str) -> String {
    format!("POST /b HTTP/1.1\r\nHost: h\r\n{fields}\r\n")
}

/// A chunked body.
fn chunks(body: &str) -> String {
    format!("{}{body}", head("Transfer-Encoding: chunked\r\n"))
}

/// Heads that are refused.
fn heads() -> Vec<(Reason, String)> {
    vec![
        (Reason::RequestLineTooLong, format!("GET /{}", "y".repeat(9_000))),
        (Reason::HeadTooLong, head(&format!("X: {}\r\n", "y".repeat(33_000)))),
        (Reason::TooManyFields, head(&"X: y\r\n".repeat(100))),
        (Reason::LineEndIllegal, "GET /b HTTP/1.1\nHost: h\n\n".to_owned()),
        (Reason::LineByteIllegal, head("X: a\rb\r\n")),
        (Reason::RequestLineIllegal, "GET\r\n\r\n".to_owned()),
        (Reason::MethodIllegal, "G@T /b HTTP/1.1\r\nHost: h\r\n\r\n".to_owned()),
        (Reason::TargetIllegal, "GET * HTTP/1.1\r\nHost: h\r\n\r\n".to_owned()),
        (Reason::VersionUnsupported, "GET /b HTTP/2.0\r\nHost: h\r\n\r\n".to_owned()),
        (Reason::FieldNameIllegal, head("X y: z\r\n")),
        (Reason::FieldValueIllegal, head("X: a\x01b\r\n")),
        (Reason::FieldFolded, head("X: a\r\n b\r\n")),
        (Reason::HostMissing, "GET /b HTTP/1.1\r\n\r\n".to_owned()),
        (Reason::HostRepeated, head("Host: h\r\n")),
        (Reason::HostIllegal, "GET /b HTTP/1.1\r\nHost: h h\r\n\r\n".to_owned()),
        (Reason::ExpectationUnknown, head("Expect: more\r\n")),
        (Reason::TunnelRefused, "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n".to_owned()),
        (Reason::SchemeMisdirected, "GET https://h/b HTTP/1.1\r\nHost: h\r\n\r\n".to_owned()),
        (Reason::LengthIllegal, head("Content-Length: +1\r\n")),
        (Reason::LengthRepeated, head("Content-Length: 1\r\nContent-Length: 1\r\n")),
        (Reason::LengthBesideCoding, head("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")),
        (Reason::CodingUnsupported, head("Transfer-Encoding: gzip\r\n")),
        (
            Reason::CodingRepeated,
            head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ),
        (
            Reason::CodingInOldVersion,
            "GET /b HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        ),
    ]
}

/// Messages that are refused once their head was read.
fn bodies() -> Vec<(Reason, String)> {
    vec![
        (Reason::NotMounted, "GET /other HTTP/1.1\r\nHost: h\r\n\r\n".to_owned()),
        (Reason::BodyTooLong, String::from_utf8(post("/b", &[b'x'; 101])).unwrap()),
        (Reason::ChunkSizeIllegal, chunks("zz\r\n")),
        (Reason::ChunkExtensionIllegal, chunks("1;=\r\n")),
        (Reason::ChunkExtensionsTooLong, chunks("1;eeeeeeeeeeeeee\r\n")),
        (Reason::ChunkLineEndIllegal, chunks("1\na\r\n")),
        (Reason::ChunkDataEndIllegal, chunks("1\r\naXX")),
        (Reason::TrailerIllegal, chunks("0\r\nX y: z\r\n\r\n")),
        (Reason::TrailerForbidden, chunks("0\r\nContent-Length: 1\r\n\r\n")),
        (Reason::TrailersTooLong, chunks(&format!("0\r\nX: {}\r\n\r\n", "y".repeat(60)))),
        (Reason::TooManyTrailers, chunks("0\r\nX: y\r\nX: y\r\nX: y\r\n\r\n")),
        (Reason::DrainTooLong, String::from_utf8(post("/b/unread", &[b'x'; 201])).unwrap()),
        (Reason::UpgradeNotOffered, "GET /b/take HTTP/1.1\r\nHost: h\r\n\r\n".to_owned()),
    ]
}

/// Both, and whether the observer is shown their beginning; of a body it is shown what was not yet
/// read.
fn messages() -> impl Iterator<Item = (Reason, String, bool)> {
    let heads = heads().into_iter().map(|(reason, message)| (reason, message, true));
    heads.chain(bodies().into_iter().map(|(reason, message)| (reason, message, false)))
}

#[tokio::test]
async fn every_refusal_of_a_message_is_observed_and_counted_with_its_reason() {
    let (server, counters, mut heard) = server_of(limits()).await;
    for (reason, message, is_shown) in messages() {
        let before = counters.snapshot();
        let mut client = server.connect().await;
        client.send(&message).await;
        let answer = client.response().await;
        let Heard { reason: told, peer, first_bytes } = heard.next(reason.code()).await;
        assert_eq!((told, peer), (reason, Some(client.local())), "{message:?}");
        if let Some(status) = reason.status() {
            assert_eq!(answer.status, status.as_u16(), "{reason:?}");
        }
        if is_shown {
            let start = message.as_bytes().get(..256).unwrap_or(message.as_bytes());
            assert_eq!(first_bytes, start, "{reason:?}");
        }
        assert_eq!(counters.snapshot().count(reason), before.count(reason) + 1, "{reason:?}");
    }
    assert_eq!(heard.rest(), []);
}

#[tokio::test]
async fn every_refusal_of_a_connection_is_observed_with_its_reason() {
    for reason in [Reason::TooManyConnections, Reason::TooManyFromAddress] {
        let mut limits = limits();
        match reason {
            Reason::TooManyConnections => limits.connections = Some(1),
            _ => limits.connections_per_address = Some(1),
        }
        let (server, counters, mut heard) = server_of(limits).await;
        let mut one = server.connect().await;
        assert_eq!(one.get("/b").await.status, 200);
        let mut late = server.connect().await;
        assert!(late.rest().await.starts_with("HTTP/1.1 503 "));
        let Heard { reason: told, peer, first_bytes } = heard.next(reason.code()).await;
        assert_eq!((told, peer, first_bytes), (reason, Some(late.local()), Vec::new()));
        let seen = counters.snapshot();
        assert_eq!((seen.connections_refused(), seen.connections_accepted), (1, 1));
    }
}

#[tokio::test]
async fn every_time_that_runs_out_is_observed_with_its_reason() {
    const HALF: &str = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf";
    let short = Duration::from_millis(30);
    type Change = fn(&mut Limits, Duration);
    let cases: [(Reason, Change, &str, &str); 5] = [
        (Reason::FirstByteTimeout, |limits, time| limits.first_byte = time, "", ""),
        (
            Reason::IdleTimeout,
            |limits, time| limits.idle = time,
            "GET /b HTTP/1.1\r\nHost: h\r\n\r\n",
            "",
        ),
        (Reason::HeadTimeout, |limits, time| limits.head_time = time, "GET /b", "GET /b"),
        (Reason::BodyTimeout, |limits, time| limits.body_silence = time, HALF, ""),
        (
            Reason::SlowBody,
            |limits, grace| {
                let bytes_per_second = 1 << 30;
                limits.body_rate = Some(owin_core::features::Rate { bytes_per_second, grace });
            },
            HALF,
            "",
        ),
    ];
    for (reason, change, message, shown) in cases {
        let mut limits = limits();
        change(&mut limits, short);
        let (server, counters, mut heard) = server_of(limits).await;
        let mut client = server.connect().await;
        client.send(message).await;
        let Heard { reason: told, peer, first_bytes } = heard.next(reason.code()).await;
        assert_eq!((told, peer), (reason, Some(client.local())));
        assert_eq!(first_bytes, shown.as_bytes(), "{reason:?}");
        assert_eq!((counters.snapshot().timeouts(), counters.snapshot().refusals()), (1, 0));
        let _answer = client.rest().await;
    }
}

#[tokio::test]
async fn an_app_that_is_dropped_is_observed() {
    let mut limits = limits();
    limits.app_grace = Duration::ZERO;
    let (server, counters, mut heard) = server_of(limits).await;
    let mut client = server.connect().await;
    client.send("GET /b/hang HTTP/1.1\r\nHost: h\r\n\r\n").await;
    while counters.snapshot().requests_begun == 0 {
        tokio::task::yield_now().await;
    }
    let local = client.local();
    client.reset();
    let heard = heard.next("the drop").await;
    assert_eq!((heard.reason, heard.peer), (Reason::AppGone, Some(local)));
}

#[tokio::test]
async fn no_reason_is_left_out() {
    let tried: BTreeSet<Reason> = messages().map(|(reason, ..)| reason).collect();
    let others = [
        Reason::TooManyConnections,
        Reason::TooManyFromAddress,
        Reason::FirstByteTimeout,
        Reason::IdleTimeout,
        Reason::HeadTimeout,
        Reason::BodyTimeout,
        Reason::SlowBody,
        Reason::AppGone,
        // In limits.rs and upgrade_lives.rs.
        Reason::SlowResponse,
        Reason::TooManyUpgraded,
        // These end connections and refuse nothing.
        Reason::AgeReached,
        Reason::RequestsReached,
        Reason::Stopping,
        // What no other reason explains, and nothing is known that it would be.
        Reason::HeadMalformed,
        Reason::FramingIllegal,
    ];
    let missing: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| !tried.contains(reason) && !others.contains(reason))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
