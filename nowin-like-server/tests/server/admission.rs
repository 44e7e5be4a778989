//! Limits on connections: those within are served, one more is told so.

use std::net::Ipv4Addr;

use nowin_like_server::{Limits, NowinServer};
use tokio::net::TcpSocket;

use crate::support::{BUDGET, Client, Started, echo, hello, post, start_with};

/// The whole answer to a connection too many.
const FULL: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n\
    content-length: 0\r\n\r\n";

async fn server_of(connections: Option<usize>, per_address: Option<usize>) -> Started {
    let mut limits = Limits::edge();
    limits.connections = connections;
    limits.connections_per_address = per_address;
    let server = NowinServer::new().with_limits(limits).unwrap();
    start_with(server, &["http://*:0"], hello("text")).await.unwrap()
}

/// A connection from some address of the loopback network that was answered once.
async fn served(server: &Started, from: [u8; 4]) -> Client {
    let mut client = connect(server, from).await;
    assert_eq!(client.get("/").await.text(), "text");
    client
}

async fn connect(server: &Started, from: [u8; 4]) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::from(from), 0).into()).unwrap();
    let port = server.socket().port();
    Client::over(socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.unwrap())
}

/// Connects until there is room: a place becomes free a little after its connection has ended.
async fn served_soon(server: &Started, from: [u8; 4]) -> Client {
    let deadline = tokio::time::Instant::now() + BUDGET;
    loop {
        let mut client = connect(server, from).await;
        if client.try_send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.is_ok()
            && client.try_line().await.is_ok_and(|line| line == "HTTP/1.1 200 OK")
        {
            return client;
        }
        assert!(tokio::time::Instant::now() < deadline, "no room within {BUDGET:?}");
    }
}

const ONE: [u8; 4] = [127, 0, 0, 1];
const OTHER: [u8; 4] = [127, 0, 0, 2];

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    // HT-20, attack 17.
    let server = server_of(Some(3), None).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(served(&server, ONE).await);
    }
    let mut late = connect(&server, ONE).await;
    assert_eq!(late.rest().await, FULL, "nothing was asked yet");
    for client in &mut clients {
        assert_eq!(client.get("/").await.text(), "text", "the others go on");
    }
}

#[tokio::test]
async fn a_connection_that_ends_makes_room_for_one() {
    let server = server_of(Some(2), None).await;
    let (one, _two) = (served(&server, ONE).await, served(&server, ONE).await);
    drop(one);
    let _three = served_soon(&server, ONE).await;
    assert_eq!(connect(&server, ONE).await.rest().await, FULL);
}

#[tokio::test]
async fn a_client_that_has_begun_to_send_can_read_the_answer() {
    let mut limits = Limits::edge();
    limits.connections = Some(1);
    let server = NowinServer::new().with_limits(limits).unwrap();
    let server = start_with(server, &["http://127.0.0.1:0"], echo).await.unwrap();
    let mut only = server.connect().await;
    only.send(post("/", b"first")).await;
    assert_eq!(only.response().await.text(), "first");
    for _ in 0..20 {
        let mut client = server.connect().await;
        // What comes after the end of the farewell may not be taken any more.
        let _taken = client.try_send(post("/", &[b'x'; 20_000])).await;
        assert_eq!(client.rest().await, FULL);
    }
}

#[tokio::test]
async fn one_address_cannot_take_the_room_of_another() {
    // HT-20, attack 17.
    let server = server_of(Some(3), Some(2)).await;
    let _ones = (served(&server, ONE).await, served(&server, ONE).await);
    assert_eq!(connect(&server, ONE).await.rest().await, FULL);
    let _other = served(&server, OTHER).await;
    let third = [127, 0, 0, 3];
    assert_eq!(connect(&server, third).await.rest().await, FULL, "in total it is full");
}

#[tokio::test]
async fn an_address_has_room_again_when_one_of_its_connections_ends() {
    let server = server_of(None, Some(1)).await;
    let one = served(&server, ONE).await;
    assert_eq!(connect(&server, ONE).await.rest().await, FULL);
    drop(one);
    let _again = served_soon(&server, ONE).await;
}

#[tokio::test]
async fn a_full_server_stops_as_any_other() {
    let server = server_of(Some(1), None).await;
    let mut client = served(&server, ONE).await;
    let mut late = connect(&server, ONE).await;
    assert_eq!(late.rest().await, FULL);
    let (stopped, ()) = tokio::join!(server.stop(BUDGET), client.is_closed());
    assert!(stopped.is_ok());
}
