//! HTTP/2 by prior knowledge (RFC 9113 §3.3), with extended CONNECT (RFC 8441).

use std::pin::{Pin, pin};
use std::task::Context;
use std::time::Duration;

use hyper::rt::Executor;
use hyper::server::conn::http2::{Builder, Connection as Http2};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::drive::drive;
use crate::io::Io;
use crate::line::Line;
use crate::service::AppService;
use crate::stop::Stop;

type Connection = Http2<TokioIo<Io>, AppService, Tasks>;

/// How long a client may take to answer that it is still there.
const PING_WITHIN: Duration = Duration::from_secs(20);

/// Serves a connection. A client that is silent for a period is asked whether it is still there.
pub(crate) async fn serve(io: Io, service: AppService, period: Duration) {
    let mut builder = Builder::new(Tasks(service.stop().clone()));
    builder.timer(TokioTimer::new()).keep_alive_interval(period).keep_alive_timeout(PING_WITHIN);
    let connection =
        builder.enable_connect_protocol().serve_connection(TokioIo::new(io), service.clone());
    // What comes before a client hears of the stop is a stream that is finished.
    let (is_silent, is_fresh) = (|_: &Line, _: &mut Context<'_>| false, |_: &Line| false);
    drive(pin!(connection), &service, is_silent, is_fresh, |connection: Pin<&mut Connection>| {
        connection.graceful_shutdown();
    })
    .await;
}

/// Runs the streams of a connection as tasks that a stop waits for.
#[derive(Clone, Debug)]
struct Tasks(Stop);

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}
