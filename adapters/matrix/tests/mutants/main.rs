//! Broken servers: each proof and each duty has one that exactly this defect makes fail.
//!
//! The reference server runs in this process. In front of it stands a relay that spoils one thing,
//! or around the app a middleware that does. Through a relay that spoils nothing all is proven.

#![expect(clippy::unwrap_used, reason = "a test that cannot start its server stops")]

mod relay;
mod tls;
mod websocket;

use std::net::SocketAddr;
use std::time::Duration;

use nowin_like_server::NowinServer;
use owin_adapter_matrix::duty::{self, Way};
use owin_adapter_matrix::proof::{Column, Verdict};
use owin_adapter_matrix::servers::{Protocol, Target};
use owin_adapter_matrix::{Evidence, Ledger, PATIENCE, probe, waiting};
use owin_core::middleware::Next;
use owin_core::{App, AppExt, Environment, Error, Properties, RequestBody, ResponseBody};
use owin_core::{Running, from_fn, server};
use tempfile::TempDir;

use crate::relay::{How, Mode, relay};

/// How long one waits for what a defect hides.
const IMPATIENCE: Duration = Duration::from_secs(3);

/// A server in this process, which runs as long as this is kept.
struct Spoilt {
    target: Target,
    _running: Option<Box<dyn Running>>,
    _folder: TempDir,
}

fn target(address: SocketAddr, folder: &TempDir) -> Target {
    Target {
        protocol: Protocol::Http1,
        address,
        ledger: Ledger::new(folder.path()),
        tls: Err(Evidence::new("not here")),
    }
}

async fn serve(app: impl App, folder: TempDir) -> Spoilt {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let server = Box::new(NowinServer::new());
    let running = server::start(server, properties, |_| Ok(app.boxed())).await.unwrap();
    let address = running.addresses().first().unwrap().sockets().unwrap().remove(0);
    Spoilt { target: target(address, &folder), _running: Some(running), _folder: folder }
}

/// The probe app behind a relay.
async fn behind(mode: Mode) -> Spoilt {
    let folder = tempfile::tempdir().unwrap();
    let mut spoilt = serve(probe::app(folder.path()), folder).await;
    spoilt.target.address = relay(spoilt.target.address, mode).await;
    spoilt
}

/// Sees to it that these columns, and no others, are missing behind that relay.
async fn spoils(mode: Mode, missing: &[Column]) {
    // What the relay itself spoils, and what the server does not have.
    let never = [Column::ClientAddress, Column::WebSocket, Column::TlsFacts];
    let spoilt = behind(mode).await;
    let mut wrong = Vec::new();
    let mut proofs = tokio::task::JoinSet::new();
    for column in Column::ALL {
        let target = spoilt.target.clone();
        let is_missing = missing.contains(&column) || never.contains(&column);
        let patience = if is_missing { IMPATIENCE } else { PATIENCE };
        let proof = async move { (column, column.prove(&target).await) };
        proofs.spawn(waiting(patience, proof));
    }
    for (column, verdict) in proofs.join_all().await {
        let is_missing = missing.contains(&column) || never.contains(&column);
        if (verdict == Verdict::Proven) == is_missing {
            wrong.push(format!("{}: {verdict:?}", column.title()));
        }
    }
    assert!(wrong.is_empty(), "{mode:?}\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_spoils_nothing_hides_the_address_alone() {
    spoils(Mode::default(), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_collected_is_no_stream() {
    let mode = Mode { down: How::ToTheEnd, ..Mode::default() };
    let missing = [Column::StreamingOut, Column::Flush, Column::BothWays, Column::Upgrade];
    spoils(mode, &missing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_collected_is_no_stream() {
    let mode = Mode { up: How::Collected(2_000), ..Mode::default() };
    let missing = [Column::StreamingIn, Column::UnknownLengthIn, Column::BothWays];
    spoils(mode, &missing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_that_is_not_passed_on_is_no_cancellation() {
    spoils(Mode { up: How::Deaf, ..Mode::default() }, &[Column::Cancellation]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trailer_fields_that_are_dropped_are_missed_in_each_direction() {
    let mode = Mode { up: How::Without("probe-sum: seven\r\n"), ..Mode::default() };
    spoils(mode, &[Column::TrailersIn]).await;
    let mode = Mode { down: How::Without("probe-trailer: "), ..Mode::default() };
    spoils(mode, &[Column::TrailersOut]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_wrong_byte_is_seen() {
    let mode = Mode { down: How::Wrong(50_000), ..Mode::default() };
    spoils(mode, &[Column::StreamingOut, Column::BothWays, Column::SendFile]).await;
    let spoilt = behind(mode).await;
    for way in [Way::Out, Way::Both] {
        duty::stream(&spoilt.target, way, 1 << 20).await.unwrap_err();
    }
    let spoilt = behind(Mode { up: How::Wrong(50_000), ..Mode::default() }).await;
    duty::stream(&spoilt.target, Way::In, 1 << 20).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_seven_bits_are_no_connection() {
    let mode = Mode { up: How::SevenBits, ..Mode::default() };
    let missing = [Column::Upgrade, Column::StreamingIn, Column::UnknownLengthIn, Column::BothWays];
    spoils(mode, &missing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_swallows_everything_holds_nobody_back() {
    let spoilt = behind(Mode { up: How::Swallowing, down: How::Swallowing }).await;
    for way in [Way::In, Way::Out] {
        let evidence = duty::back_pressure(&spoilt.target, way).await.unwrap_err();
        assert!(evidence.text().contains("passed while nobody read"), "{evidence}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_that_is_not_passed_on_breaks_the_duty_too() {
    let spoilt = behind(Mode { up: How::Deaf, ..Mode::default() }).await;
    waiting(IMPATIENCE, duty::disconnects(&spoilt.target)).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_announced_and_not_offered_is_seen() {
    let spoilt = behind(Mode { up: How::Without("upgrade: probe\r\n"), ..Mode::default() }).await;
    let evidence = waiting(IMPATIENCE, duty::announcements(&spoilt.target)).await.unwrap_err();
    assert!(evidence.text().starts_with("opaque.Version: "), "{evidence}");
}

/// Keeps the whole of both bodies in memory.
async fn hoard(mut env: Environment, next: Next) -> Result<Environment, Error> {
    let body = env.request_mut().body_mut().read_to_end(usize::MAX).await?;
    drop(env.request_mut().set_body(RequestBody::from(owin_core::body::Whole::from(body))));
    let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
    let mut env = next.run(env).await?;
    let captured = env.response_mut().replace_outlet(outlet).into_whole();
    env.response_mut().set_body(captured);
    Ok(env)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_hoards_bodies_does_not_stay_flat() {
    let folder = tempfile::tempdir().unwrap();
    let app = probe::app(folder.path()).with(from_fn(hoard));
    let spoilt = serve(app, folder).await;
    let evidence = duty::stream(&spoilt.target, Way::Out, 256 << 20).await.unwrap_err();
    assert!(evidence.text().contains("has grown by"), "{evidence}");
    let (streams, flush) =
        (Column::StreamingIn.prove(&spoilt.target), Column::Flush.prove(&spoilt.target));
    let (streams, flush) = waiting(IMPATIENCE, async { tokio::join!(streams, flush) }).await;
    assert!(streams != Verdict::Proven && flush != Verdict::Proven);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_listens_is_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = target(listener.local_addr().unwrap(), &folder);
    drop(listener);
    for column in Column::ALL {
        assert_ne!(column.prove(&target).await, Verdict::Proven, "{}", column.title());
    }
}
