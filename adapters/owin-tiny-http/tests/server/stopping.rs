//! How the server comes to its end.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use owin_core::{CancelReason, Environment, Error, keys};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use crate::support::{Answer, BUDGET, Client, Started, hello, serve, sockets_are_found, soon};

#[tokio::test]
async fn a_call_that_was_begun_is_finished_and_says_that_the_connection_closes() {
    static GATE: Semaphore = Semaphore::const_new(0);
    let (told, mut begun) = mpsc::unbounded_channel();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            told.send(()).unwrap();
            GATE.acquire().await.unwrap().forget();
            env.response_mut().set_body("finished");
            Ok(env)
        }
    })
    .await;
    let to = server.socket();
    let disposed = server.0.properties().get(keys::SERVER_ON_DISPOSE).unwrap().clone();
    let mut client = Client::connect(to).await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    soon("the call", begun.recv()).await.unwrap();
    let stopping = tokio::spawn(server.stop(BUDGET));
    // The socket is closed first.
    while TcpStream::connect(to).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!stopping.is_finished() && !disposed.is_cancelled());
    GATE.add_permits(1);
    let answer = client.response().await;
    assert_eq!((answer.text().as_str(), answer.field("connection")), ("finished", Some("close")));
    soon("the stop", stopping).await.unwrap().unwrap();
    assert!(disposed.is_cancelled());
}

#[tokio::test]
async fn the_deadline_cancels_and_counts() {
    let (told, mut seen) = mpsc::unbounded_channel();
    let server = serve(move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            told.send(Some(env.request().cancelled().cancelled().await)).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!(soon("the call", seen.recv()).await.unwrap(), None);
        clients.push(client);
    }
    let error = server.stop(Duration::from_millis(50)).await.unwrap_err();
    assert!(error.to_string().contains('2'), "{error}");
    for _ in 0..2 {
        let reason = soon("the reason", seen.recv()).await.unwrap();
        assert_eq!(reason, Some(CancelReason::Shutdown));
    }
}

#[tokio::test]
async fn an_app_that_ignores_its_token_is_given_up() {
    struct Dropped(mpsc::UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _gone = self.0.send(());
        }
    }
    let (told, mut seen) = mpsc::unbounded_channel();
    let server = serve(move |env: Environment| {
        let dropped = Dropped(told.clone());
        async move {
            dropped.0.send(()).unwrap();
            std::future::pending::<()>().await;
            drop(dropped);
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    soon("the call", seen.recv()).await.unwrap();
    assert!(stop_at_once(server, Duration::ZERO).await.is_err());
    soon("the end of the call", seen.recv()).await.unwrap();
}

/// Stops a server by a clock that does not wait: what a stop grants takes seconds.
async fn stop_at_once(server: Started, deadline: Duration) -> Result<(), Error> {
    tokio::time::pause();
    let stopped = server.stop(deadline).await;
    tokio::time::resume();
    stopped
}

/// Asks again and again until an answer says that the connection closes: what would be sent after
/// that is not begun.
async fn ask_until_told(to: SocketAddr, answered: Arc<AtomicUsize>, is_stopping: Arc<AtomicBool>) {
    let mut client = Client::connect(to).await;
    loop {
        let answer = client.get("/").await;
        assert_eq!(answer.text(), "answer");
        answered.fetch_add(1, Ordering::SeqCst);
        if answer.field("connection") == Some("close") {
            assert!(is_stopping.load(Ordering::SeqCst));
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_request_that_was_begun_is_lost() {
    let server = serve(async |mut env: Environment| -> Answer {
        tokio::time::sleep(Duration::from_millis(3)).await;
        env.response_mut().set_body("answer");
        Ok(env)
    })
    .await;
    let (to, answered) = (server.socket(), Arc::new(AtomicUsize::new(0)));
    let is_stopping = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|_| tokio::spawn(ask_until_told(to, Arc::clone(&answered), Arc::clone(&is_stopping))))
        .collect();
    while answered.load(Ordering::SeqCst) < 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    is_stopping.store(true, Ordering::SeqCst);
    server.stop(BUDGET).await.unwrap();
    for client in clients {
        soon("the end of a client", client).await.unwrap();
    }
}

#[tokio::test]
async fn who_waits_to_be_accepted_is_answered() {
    let server = serve(hello("here")).await;
    let to = server.socket();
    let connect = |_| {
        let mut stream = std::net::TcpStream::connect(to).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        stream
    };
    // All at once, so that tiny_http cannot have accepted them all when the stop begins.
    let clients: Vec<_> = (0..100).map(connect).collect();
    server.stop(BUDGET).await.unwrap();
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("here"), "{answer:?}");
    }
}

#[tokio::test]
async fn silent_connections_end_with_the_server() {
    if !sockets_are_found() {
        return;
    }
    let server = serve(hello("here")).await;
    let mut silent = server.connect().await;
    assert_eq!(silent.get("/").await.text(), "here");
    let mut begun = server.connect().await;
    begun.send("GET / HTT").await;
    server.stop(BUDGET).await.unwrap();
    silent.is_closed().await;
    begun.is_closed().await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_holds_up_nobody_after_the_deadline() {
    struct Dropped(mpsc::UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _gone = self.0.send(());
        }
    }
    if !sockets_are_found() {
        return;
    }
    let (told, mut seen) = mpsc::unbounded_channel();
    let server = serve(move |mut env: Environment| {
        let dropped = Dropped(told.clone());
        async move {
            while env.response_mut().write(vec![b'x'; 65_536]).await.is_ok() {}
            drop(dropped);
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    assert!(stop_at_once(server, Duration::from_millis(200)).await.is_err());
    soon("the end of the call", seen.recv()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_dropped_aborts() {
    let server = serve(hello("here")).await;
    let to = server.socket();
    assert_eq!(server.get("/").await.text(), "here");
    drop(server);
    while TcpStream::connect(to).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
