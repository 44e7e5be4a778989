//! Memory does not grow with bodies. A program of its own, since the system tells of a whole process.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::indexing_slicing, reason = "a helper of tests may stop the test")]
#![expect(clippy::string_slice, reason = "a helper of tests may stop the test")]

#[path = "server/support.rs"]
#[expect(dead_code, reason = "it helps other tests too")]
mod support;

use owin_core::Environment;
use tokio::sync::Mutex;

use crate::support::{app, serve};

/// Only one stream at a time is measured.
static ALONE: Mutex<()> = Mutex::const_new(());

/// How much goes through; `OWIN_STREAM_MIB` chooses more.
fn stream_bytes() -> usize {
    let mib = std::env::var("OWIN_STREAM_MIB").ok().and_then(|mib| mib.parse().ok());
    mib.unwrap_or(256_usize) << 20
}

const PIECE: usize = 64 * 1024;

/// The most that a body may cost, whatever its length.
const MOST: usize = 64 << 20;

#[tokio::test]
async fn a_long_response_costs_no_memory() {
    let _alone = ALONE.lock().await;
    let total = stream_bytes();
    let served = serve(app(move |mut env: Environment| async move {
        let piece = bytes::Bytes::from(vec![b'x'; PIECE]);
        for _ in 0..total / PIECE {
            env.response_mut().write_bytes(piece.clone()).await?;
        }
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    client.head().await;
    let (before, mut most, mut count) = (resident_bytes(), 0, 0);
    while let Some(chunk) = client.chunk().await {
        count += chunk.len();
        most = most.max(resident_bytes());
    }
    assert_eq!(count, total);
    assert!(most.saturating_sub(before) < MOST, "{} more bytes", most - before);
    served.stop().await;
}

#[tokio::test]
async fn a_long_request_costs_no_memory() {
    let _alone = ALONE.lock().await;
    let total = stream_bytes();
    let served = serve(app(async |mut env: Environment| {
        let (before, mut most, mut count) = (resident_bytes(), 0, 0);
        while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
            count += chunk.len();
            most = most.max(resident_bytes());
        }
        let grown = most.saturating_sub(before);
        env.response_mut().set_body(format!("{count} {grown}"));
        Ok(env)
    }))
    .await;
    for is_chunked in [false, true] {
        let mut client = served.connect().await;
        let framing = if is_chunked {
            "transfer-encoding: chunked".to_owned()
        } else {
            format!("content-length: {total}")
        };
        client.send(format!("POST / HTTP/1.1\r\nhost: h\r\n{framing}\r\n\r\n")).await;
        let piece = vec![b'x'; PIECE];
        for _ in 0..total / PIECE {
            if is_chunked {
                client.send(format!("{PIECE:x}\r\n")).await;
            }
            client.send(&piece).await;
            if is_chunked {
                client.send("\r\n").await;
            }
        }
        if is_chunked {
            client.send("0\r\n\r\n").await;
        }
        let answer = client.answer().await;
        let (count, grown) = answer.text().split_once(' ').unwrap();
        assert_eq!(count.parse(), Ok(total));
        assert!(grown.parse::<usize>().unwrap() < MOST, "{grown} more bytes");
    }
    served.stop().await;
}

/// What the process has in memory, in bytes.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
