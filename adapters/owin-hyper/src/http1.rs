//! HTTP/1.0 and HTTP/1.1.

use std::pin::{Pin, pin};
use std::task::Context;
use std::time::Duration;

use hyper::server::conn::http1::{Builder, UpgradeableConnection};
use hyper_util::rt::TokioIo;

use crate::drive::drive;
use crate::idle::Idle;
use crate::io::Io;
use crate::line::Line;
use crate::service::AppService;

type Connection = UpgradeableConnection<TokioIo<Io>, AppService>;

/// How many bytes a head may have, and how many of an answer wait for the client.
const BUFFER_BYTES: usize = 64 * 1024;

/// Serves a connection. One on which no request comes for one to two periods is closed.
pub(crate) async fn serve(io: Io, service: AppService, period: Duration) {
    let connection = Builder::new()
        .max_buf_size(BUFFER_BYTES)
        // An answer is copied once more behind hyper anyway, where it is short.
        .writev(false)
        .serve_connection(TokioIo::new(io), service.clone())
        .with_upgrades();
    let mut idle = Idle::new(period);
    let is_silent = |line: &Line, cx: &mut Context<'_>| idle.is_over(line, cx);
    let is_fresh = |line: &Line| line.progress().1 == 0;
    drive(pin!(connection), &service, is_silent, is_fresh, |connection: Pin<&mut Connection>| {
        connection.graceful_shutdown();
    })
    .await;
}
