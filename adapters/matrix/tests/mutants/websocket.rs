//! A server of WebSockets, whole and broken: no server here offers `websocket.Accept` yet, so the
//! proof of it needs one that speaks it by hand.

use std::net::SocketAddr;

use owin_adapter_matrix::Ledger;
use owin_adapter_matrix::proof::{Column, Verdict};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::target;

const HEAD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// What a server says.
#[derive(Clone, Copy)]
struct Says {
    head: &'static str,
    /// The first byte of the message that comes back.
    message: u8,
    /// Whether the frames of the server have the bit of a mask.
    masks: bool,
    /// The first byte of the last frame.
    close: u8,
}

const RIGHT: Says = Says { head: HEAD, message: 0x81, masks: false, close: 0x88 };

async fn verdict(says: Says) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let address = serve(says, &folder).await;
    Column::WebSocket.prove(&target(address, &folder)).await
}

async fn serve(says: Says, folder: &TempDir) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let ledger = Ledger::new(folder.path());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        answer(stream, says, &ledger).await.unwrap();
    });
    address
}

async fn answer(mut stream: TcpStream, says: Says, ledger: &Ledger) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let nonce = head.split(' ').nth(1).unwrap().split_once("nonce=").unwrap().1;
    stream.write_all(says.head.as_bytes()).await?;
    let message = frame(&mut stream).await?;
    ledger.page(nonce).unwrap().note(&format!("message {}", message.len()))?;
    let length = u8::try_from(message.len()).unwrap();
    let length = if says.masks { length | 0x80 } else { length };
    stream.write_all(&[&[says.message, length], &*message].concat()).await?;
    let close = frame(&mut stream).await?;
    stream.write_all(&[&[says.close, 2], &*close].concat()).await
}

/// The bytes of the next frame, without the mask that it has to have.
async fn frame(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let _opcode = stream.read_u8().await?;
    let length = stream.read_u8().await?;
    assert!(length > 0x80, "a client masks");
    let mut mask = [0; 4];
    stream.read_exact(&mut mask).await?;
    let mut data = vec![0; usize::from(length & 0x7f)];
    stream.read_exact(&mut data).await?;
    data.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Ok(data)
}

#[tokio::test]
async fn a_right_websocket_is_proven() {
    assert_eq!(verdict(RIGHT).await, Verdict::Proven);
}

#[tokio::test]
async fn a_broken_websocket_is_missing() {
    let no_upgrade = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    let other_key = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    for says in [
        Says { head: no_upgrade, ..RIGHT },
        Says { head: other_key, ..RIGHT },
        Says { message: 0x82, ..RIGHT },
        Says { message: 0x01, ..RIGHT },
        Says { masks: true, ..RIGHT },
        Says { close: 0x81, ..RIGHT },
    ] {
        assert_ne!(verdict(says).await, Verdict::Proven);
    }
}
