//! The end of a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use owin_core::{CancelReason, Environment, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Seen, eventually, start};

#[tokio::test]
async fn what_is_under_way_is_finished_and_nothing_new_is_accepted() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write("one ").await?;
        env.response_mut().flush().await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
        env.response_mut().write("two").await?;
        Ok(env)
    })
    .await;
    let socket = server.socket;
    let (mut busy, mut silent) = (server.client().await, server.client().await);
    busy.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(busy.until("one \r\n").await.contains("200 OK"));
    let stopping = tokio::spawn(server.stop());
    assert_eq!(silent.rest().await, "");
    assert!(busy.rest().await.ends_with("3\r\ntwo\r\n0\r\n\r\n"));
    assert!(stopping.await.expect("no panic").is_ok());
    assert!(TcpStream::connect(socket).await.is_err());
}

#[tokio::test]
async fn a_call_that_outlasts_the_deadline_is_cancelled_and_counted() {
    let seen = Seen::default();
    let watched = seen.clone();
    let server = start(move |mut env: Environment| {
        let seen = watched.clone();
        async move {
            seen.watch(&mut env)?;
            std::future::pending::<()>().await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.client().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let stopped = server.running.stop(Duration::from_millis(50)).await;
    let error = stopped.expect_err("a call was cut off").to_string();
    assert!(error.starts_with("1 call was cut off"), "{error}");
    assert_eq!(seen.reason(), Some(CancelReason::Shutdown));
    assert_eq!(client.rest().await, "");
}

/// Asks again and again on connections of its own; counts what was answered, and what was lost.
async fn ask(socket: std::net::SocketAddr, is_over: Arc<AtomicBool>) -> (usize, usize) {
    let (mut answered, mut lost) = (0, 0);
    while !is_over.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(socket).await else { break };
        let sent = stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        let mut answer = [0; 256];
        let mut seen = Vec::new();
        while !seen.ends_with(b"hello") {
            match stream.read(&mut answer).await {
                Ok(count) if count > 0 => seen.extend_from_slice(&answer[..count]),
                _ => break,
            }
        }
        if seen.ends_with(b"hello") {
            answered += 1;
        } else if sent.is_ok() {
            lost += 1;
        }
    }
    (answered, lost)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_no_request_that_was_accepted() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = start(move |mut env: Environment| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            tokio::time::sleep(Duration::from_millis(2)).await;
            env.response_mut().set_body("hello");
            Ok::<_, Error>(env)
        }
    })
    .await;
    let is_over = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> =
        (0..16).map(|_| tokio::spawn(ask(server.socket, Arc::clone(&is_over)))).collect();
    eventually(|| calls.load(Ordering::Relaxed) > 200).await;
    assert!(server.stop().await.is_ok());
    is_over.store(true, Ordering::Relaxed);
    let (mut answered, mut lost) = (0, 0);
    for task in asking {
        let (more, fewer) = task.await.expect("no panic");
        (answered, lost) = (answered + more, lost + fewer);
    }
    assert_eq!(answered, calls.load(Ordering::Relaxed));
    assert_eq!(lost, 0, "{answered} were answered");
}
