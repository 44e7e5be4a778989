//! `/.probe/websocket`: an echo of messages (RFC 6455).
//!
//! Where the server offers `websocket.Accept` the echo uses it. Else it speaks WebSockets by itself,
//! over the bytes of `opaque.Upgrade`: the handshake here, the frames by tungstenite.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use owin_core::http::{Method, StatusCode, Version};
use owin_core::upgrade::{Accept, Message as Part, OpaqueStream, OpaqueUpgrade, Opcode};
use owin_core::{Dictionary, Environment, Error, keys};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error as Fault;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};

/// The version that is spoken.
const VERSION: &str = "13";

/// The subprotocol that is chosen where it is offered.
const PROTOCOL: &str = "echo.probe";

/// The longest frame and the longest message.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What is received of a message at once, where the server reads frames.
const PART_BYTES: usize = 64 * 1024;

/// Whether a server can host the echo, as its capabilities say.
pub(super) fn is_offered(env: &Environment) -> bool {
    let said = env.get(keys::SERVER_CAPABILITIES);
    said.is_some_and(|said| {
        said.get(keys::OPAQUE_VERSION).is_some() || said.get(keys::WEBSOCKET_VERSION).is_some()
    })
}

/// Takes the connection over and echoes messages, or refuses the handshake.
pub(super) fn echo(env: &mut Environment) -> Result<(), Error> {
    if let Some(accept) = env.feature::<&Accept>().cloned() {
        return accept.accept(env, None, parts);
    }
    let refused = refusal(env);
    let upgrade = env.feature::<&OpaqueUpgrade>().cloned();
    let (Some(upgrade), None) = (upgrade, refused) else {
        return refuse(env, refused.unwrap_or(StatusCode::NOT_IMPLEMENTED));
    };
    let headers = env.request().headers();
    let hash = derive_accept_key(key(env).unwrap_or_default().as_bytes());
    let is_chosen = headers.list("sec-websocket-protocol").any(|offered| offered == PROTOCOL);
    let mut response = env.response_mut();
    let fields = response.headers_mut()?;
    fields.set("upgrade", "websocket")?;
    fields.set("sec-websocket-accept", hash.as_str())?;
    if is_chosen {
        fields.set("sec-websocket-protocol", PROTOCOL)?;
    }
    upgrade.accept(env, None, async move |mut taken| {
        let stream = taken.remove(keys::OPAQUE_STREAM)?;
        let stream = stream.ok_or_else(|| Error::server("the connection has no opaque.Stream"))?;
        messages(stream).await
    })
}

/// By what the handshake is refused; `None` where it is one (RFC 6455 §4.2.1).
fn refusal(env: &Environment) -> Option<StatusCode> {
    let request = env.request();
    let headers = request.headers();
    let has = |name, word: &str| headers.list(name).any(|own| own.eq_ignore_ascii_case(word));
    if *request.method() != Method::GET {
        return Some(StatusCode::METHOD_NOT_ALLOWED);
    }
    let is_asked = has("connection", "upgrade") && has("upgrade", "websocket");
    let is_new = request.protocol() == Version::HTTP_11;
    if !is_asked || !is_new || headers.text("sec-websocket-version").map(str::trim) != Some(VERSION)
    {
        return Some(StatusCode::UPGRADE_REQUIRED);
    }
    key(env).is_none().then_some(StatusCode::BAD_REQUEST)
}

/// The key, where it is 16 bytes in base64.
fn key(env: &Environment) -> Option<&str> {
    let key = env.request().headers().text("sec-websocket-key")?;
    STANDARD.decode(key).ok().filter(|bytes| bytes.len() == 16).map(|_| key)
}

fn refuse(env: &mut Environment, status: StatusCode) -> Result<(), Error> {
    let mut response = env.response_mut();
    response.set_status(status)?;
    let fields = response.headers_mut()?;
    if status == StatusCode::UPGRADE_REQUIRED {
        fields.set("upgrade", "websocket")?;
        fields.set("sec-websocket-version", VERSION)?;
    }
    Ok(())
}

/// Echoes messages over bytes.
async fn messages(stream: OpaqueStream) -> Result<(), Error> {
    let sizes = WebSocketConfig::default()
        .max_frame_size(Some(MOST_BYTES))
        .max_message_size(Some(MOST_BYTES));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(sizes)).await;
    while let Some(message) = socket.next().await {
        match message {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                socket.send(message).await.map_err(lost)?;
            }
            // Pings and closes are answered by the library.
            Ok(_) => {}
            Err(fault) => {
                if let Some(code) = code(&fault) {
                    let close = CloseFrame { code, reason: "".into() };
                    let _gone = socket.send(Message::Close(Some(close))).await;
                }
                break;
            }
        }
    }
    socket.get_mut().shutdown().await
}

/// What the client has done wrong, as the code of a close (RFC 6455 §7.4.1).
fn code(fault: &Fault) -> Option<CloseCode> {
    match fault {
        Fault::Protocol(_) => Some(CloseCode::Protocol),
        Fault::Utf8(_) => Some(CloseCode::Invalid),
        Fault::Capacity(_) => Some(CloseCode::Size),
        _ => None,
    }
}

fn lost(fault: Fault) -> Error {
    Error::peer("the client does not take the echo").with_source(fault)
}

/// Echoes the parts of messages that the server hands over.
async fn parts(socket: Dictionary) -> Result<(), Error> {
    let missing = || Error::server("a function of the socket is missing");
    let send = socket.get(keys::WEBSOCKET_SEND_ASYNC).ok_or_else(missing)?;
    let receive = socket.get(keys::WEBSOCKET_RECEIVE_ASYNC).ok_or_else(missing)?;
    let close = socket.get(keys::WEBSOCKET_CLOSE_ASYNC).ok_or_else(missing)?;
    loop {
        let part: Part = receive.call(PART_BYTES).await?;
        if part.opcode == Opcode::Close {
            let code = socket.get(keys::WEBSOCKET_CLIENT_CLOSE_STATUS).copied();
            return close.call(code.unwrap_or(1000), String::new()).await;
        }
        send.call(part).await?;
    }
}
