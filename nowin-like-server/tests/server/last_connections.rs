//! Who has connected before the server stops to accept is answered, and so is who has sent something.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nowin_like_server::transport::{Listener, memory};
use nowin_like_server::{NowinServer, Runtimes};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::support::{
    BUDGET, GET_AND_CLOSE, Seen, Started, body_of, hello, seen, serve, start_with, talk,
};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// As the edge's, where the silence of a new connection is concerned.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Connects, sends and goes on without giving the server a turn: the connections wait, and their
/// bytes lie there.
fn waiting<S: Write>(connect: impl Fn() -> io::Result<S>) -> Vec<S> {
    let mut all: Vec<S> = (0..100).map(|_| connect().unwrap()).collect();
    all.iter_mut().for_each(|stream| stream.write_all(GET.as_bytes()).unwrap());
    all
}

/// Reads all that comes to each, while the server has its turns.
async fn answers<S: Read + Send + 'static>(streams: Vec<S>) -> Vec<String> {
    let reading = tokio::task::spawn_blocking(|| {
        let read = |mut stream: S| {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("no reset");
            answer
        };
        streams.into_iter().map(read).collect()
    });
    reading.await.unwrap()
}

/// Stops the server at once; everybody is answered and told to close.
async fn all_are_answered<S: Read + Send + 'static>(server: Started, streams: Vec<S>) {
    let (stopped, answers) = tokio::join!(server.stop(BUDGET), answers(streams));
    assert!(stopped.is_ok());
    assert_eq!(answers.len(), 100);
    for answer in answers {
        assert_eq!(body_of(&answer), "text");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn connections_that_wait_at_a_socket_are_answered() {
    // HT-21.
    let server = serve(hello("text")).await;
    let socket = server.socket();
    let streams = waiting(|| std::net::TcpStream::connect(socket));
    all_are_answered(server, streams).await;
    assert!(TcpStream::connect(socket).await.is_err());
}

#[tokio::test]
async fn connections_that_wait_at_a_unix_socket_are_answered() {
    // HT-21.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    for address in [format!("http://unix:{}", path.display()), abstract_name()] {
        let server = start_with(NowinServer::new(), &[&address], hello("text")).await.unwrap();
        let streams = waiting(|| connect_unix(&address));
        all_are_answered(server, streams).await;
        assert!(connect_unix(&address).is_err());
    }
}

fn abstract_name() -> String {
    format!("http://unix:@last-connections-{}", std::process::id())
}

fn connect_unix(address: &str) -> io::Result<UnixStream> {
    use std::os::linux::net::SocketAddrExt;

    let name = address.strip_prefix("http://unix:").unwrap();
    let socket = match name.strip_prefix('@') {
        Some(name) => std::os::unix::net::SocketAddr::from_abstract_name(name)?,
        None => std::os::unix::net::SocketAddr::from_pathname(name)?,
    };
    UnixStream::connect_addr(&socket)
}

/// Knows nothing but how to accept.
struct Plain(TcpListener);

impl Listener for Plain {
    type Transport = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        self.0.accept().await.map(|(stream, _)| stream)
    }
}

