//! A relay between client and server that spoils one thing.

#![expect(clippy::indexing_slicing, reason = "a relay that is wrong fails its test")]

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What a relay does in each direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mode {
    /// From the client to the server.
    pub(crate) up: How,
    /// From the server to the client.
    pub(crate) down: How,
}

/// How bytes are passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum How {
    /// As they come.
    #[default]
    Plainly,
    /// All at once, when the connection has ended.
    ToTheEnd,
    /// A head as it comes; of a `POST`, its body once there is so much of it.
    Collected(usize),
    /// As they come; but a reset is not passed on.
    Deaf,
    /// Without that text.
    Without(&'static str),
    /// With a wrong byte at that place.
    Wrong(u64),
    /// Without their highest bit.
    SevenBits,
    /// However many come, as long as nobody takes them.
    Swallowing,
}

/// Starts a relay; says where it listens.
pub(crate) async fn relay(to: SocketAddr, mode: Mode) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, to, mode));
        }
    });
    address
}

/// Passes on until both sides have ended; a reset of one side is one of the other.
async fn pass(mut client: TcpStream, to: SocketAddr, mode: Mode) -> io::Result<()> {
    let mut server = TcpStream::connect(to).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reads, client_writes) = client.split();
    let (server_reads, server_writes) = server.split();
    let passed = tokio::try_join!(
        pump(client_reads, server_writes, mode.up),
        pump(server_reads, client_writes, mode.down)
    );
    if passed.is_err() {
        client.set_zero_linger()?;
        server.set_zero_linger()?;
    }
    Ok(())
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    how: How,
) -> io::Result<()> {
    if how == How::Swallowing {
        return swallow(from, to).await;
    }
    let (mut kept, mut at, mut buffer) = (Vec::new(), 0, vec![0; 65_536]);
    loop {
        let count = match from.read(&mut buffer).await {
            Err(_) if how == How::Deaf => std::future::pending().await,
            count => count?,
        };
        kept.extend_from_slice(&buffer[..count]);
        if count == 0 || is_enough(how, &kept) {
            spoil(how, &mut kept, at);
            at += u64::try_from(kept.len()).unwrap();
            to.write_all(&kept).await?;
            kept.clear();
        }
        if count == 0 {
            return to.shutdown().await;
        }
    }
}

/// Whether what was kept is passed on now.
fn is_enough(how: How, kept: &[u8]) -> bool {
    match how {
        How::ToTheEnd => false,
        How::Collected(count)
            if kept.starts_with(b"POST /probe/count") || kept.starts_with(b"POST /probe/echo") =>
        {
            let end = kept.windows(4).position(|four| four == b"\r\n\r\n");
            end.is_some_and(|end| kept.len() >= end + 4 + count)
        }
        _ => true,
    }
}

fn spoil(how: How, data: &mut Vec<u8>, at: u64) {
    match how {
        // What is looked for comes with little else; to look through the streams would take long.
        How::Without(text) if data.len() < 4_096 => {
            let place = data.windows(text.len()).position(|part| part == text.as_bytes());
            if let Some(start) = place {
                let end = data[start..].windows(2).position(|two| two == b"\r\n").unwrap();
                data.drain(start..start + end + 2);
            }
        }
        How::Wrong(place) => {
            let here = place.checked_sub(at).and_then(|here| usize::try_from(here).ok());
            if let Some(byte) = here.and_then(|here| data.get_mut(here)) {
                *byte ^= 1;
            }
        }
        How::SevenBits => data.iter_mut().for_each(|byte| *byte &= 0x7f),
        _ => {}
    }
}

async fn swallow(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let (sender, mut kept) = mpsc::unbounded_channel();
    let reading = async {
        let mut buffer = vec![0; 65_536];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                drop(sender);
                return io::Result::Ok(());
            }
            let _nobody_takes = sender.send(buffer[..count].to_vec());
        }
    };
    let writing = async {
        while let Some(data) = kept.recv().await {
            to.write_all(&data).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(reading, writing).map(drop)
}
