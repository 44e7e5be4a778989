//! A server on threads of its own, each with a runtime and sockets of its own.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nowin_like_server::transport::memory;
use nowin_like_server::{Limits, NowinServer, Runtimes};
use owin_core::{App, CancelReason, Environment};
use tokio::net::UnixStream;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc::UnboundedSender;

use crate::support::{
    Answer, BUDGET, Client, GET_AND_CLOSE, Started, body_of, hello, seen, soon, start_with, talk,
};

/// A server on two threads.
fn on_two() -> NowinServer {
    let two = NonZeroUsize::MIN.saturating_add(1);
    NowinServer::new().with_runtimes(Runtimes::PerCore(two))
}

async fn serve(app: impl App) -> Started {
    start_with(on_two(), &["http://127.0.0.1:0"], app).await.unwrap()
}

/// Answers with the name of the thread.
async fn name_of_thread(mut env: Environment) -> Answer {
    let name = thread::current().name().unwrap_or_default().to_owned();
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::CurrentThread);
    env.response_mut().set_body(name);
    Ok(env)
}

/// A connection to each of the two threads, answered once.
async fn one_to_each(server: &Started) -> Vec<Client> {
    let mut clients = Vec::new();
    let mut names = BTreeSet::new();
    // The system chooses by the port of the client: 2⁻¹⁰⁰ is never.
    for _ in 0..100 {
        let mut client = server.connect().await;
        if names.insert(client.get("/").await.text().to_owned()) {
            clients.push(client);
        }
        if clients.len() == 2 {
            break;
        }
    }
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["nowin-0", "nowin-1"]);
    clients
}

#[tokio::test]
async fn connections_are_shared_out_among_the_threads() {
    let server = serve(name_of_thread).await;
    assert_eq!(server.addresses().len(), 1, "one port for both");
    one_to_each(&server).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn each_thread_has_a_socket_of_its_own() {
    let server = serve(hello("text")).await;
    // proc_net(5): addresses in base 16, and 0A for a socket that listens.
    let wanted = format!(":{:04X} 00000000:0000 0A", server.socket().port());
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    assert_eq!(sockets.lines().filter(|line| line.contains(&wanted)).count(), 2, "{sockets}");
}

/// Waits until nobody else has it: the threads have ended, and the app is gone with them.
async fn is_gone(kept: &Arc<()>) {
    let ended = async {
        while Arc::strong_count(kept) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    soon("the end of the threads, and of the app with them", ended).await;
}

#[tokio::test]
async fn a_stop_reaches_every_thread_and_ends_it() {
    // HT-21.
    let mine = Arc::new(());
    let kept = Arc::clone(&mine);
    let server = serve(move |env: Environment| {
        let _kept = Arc::clone(&kept);
        name_of_thread(env)
    })
    .await;
    let mut clients = one_to_each(&server).await;
    let socket = server.socket();
    assert!(server.stop(BUDGET).await.is_ok());
    for client in &mut clients {
        client.is_closed().await;
    }
    assert!(tokio::net::TcpStream::connect(socket).await.is_err());
    is_gone(&mine).await;
}

/// Says on which thread it runs, or waits until its client or the server has gone.
fn waits(told: UnboundedSender<CancelReason>, kept: Arc<()>) -> impl App {
    move |env: Environment| {
        let (told, _kept) = (told.clone(), Arc::clone(&kept));
        async move {
            if env.request().path() == "/" {
                return name_of_thread(env).await;
            }
            told.send(env.request().cancelled().cancelled().await).unwrap();
            Ok(env)
        }
    }
}

#[tokio::test]
async fn the_deadline_cuts_off_calls_on_every_thread() {
    // HT-21, OWIN-080.
    let (told, mut reasons) = seen();
    let server = serve(waits(told, Arc::default())).await;
    let mut clients = one_to_each(&server).await;
    for client in &mut clients {
        client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n").await;
    }
    // Another request on each thread: by then the ones before were read.
    one_to_each(&server).await;
    let error = server.stop(Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(error.to_string(), "2 calls were cut off when the deadline passed");
    for _ in 0..2 {
        assert_eq!(reasons.next("the reason").await, CancelReason::Shutdown);
    }
}

#[tokio::test]
async fn a_running_server_that_is_dropped_ends_its_threads() {
    let (told, mut reasons) = seen();
    let mine = Arc::new(());
    let server = serve(waits(told, Arc::clone(&mine))).await;
    let mut client = server.connect().await;
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n").await;
    one_to_each(&server).await;
    drop(server);
    assert_eq!(reasons.next("the reason").await, CancelReason::Shutdown);
    client.is_closed().await;
    is_gone(&mine).await;
}

#[tokio::test]
async fn the_threads_share_one_limit_of_connections() {
    let mut limits = Limits::edge();
    limits.connections = Some(1);
    let server = on_two().with_limits(limits).unwrap();
    let server = start_with(server, &["http://127.0.0.1:0"], hello("text")).await.unwrap();
    let mut first = server.connect().await;
    assert_eq!(first.get("/").await.text(), "text");
    for _ in 0..10 {
        let mut late = server.connect().await;
        assert_eq!(late.line().await, "HTTP/1.1 503 Service Unavailable");
    }
}

#[tokio::test]
async fn a_unix_socket_is_shared_too_and_its_file_goes_with_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let address = format!("http://unix:{}", path.display());
    let server = start_with(on_two(), &[&address], name_of_thread).await.unwrap();
    for _ in 0..4 {
        let answer = talk(UnixStream::connect(&path).await.unwrap(), GET_AND_CLOSE).await;
        assert!(body_of(&answer).starts_with("nowin-"), "{answer}");
    }
    assert!(server.stop(BUDGET).await.is_ok());
    assert!(!path.exists());
}

#[tokio::test]
async fn a_listener_of_ones_own_stays_on_the_runtime_of_the_start() {
    let (listener, connector) = memory();
    let here = thread::current().id();
    let server = on_two().with_listener(listener);
    let app = move |mut env: Environment| async move {
        env.response_mut().set_body(format!("{}", thread::current().id() == here));
        Ok(env)
    };
    let server = start_with(server, &["http://127.0.0.1:0"], app).await.unwrap();
    let answer = talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await;
    assert_eq!(body_of(&answer), "true");
    assert_eq!(server.get("/").await.text(), "false");
}

#[tokio::test]
async fn a_port_in_use_is_an_error_unless_both_want_to_share_it() {
    let first = serve(hello("text")).await;
    let address = first.addresses()[0].to_string();
    let second = start_with(on_two(), &[&address], hello("text")).await;
    let error = second.err().unwrap().to_string();
    assert!(error.contains("the port is in use"), "{error}");
    assert!(first.stop(BUDGET).await.is_ok());
    let _third =
        start_with(on_two().with_reuse_port(true), &[&address], hello("text")).await.unwrap();
    let _fourth =
        start_with(on_two().with_reuse_port(true), &[&address], hello("text")).await.unwrap();
}