#[tokio::test]
async fn connections_that_wait_at_any_listener_are_answered() {
    // HT-21.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = listener.local_addr().unwrap();
    let server = NowinServer::new().with_listener(Plain(listener));
    let server = start_with(server, &[], hello("text")).await.unwrap();
    let streams = waiting(|| std::net::TcpStream::connect(socket));
    all_are_answered(server, streams).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_and_says_nothing_holds_the_stop_up_for_a_moment_only() {
    let (listener, connector) = memory();
    let server = NowinServer::new().with_listener(listener);
    let server = start_with(server, &[], hello("text")).await.unwrap();
    let mut silent = connector.connect().await.unwrap();
    let late = connector.connect().await.unwrap();
    let began = Instant::now();
    let (stopped, (), answer) = tokio::join!(
        server.stop(BUDGET),
        async {
            assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
            assert_eq!(began.elapsed(), LAST_WAIT);
            drop(silent);
        },
        async {
            tokio::time::sleep(LAST_WAIT / 2).await;
            talk(late, GET).await
        }
    );
    assert!(stopped.is_ok() && body_of(&answer) == "text");
    assert_eq!(began.elapsed(), LAST_WAIT);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_silent_for_longer_is_closed_at_once() {
    let (listener, connector) = memory();
    let server = NowinServer::new().with_listener(listener);
    let server = start_with(server, &[], hello("text")).await.unwrap();
    let mut silent = connector.connect().await.unwrap();
    tokio::time::sleep(LAST_WAIT).await;
    let began = Instant::now();
    let closed = async {
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(began.elapsed(), Duration::ZERO);
    };
    let (stopped, ()) = tokio::join!(server.stop(BUDGET), closed);
    assert!(stopped.is_ok());
    // It was not closed by its client too, and was waited for.
    assert_eq!(began.elapsed(), LAST_WAIT);
}

#[tokio::test]
async fn a_request_that_lies_there_when_the_stop_begins_is_answered() {
    // HT-21: the runtime has not heard of its bytes.
    let server = serve(hello("text")).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.text(), "text");
    let mut stream = client.into_stream().into_std().unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    stream.set_nonblocking(false).unwrap();
    let (stopped, answers) = tokio::join!(server.stop(BUDGET), answers(vec![stream]));
    assert!(stopped.is_ok());
    assert_eq!(body_of(&answers[0]), "text");
    assert!(answers[0].contains("\r\nconnection: close\r\n"));
}

#[tokio::test]
async fn a_request_that_comes_too_late_meets_an_end_and_no_reset() {
    let server = serve(hello("text")).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.text(), "text");
    let late = async {
        client.is_closed().await;
        for _ in 0..3 {
            client.send(GET).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert_eq!(client.try_rest().await.expect("no reset"), "");
        }
        drop(client);
    };
    let (stopped, ()) = tokio::join!(server.stop(BUDGET), late);
    assert!(stopped.is_ok());
}

/// How many answers are given in the moment when a server is told to stop.
const ANSWERS: usize = 32;

/// Connects and asks, again and again, until nobody lets it in; tells of each answer.
async fn ask_until_refused(socket: std::net::SocketAddr, told: UnboundedSender<()>) {
    for count in 0.. {
        // A connection that nobody answers any more is tried again by the system for a second.
        let connecting = timeout(Duration::from_millis(100), TcpStream::connect(socket));
        let Ok(Ok(stream)) = connecting.await else { return };
        let answer = talk(stream, GET_AND_CLOSE).await;
        assert_eq!(body_of(&answer), "text", "after {count}");
        told.send(()).unwrap();
    }
}

/// Stops the server while its clients ask and are answered; none of them may be lost.
async fn stop_amid(server: Started, clients: Vec<JoinHandle<()>>, mut answered: Seen<()>) {
    for _ in 0..ANSWERS {
        answered.next("an answer").await;
    }
    assert!(server.stop(BUDGET).await.is_ok());
    for client in clients {
        client.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nobody_who_was_let_in_is_lost_in_the_moment_of_the_stop() {
    // HT-21.
    for round in 0..20 {
        let kind = if round % 2 == 0 { Runtimes::Shared } else { Runtimes::per_core() };
        let server = NowinServer::new().with_runtimes(kind);
        let server = start_with(server, &["http://127.0.0.1:0"], hello("text")).await.unwrap();
        let socket = server.socket();
        let (told, answered) = seen();
        let ask = |_| tokio::spawn(ask_until_refused(socket, told.clone()));
        let clients = (0..16).map(ask).collect();
        stop_amid(server, clients, answered).await;
    }
}

/// The same at a Unix socket without a file.
async fn ask_until_refused_at(name: String, told: UnboundedSender<()>) {
    for count in 0.. {
        let name = format!("\0{name}");
        let Ok(stream) = tokio::net::UnixStream::connect(name).await else { return };
        assert_eq!(body_of(&talk(stream, GET_AND_CLOSE).await), "text", "after {count}");
        told.send(()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nobody_who_was_let_in_at_a_unix_socket_is_lost_in_the_moment_of_the_stop() {
    // HT-21.
    for round in 0..20 {
        let name = format!("last-{round}-{}", std::process::id());
        let address = format!("http://unix:@{name}");
        let server = start_with(NowinServer::new(), &[&address], hello("text")).await.unwrap();
        let (told, answered) = seen();
        let ask = |_| tokio::spawn(ask_until_refused_at(name.clone(), told.clone()));
        let clients = (0..16).map(ask).collect();
        stop_amid(server, clients, answered).await;
    }
}
