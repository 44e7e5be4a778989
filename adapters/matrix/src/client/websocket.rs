//! As much of a WebSocket as one message needs (RFC 6455).

use owin_core::bytes::Bytes;

use crate::client::{Head, Request, Sending, Talk};
use crate::evidence::Evidence;

/// The key of RFC 6455 §1.3, and what a server must make of it.
const KEY: (&str, &str) = ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

/// What the client's bytes are combined with (§5.3).
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The first byte of a text, and of a close, that is whole (§5.2).
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

/// The opening handshake (§4.1).
#[must_use]
pub fn handshake(target: String) -> Request {
    let request = Request { sending: Sending::Raw, ..Request::get(target) };
    let request = request.with("upgrade", "websocket").with("sec-websocket-version", "13");
    request.with("sec-websocket-key", KEY.0)
}

/// Whether the answer completes the handshake (§4.1).
///
/// # Errors
///
/// What is wrong with it.
pub fn check(head: &Head) -> Result<(), Evidence> {
    let has = |name: &str, wanted: &str| {
        head.field(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    };
    if !has("upgrade", "websocket") || !has("connection", "upgrade") {
        return Err(Evidence::new("the 101 does not say Upgrade: websocket"));
    }
    match head.field("sec-websocket-accept") {
        Some(accept) if accept == KEY.1 => Ok(()),
        other => Err(Evidence::new(format!("Sec-WebSocket-Accept is {other:?}"))),
    }
}

/// Sends a text and reads the next message, which has to be the same; then closes, and reads the
/// close of the other side.
///
/// # Errors
///
/// Where something else comes back.
pub async fn echo(talk: &mut Talk, text: &str) -> Result<(), Evidence> {
    talk.send(frame(TEXT, text.as_bytes())?).await?;
    let mut unread = Vec::new();
    let message = read_frame(talk, &mut unread).await?;
    if message != (TEXT, text.as_bytes().to_vec()) {
        return Err(Evidence::new(format!("another message came back: {message:?}")));
    }
    talk.send(frame(CLOSE, &1_000_u16.to_be_bytes())?).await?;
    match read_frame(talk, &mut unread).await? {
        (CLOSE, _) => Ok(()),
        other => Err(Evidence::new(format!("no close came back but {other:?}"))),
    }
}

fn frame(first: u8, data: &[u8]) -> Result<Bytes, Evidence> {
    let length = u8::try_from(data.len()).ok().filter(|length| *length < 126);
    let length = length.ok_or_else(|| Evidence::new("the message is too long for this client"))?;
    let masked = data.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    Ok([first, 0x80 | length].into_iter().chain(MASK).chain(masked).collect())
}

/// Reads a frame of less than 126 bytes; from a server it has no mask (§5.1).
async fn read_frame(talk: &mut Talk, unread: &mut Vec<u8>) -> Result<(u8, Vec<u8>), Evidence> {
    loop {
        if let [first, length, data @ ..] = unread.as_slice() {
            if *length > 125 {
                return Err(Evidence::new("the server sends a mask, or a longer frame"));
            }
            if let Some((data, rest)) = data.split_at_checked(usize::from(*length)) {
                let frame = (*first, data.to_vec());
                *unread = rest.to_vec();
                return Ok(frame);
            }
        }
        unread.extend(talk.answer.at_least(1).await?);
    }
}
