//! Listeners that somebody else wrote, and what they may do wrong.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use nowin_like_server::NowinServer;
use nowin_like_server::transport::{Listener, MemoryListener, MemoryStream, Transport, memory};
use owin_core::{Address, Environment};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::support::{
    BUDGET, Client, GET_AND_CLOSE, body_of, hello, start_with, talk, tell, try_talk,
};

/// Gives errors first, then connections.
struct Troubled {
    errors: VecDeque<io::ErrorKind>,
    listener: MemoryListener,
}

impl Listener for Troubled {
    type Transport = MemoryStream;

    async fn accept(&mut self) -> io::Result<MemoryStream> {
        match self.errors.pop_front() {
            Some(kind) => Err(kind.into()),
            None => Listener::accept(&mut self.listener).await,
        }
    }

    fn address(&self) -> Option<Address> {
        "http://troubled:80/base".parse().ok()
    }
}

/// How long the first answer takes after these errors.
async fn time_after(errors: impl IntoIterator<Item = io::ErrorKind>) -> Duration {
    let (listener, connector) = memory();
    let listener = Troubled { errors: errors.into_iter().collect(), listener };
    let server = NowinServer::new().with_listener(listener);
    let started = Instant::now();
    let _server = start_with(server, &[], hello("text")).await.unwrap();
    let request = GET_AND_CLOSE.replace("GET /", "GET /base");
    assert_eq!(body_of(&talk(connector.connect().await.unwrap(), request).await), "text");
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_connection_is_passed_over_at_once() {
    let kinds = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::HostUnreachable,
        io::ErrorKind::Interrupted,
    ];
    assert_eq!(time_after(kinds).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_system_is_waited_for_longer_each_time() {
    let kinds = [io::ErrorKind::OutOfMemory, io::ErrorKind::Other, io::ErrorKind::AddrInUse];
    assert_eq!(time_after(kinds).await.as_millis(), 5 + 10 + 20);
    // Whatever was wrong for however long, it is well again within a second.
    assert_eq!(time_after([io::ErrorKind::Other; 10]).await.as_millis(), 635 + 3 * 640);
}

/// Has nothing left to accept with while its word stands.
struct Exhausted {
    is_exhausted: Arc<AtomicBool>,
    listener: MemoryListener,
}

impl Listener for Exhausted {
    type Transport = MemoryStream;

    async fn accept(&mut self) -> io::Result<MemoryStream> {
        if self.is_exhausted.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Other.into());
        }
        Listener::accept(&mut self.listener).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_ends_the_pause() {
    // HT-22.
    let (listener, connector) = memory();
    let is_exhausted = Arc::new(AtomicBool::new(false));
    let listener = Exhausted { is_exhausted: Arc::clone(&is_exhausted), listener };
    let server = NowinServer::new().with_listener(listener);
    let _server = start_with(server, &[], hello("text")).await.unwrap();
    let first = connector.connect().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    is_exhausted.store(true, Ordering::Relaxed);
    // This one wakes the listener once more, for the last time.
    assert_eq!(body_of(&talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await), "text");
    // By now each pause is a long one, and most of one lies ahead.
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    is_exhausted.store(false, Ordering::Relaxed);
    let started = Instant::now();
    drop(first);
    assert_eq!(body_of(&talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await), "text");
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn after_a_connection_the_first_pause_is_short_again() {
    let (listener, connector) = memory();
    let is_exhausted = Arc::new(AtomicBool::new(true));
    let listener = Exhausted { is_exhausted: Arc::clone(&is_exhausted), listener };
    let server = NowinServer::new().with_listener(listener);
    let _server = start_with(server, &[], hello("text")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    is_exhausted.store(false, Ordering::Relaxed);
    assert_eq!(body_of(&talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await), "text");
    is_exhausted.store(true, Ordering::Relaxed);
    let _kept = connector.connect().await.unwrap();
    let started = Instant::now();
    tokio::time::sleep(Duration::from_millis(1)).await;
    is_exhausted.store(false, Ordering::Relaxed);
    assert_eq!(body_of(&talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await), "text");
    assert_eq!(started.elapsed(), Duration::from_millis(5));
}

/// Has more connections that failed than anybody asks for.
struct Endless(Arc<AtomicUsize>);

impl Listener for Endless {
    type Transport = MemoryStream;

    async fn accept(&mut self) -> io::Result<MemoryStream> {
        if self.0.fetch_add(1, Ordering::Relaxed) > 10_000 {
            std::future::pending::<()>().await;
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}

#[tokio::test]
async fn after_64_connections_it_is_the_turn_of_others() {
    let accepted = Arc::new(AtomicUsize::new(0));
    let server = NowinServer::new().with_listener(Endless(Arc::clone(&accepted)));
    let server = start_with(server, &[], hello("text")).await.unwrap();
    for turn in 0..10 {
        assert_eq!(accepted.load(Ordering::Relaxed), 64 * turn);
        tokio::task::yield_now().await;
    }
    assert!(server.stop(BUDGET).await.is_ok());
}

#[tokio::test]
async fn a_listener_is_served_besides_the_addresses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let server = NowinServer::new().with_listener(listener);
    let server = start_with(server, &["http://127.0.0.1:0"], hello("text")).await.unwrap();
    let sockets: Vec<_> = server.addresses().iter().flat_map(|a| a.sockets().unwrap()).collect();
    assert_eq!((sockets.len(), sockets[1]), (2, own));
    for socket in sockets {
        assert_eq!(Client::connect(socket).await.get("/").await.text(), "text");
    }
}

#[tokio::test]
async fn the_path_of_its_address_is_the_path_base() {
    let (listener, connector) = memory();
    let listener = Troubled { errors: VecDeque::new(), listener };
    let server = NowinServer::new().with_listener(listener);
    let base = |env: &Environment| env.request().path_base().to_owned();
    let server = start_with(server, &[], tell(base)).await.unwrap();
    assert_eq!(server.addresses()[0].to_string(), "http://troubled:80/base");
    let inside = GET_AND_CLOSE.replace("GET /", "GET /base/x");
    let answer = talk(connector.connect().await.unwrap(), inside).await;
    assert_eq!(body_of(&answer), "/base");
    let outside = talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await;
    assert!(outside.starts_with("HTTP/1.1 404 "), "{outside}");
}

#[tokio::test]
async fn it_is_dropped_when_the_server_stops() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = listener.local_addr().unwrap();
    let server = NowinServer::new().with_listener(listener);
    let server = start_with(server, &[], hello("text")).await.unwrap();
    assert_eq!(Client::connect(socket).await.get("/").await.text(), "text");
    assert!(server.stop(BUDGET).await.is_ok());
    assert!(tokio::net::TcpStream::connect(socket).await.is_err());
}

/// A transport whose author made a mistake.
struct Panics(MemoryStream);

impl AsyncRead for Panics {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        panic!("on purpose");
    }
}

impl AsyncWrite for Panics {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Transport for Panics {}

struct Panicking(MemoryListener);

impl Listener for Panicking {
    type Transport = Panics;

    async fn accept(&mut self) -> io::Result<Panics> {
        Listener::accept(&mut self.0).await.map(Panics)
    }
}

#[tokio::test]
async fn a_connection_that_panics_does_not_end_the_others() {
    let (listener, connector) = memory();
    let server = NowinServer::new().with_listener(Panicking(listener));
    let server = start_with(server, &["http://127.0.0.1:0"], hello("text")).await.unwrap();
    for _ in 0..2 {
        let broken = connector.connect().await.unwrap();
        assert_eq!(try_talk(broken, "").await.unwrap(), "");
    }
    assert_eq!(server.get("/").await.text(), "text");
    assert!(server.stop(BUDGET).await.is_ok());
}
