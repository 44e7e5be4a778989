//! WebSockets of axum's on servers of the contract.

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use crate::raw::{compare, open, request, soon};
use crate::servers::{Started, hyper, nowin, plain, tiny};

fn router() -> Router {
    let upgrade = async |upgrade: WebSocketUpgrade| -> Response {
        upgrade.protocols(["echo"]).on_upgrade(echo)
    };
    Router::new().route("/ws", any(upgrade))
}

/// Sends back what comes. The library says goodbye when the client does.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) {
            socket.send(message).await.unwrap();
        }
    }
}

async fn servers() -> [Started; 3] {
    let app = owin_axum::app(router());
    [plain(router()).await, nowin(app.clone()).await, hyper(app).await]
}

const HANDSHAKE: [&str; 4] = [
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol: chat, echo",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_echoes_text_and_binary_and_closes() {
    for server in servers().await {
        let stream = TcpStream::connect(server.socket).await.unwrap();
        let shaken = tokio_tungstenite::client_async("ws://example.org/ws", stream);
        let (mut socket, answer) = soon(shaken).await.expect(server.name);
        assert_eq!(answer.status(), 101, "{}", server.name);
        let long = vec![7_u8; 200_000];
        for message in [
            tungstenite::Message::text("héllo"),
            tungstenite::Message::binary(long),
            tungstenite::Message::text(""),
        ] {
            socket.send(message.clone()).await.unwrap();
            let echo = soon(socket.next()).await.unwrap().unwrap();
            assert_eq!(echo, message, "{}", server.name);
        }
        socket.send(tungstenite::Message::Ping("are you there".into())).await.unwrap();
        let pong = soon(socket.next()).await.unwrap().unwrap();
        assert_eq!(pong, tungstenite::Message::Pong("are you there".into()));
        let goodbye = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
        socket.close(Some(goodbye.clone())).await.unwrap();
        let last = soon(socket.next()).await.unwrap().expect(server.name);
        assert_eq!(last, tungstenite::Message::Close(Some(goodbye)), "{}", server.name);
        let after = soon(socket.next()).await;
        assert!(after.is_none_or(|after| after.is_err()), "{}", server.name);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_handshake_is_that_of_hyper() {
    let servers = servers().await;
    let fields = HANDSHAKE.join("\r\n");
    let bytes = format!(
        "GET /ws HTTP/1.1\r\nhost: example.org\r\nconnection: keep-alive, Upgrade\r\n{fields}\r\n\r\n"
    );
    let (right, _stream) = open(&servers[0], bytes.as_bytes()).await;
    assert_eq!(right.field("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    for server in &servers[1..] {
        let (answer, _stream) = open(server, bytes.as_bytes()).await;
        assert_eq!(answer.without_own_fields(server).difference(&right), None, "{}", server.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_is_none_is_refused_as_on_hyper() {
    let mut requests = vec![request("GET /ws", &[], ""), request("POST /ws", &[], "x")];
    for missing in 0..HANDSHAKE.len() {
        let mut fields = HANDSHAKE.to_vec();
        let _field = fields.remove(missing);
        // `connection: close` alone, as `request` says it, asks for no upgrade.
        requests.push(request("GET /ws", &fields, ""));
    }
    compare(&servers().await, &requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_upgrades_says_that_it_needs_one() {
    let server = tiny(owin_axum::app(router())).await;
    let bytes = format!(
        "GET /ws HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n{}\r\n\r\n",
        HANDSHAKE.join("\r\n")
    );
    let (answer, _stream) = open(&server, bytes.as_bytes()).await;
    assert_eq!(answer.status, "HTTP/1.1 426 Upgrade Required");
}
