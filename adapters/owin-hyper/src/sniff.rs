//! Finds out what a client speaks: HTTP/2 begins with a preface (RFC 9113 §3.4).

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::time::{sleep, timeout};

use crate::drive::FIRST_WITHIN;
use crate::io::Io;
use crate::service::AppService;
use crate::stop::Phase;
use crate::{http1, http2};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// So many bytes are asked for: all of a usual head, so that there is one read.
const FIRST_BYTES: usize = 2 * 1024;

/// Serves a connection in the protocol of its first bytes.
pub(crate) async fn serve(mut io: Io, service: AppService, period: Duration) {
    let Some(front) = first_bytes(&mut io, &service, period).await else { return };
    let is_http_2 = front.starts_with(PREFACE);
    io.front = front.freeze();
    if is_http_2 {
        http2::serve(io, service, period).await;
    } else {
        http1::serve(io, service, period).await;
    }
}

/// Reads until it is clear whether the preface is there; `None` where nothing comes.
async fn first_bytes(io: &mut Io, service: &AppService, period: Duration) -> Option<BytesMut> {
    let mut front = BytesMut::with_capacity(FIRST_BYTES);
    let reading = async {
        while front.len() < PREFACE.len() && PREFACE.starts_with(&front) {
            let count = io.read_buf(&mut front).await.ok()?;
            if count == 0 {
                break;
            }
        }
        Some(())
    };
    let mut listening = service.stop().listener();
    let late = async {
        listening.reached(Phase::Draining).await;
        sleep(FIRST_WITHIN).await;
    };
    tokio::select! {
        biased;
        read = timeout(period, reading) => read.ok().flatten()?,
        () = late => return None,
    }
    (!front.is_empty()).then_some(front)
}
