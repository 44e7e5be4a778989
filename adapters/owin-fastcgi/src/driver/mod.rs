//! The life of a connection of a web server, request by request: the only place that awaits.

mod body;
mod serve;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use owin_cgi::Mount;
use owin_core::bytes::{Buf as _, Bytes};
use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::{BoxApp, Call};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use self::serve::Served;

use crate::Limits;
use crate::protocol::{Event, Machine};

/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;

/// How long a web server has to close its side of a connection that we close.
const LINGER: Duration = Duration::from_secs(2);

/// What all connections of a listener have in common.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) app: BoxApp,
    pub(crate) info: Arc<ServerInfo>,
    pub(crate) limits: Limits,
    pub(crate) mount: Mount,
}

/// How far the server is with stopping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Running,
    /// Calls go on, and no other request is taken.
    Draining,
    /// Calls are cancelled.
    Aborting,
}

/// A connection of a web server.
pub(crate) struct Driver<T> {
    io: T,
    machine: Machine,
    call: Call,
    /// What the app wrote and is no record yet.
    rest: Bytes,
    settings: Arc<Settings>,
    phase: watch::Receiver<Phase>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Driver<T> {
    pub(crate) fn new(io: T, settings: Arc<Settings>, phase: watch::Receiver<Phase>) -> Self {
        Self {
            io,
            machine: Machine::new(&settings.limits),
            call: Call::new(&settings.app, ConnectionInfo::new()),
            rest: Bytes::new(),
            settings,
            phase,
        }
    }

    /// Serves until the connection is to be closed. Says whether a call was cut off.
    pub(crate) async fn run(mut self) -> bool {
        while let Some(request) = self.request().await {
            match self.serve(request).await {
                Served::Stays => {}
                Served::Ends => {
                    self.linger().await;
                    return false;
                }
                Served::Closes => return false,
                Served::CutOff => return true,
            }
        }
        false
    }

    /// Closes so that the web server can read what was written: a connection that is closed while
    /// bytes of a body lie unread is reset, and what was written is lost.
    async fn linger(&mut self) {
        let closing = poll_fn(|cx| {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
            while ready!(Self::poll_read(&mut self.io, &mut self.machine, cx))? > 0 {
                self.machine.input().clear();
            }
            Poll::Ready(io::Result::Ok(()))
        });
        let _closed_or_not = timeout(LINGER, closing).await;
    }

    /// Waits for a request; `None` where the connection is to be closed.
    async fn request(&mut self) -> Option<Event> {
        let mut phase = self.phase.clone();
        let limits = &self.settings.limits;
        let (idle, params_time) = (limits.idle, limits.params_time);
        let mut began = None;
        let silent_until = Instant::now() + idle;
        loop {
            let event = self.machine.next();
            if poll_fn(|cx| self.poll_write_all(cx)).await.is_err() || self.machine.closes() {
                return None;
            }
            match event {
                Err(broken) => {
                    tracing::warn!("a web server broke the protocol: {broken}");
                    return None;
                }
                Ok(Some(request @ (Event::Request(_) | Event::TooLarge(_)))) => {
                    return Some(request);
                }
                // The rest of a request that is over.
                Ok(Some(_)) => continue,
                Ok(None) => {}
            }
            let has_begun = self.machine.has_begun();
            if !has_begun {
                self.machine.shrink();
            }
            let deadline = if has_begun {
                *began.get_or_insert_with(Instant::now) + params_time
            } else {
                silent_until
            };
            let reading = poll_fn(|cx| Self::poll_read(&mut self.io, &mut self.machine, cx));
            tokio::select! {
                biased;
                read = timeout_at(deadline, reading) => {
                    match read {
                        Ok(Ok(1..)) => {}
                        _ => return None,
                    }
                }
                _ = phase.wait_for(|phase| *phase > Phase::Running), if !has_begun => return None,
            }
        }
    }

    fn poll_read(
        io: &mut T,
        machine: &mut Machine,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut piece = [0; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut piece);
        ready!(Pin::new(io).poll_read(cx, &mut buffer))?;
        machine.input().extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Writes as much of the output as the web server takes; says whether it took something.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let output = self.machine.output();
        let count = ready!(Pin::new(&mut self.io).poll_write(cx, output))?;
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        output.advance(count);
        Poll::Ready(Ok(count))
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.machine.output().is_empty() {
            ready!(self.poll_write(cx))?;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
