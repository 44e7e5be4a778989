//! Much goes through, and little is kept. A program of its own, since the system tells of a whole
//! process.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::panic, reason = "a helper of tests may stop the test")]

#[path = "server/support.rs"]
#[expect(dead_code, reason = "it helps other tests too")]
mod support;

use owin_core::Environment;
use tokio::io::AsyncReadExt;

use crate::support::{Answer, serve, soon};

const PIECE: usize = 64 * 1024;

/// How much the memory of the process may grow.
const MAX_GROWTH: usize = 64 * 1024 * 1024;

/// 256 MiB, or what the environment says: `OWIN_STREAM_MIB=1024` is a gibibyte.
fn amount() -> usize {
    let chosen = std::env::var("OWIN_STREAM_MIB").ok().and_then(|mib| mib.parse().ok());
    chosen.unwrap_or(256) * 1024 * 1024
}

/// The largest resident set of the process so far; `None` where the system does not tell.
fn peak_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[expect(clippy::print_stderr, reason = "who runs the test wants to know")]
fn check(what: &str, before: Option<usize>) {
    let (Some(before), Some(after)) = (before, peak_bytes()) else {
        eprintln!("skipped: the system does not tell how much memory {what} took");
        return;
    };
    let growth = after.saturating_sub(before);
    eprintln!("{what}: the peak grew by {} KiB", growth / 1024);
    assert!(growth < MAX_GROWTH, "{what}: the peak grew by {growth} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_streams_in_both_directions_take_little_memory() {
    let server = serve(async |mut env: Environment| -> Answer {
        let mut read = 0;
        while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
            read += chunk.len();
        }
        if env.request().path() == "/down" {
            let piece = bytes::Bytes::from(vec![b'x'; PIECE]);
            for _ in 0..amount() / PIECE {
                env.response_mut().write_bytes(piece.clone()).await?;
            }
        } else {
            env.response_mut().set_body(read.to_string());
        }
        Ok(env)
    })
    .await;
    let (amount, before) = (amount(), peak_bytes());
    let piece = vec![b'x'; PIECE];
    let mut client = server.connect().await;
    client.send(format!("POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: {amount}\r\n\r\n")).await;
    for _ in 0..amount / PIECE {
        client.send(&piece).await;
    }
    assert_eq!(client.response().await.text(), amount.to_string());
    check("a body in", before);
    let before = peak_bytes();
    client.send("GET /down HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert_eq!(client.head().await.status, 200);
    let (mut read, mut buffer) = (0, vec![0; PIECE]);
    loop {
        match soon("more", client.stream.read(&mut buffer)).await.unwrap() {
            0 => break,
            count => read += count,
        }
    }
    assert!(read >= amount, "{read} bytes came");
    check("a body out", before);
}
