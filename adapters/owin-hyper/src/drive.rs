//! The life of one connection in hyper's hands.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use owin_core::CancelReason;
use tokio::time::{Sleep, sleep, timeout};

use crate::line::Line;
use crate::service::AppService;
use crate::stop::Phase;

/// Drives a connection to its end, or until it is silent. When the server stops `leave` tells hyper to
/// finish what is under way; a fresh connection has a moment to ask for something first.
pub(crate) async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    service: &AppService,
    mut is_silent: impl FnMut(&Line, &mut Context<'_>) -> bool,
    is_fresh: fn(&Line) -> bool,
    leave: fn(Pin<&mut C>),
) {
    let mut listening = service.stop().listener();
    let mut is_leaving = false;
    let mut late = None;
    let end = poll_fn(|cx| {
        loop {
            // First what the client has sent: a request that has come is answered.
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(End::Done);
            }
            if service.line().is_lost() {
                return Poll::Ready(End::Lost(CancelReason::PeerReset));
            }
            match listening.phase(cx.waker()) {
                Phase::Draining if !is_leaving => {
                    if is_fresh(service.line()) && waits_for_first(&mut late, cx) {
                        break;
                    }
                    is_leaving = true;
                    leave(connection.as_mut());
                }
                Phase::Aborting => return Poll::Ready(End::Lost(CancelReason::Shutdown)),
                Phase::Serving | Phase::Draining => break,
            }
        }
        if send(service.line(), cx).is_err() {
            return Poll::Ready(End::Lost(CancelReason::WriteFailed));
        }
        if is_silent(service.line(), cx) { Poll::Ready(End::Done) } else { Poll::Pending }
    });
    match end.await {
        End::Lost(reason) => service.calls().lose(reason),
        End::Done => finish(service.line()).await,
    }
}

/// How long somebody who has connected already has to ask, when the server stops.
pub(crate) const FIRST_WITHIN: Duration = Duration::from_millis(500);

/// Says whether there is still time for the first request.
fn waits_for_first(late: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> bool {
    let late = late.get_or_insert_with(|| Box::pin(sleep(FIRST_WITHIN)));
    late.as_mut().poll(cx).is_pending()
}

/// How a connection ended.
enum End {
    Done,
    Lost(CancelReason),
}

/// Sends what hyper has written; the rest when the client takes it.
fn send(line: &Line, cx: &mut Context<'_>) -> io::Result<()> {
    if let Some(out) = line.out()
        && let Poll::Ready(sent) = out.poll_send(cx)
    {
        sent?;
        line.read_again();
    }
    Ok(())
}

/// Sends the last of it. Whoever has taken the connection over writes behind that.
async fn finish(line: &Line) {
    if let Some(out) = line.out() {
        out.make_direct();
        let _lost_or_late = timeout(LAST_WITHIN, poll_fn(|cx| out.poll_send(cx))).await;
    }
}

/// How long a client may take for the last bytes of an answer that broke off.
const LAST_WITHIN: Duration = Duration::from_secs(1);
