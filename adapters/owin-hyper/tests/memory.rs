//! Long streams need no memory. A program of its own, since the system tells of a whole process.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may stop the test"
)]

#[path = "server/support.rs"]
#[expect(dead_code, reason = "it helps other tests too")]
mod support;

use owin_core::{Environment, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::start;

/// How long the long bodies are.
fn long_bytes() -> u64 {
    let chosen =
        std::env::var("OWIN_HYPER_STREAM_MIB").ok().and_then(|mib| mib.parse::<u64>().ok());
    chosen.unwrap_or(256) * 1024 * 1024
}

/// What this process has in memory, in KiB; 0 where nobody tells.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A stream needs no more than this, and the runtime and the sockets with it.
const FLAT_KIB: u64 = 32 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_streams_both_ways_need_no_memory() {
    let bytes = long_bytes();
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        let length = env.request().content_length()?;
        env.response_mut().headers_mut()?.set("content-length", length)?;
        while let Some(data) = env.request_mut().body_mut().chunk().await? {
            env.response_mut().write_bytes(data).await?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.client().await;
    let head = format!("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {bytes}\r\n\r\n");
    client.send(head).await;
    let before = resident_kib();
    let (mut reader, mut writer) = client.0.into_split();
    let sending = tokio::spawn(async move {
        let piece = vec![b'x'; 256 * 1024];
        let mut left = bytes;
        while left > 0 {
            let count = left.min(256 * 1024);
            let part = &piece[..usize::try_from(count).expect("a piece")];
            writer.write_all(part).await.expect("it takes bytes");
            left -= count;
        }
        writer
    });
    let (mut buf, mut seen, mut most) = (vec![0; 256 * 1024], 0, 0);
    while seen < bytes {
        let count = reader.read(&mut buf).await.expect("it gives bytes");
        assert_ne!(count, 0, "after {seen} bytes");
        seen += u64::try_from(count).expect("a piece");
        most = most.max(resident_kib());
    }
    assert!(sending.await.is_ok());
    assert!(most.saturating_sub(before) < FLAT_KIB, "{before} KiB became {most}");
}
