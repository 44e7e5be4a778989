//! WebSockets of axum's on servers of the contract.

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::raw::{compare, open, request, soon};
use crate::servers::{self, Started, nowin, plain, tiny};

fn router() -> Router {
    let upgrade = async |upgrade: WebSocketUpgrade| -> Response {
        upgrade.protocols(["echo"]).on_upgrade(echo)
    };
    Router::new().route("/ws", any(upgrade))
}

/// Sends back what comes. Says goodbye where it is asked to; when the client does, axum answers.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let answer = match &message {
            Message::Text(text) if text.as_str() == "bye" => Message::Close(None),
            Message::Text(_) | Message::Binary(_) => message,
            _ => continue,
        };
        socket.send(answer).await.unwrap();
    }
}

async fn servers() -> [Started; 3] {
    let app = owin_axum::app(router());
    [plain(router()).await, nowin(app.clone()).await, servers::hyper(app).await]
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
        let (socket, answer) = soon(shaken).await.expect(server.name);
        assert_eq!(answer.status(), 101, "{}", server.name);
        let mut socket = talk(socket, server.name).await;
        let goodbye = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
        socket.close(Some(goodbye.clone())).await.unwrap();
        let last = soon(socket.next()).await.unwrap().expect(server.name);
        assert_eq!(last, tungstenite::Message::Close(Some(goodbye)), "{}", server.name);
        ended(socket, server.name).await;
        server.stop().await;
    }
}

/// Says all that there is to say in a WebSocket, but goodbye.
async fn talk<S>(mut socket: WebSocketStream<S>, name: &str) -> WebSocketStream<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let long = vec![7_u8; 200_000];
    for message in [
        tungstenite::Message::text("héllo"),
        tungstenite::Message::binary(long),
        tungstenite::Message::text(""),
    ] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(soon(socket.next()).await.unwrap().unwrap(), message, "{name}");
    }
    socket.send(tungstenite::Message::Ping("are you there".into())).await.unwrap();
    let pong = soon(socket.next()).await.unwrap().unwrap();
    assert_eq!(pong, tungstenite::Message::Pong("are you there".into()), "{name}");
    socket
}

/// Waits for the end of a WebSocket, however it comes.
async fn ended<S>(mut socket: WebSocketStream<S>, name: &str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let after = soon(socket.next()).await;
    assert!(after.is_none_or(|after| after.is_err()), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_echoes_over_http_2() {
    let server = servers::hyper(owin_axum::app(router())).await;
    let stream = TcpStream::connect(server.socket).await.unwrap();
    let shaken = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.unwrap();
    let mut runs = JoinSet::new();
    runs.spawn(connection);
    let request = http::Request::connect("http://example.org/ws")
        .version(http::Version::HTTP_2)
        .extension(Protocol::from_static("websocket"))
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "chat, echo")
        .body(Empty::<Bytes>::new())
        .unwrap();
    soon(sender.ready()).await.unwrap();
    let mut response = soon(sender.send_request(request)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["sec-websocket-protocol"], "echo");
    assert_eq!(response.headers().get("upgrade"), None);
    let stream = soon(hyper::upgrade::on(&mut response)).await.unwrap();
    let stream = TokioIo::new(stream);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let mut socket = talk(socket, "HTTP/2").await;
    // The server begins to say goodbye: where the client does, hyper may reset the stream while the
    // client still flushes.
    socket.send(tungstenite::Message::text("bye")).await.unwrap();
    let last = soon(socket.next()).await.unwrap().unwrap();
    assert_eq!(last, tungstenite::Message::Close(None));
    ended(socket, "HTTP/2").await;
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
