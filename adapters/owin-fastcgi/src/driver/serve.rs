//! One call under way: what the web server sends, and what the app wants done.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use owin_cgi::Variables;
use owin_core::bytes::BytesMut;
use owin_core::features::Outcome;
use owin_core::http::StatusCode;
use owin_core::{CancelReason, Error, Event, Head, RequestBody};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::body::Feed;
use super::{Driver, Phase};
use crate::protocol;

/// So many bytes may wait for the web server before the app has to.
const HIGH_WATER_BYTES: usize = 64 * 1024;

/// So many bytes of a large piece are made a record of at once; the rest stays with the app's memory.
const PIECE_BYTES: usize = 32 * 1024;

/// What follows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// The next one.
    Stays,
    /// The end of the connection, once the web server has read the response.
    Ends,
    /// The end of the connection at once.
    Closes,
    /// The same, and a call was cut off by the server's stop.
    CutOff,
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Whole,
    BrokenOff,
    /// The web server does not want it, but keeps the connection.
    Aborted,
    /// The connection is of no use any more.
    Lost(CancelReason),
}

/// How far the response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The app writes as it likes.
    Open,
    /// It waits until all is sent.
    Flushing,
    /// All was written.
    Finished,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Driver<T> {
    /// Answers a request.
    pub(super) async fn serve(&mut self, request: protocol::Event) -> Served {
        let pairs = match request {
            protocol::Event::Request(pairs) => pairs,
            protocol::Event::TooLarge(why) => {
                let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                return self.refuse(&Error::peer(why).with_status(status)).await;
            }
            _ => return Served::Closes,
        };
        let variables = Variables::new(pairs.iter().map(|(name, value)| (&**name, &**value)));
        let info = variables.connection().with_server(Arc::clone(&self.settings.info));
        self.call.move_to(&Arc::new(info), 0);
        let mut env = self.call.prepare();
        let filled = variables.fill(&mut env, &self.settings.mount);
        let length = match filled.and_then(|()| variables.body_length()) {
            Ok(length) => length,
            Err(refusal) => return self.refuse(&refusal).await,
        };
        let (mut feed, body) = Feed::new(length);
        // Of most requests everything has come by now, and there is no body.
        if let Ok(Some(event)) = self.machine.next() {
            match take(event, &mut feed) {
                Ok(()) => {}
                Err(Ended::Aborted) => return self.finish(1).await,
                Err(_) => return Served::Closes,
            }
        }
        let body = if feed.is_empty() { RequestBody::empty() } else { body };
        drop(env.request_mut().set_body(body));
        drop(pairs);
        self.call.start(env);
        let ended = self.drive(&mut feed).await;
        self.end(ended, feed).await
    }

    /// Answers a request that no app sees.
    async fn refuse(&mut self, refusal: &Error) -> Served {
        tracing::warn!("a request was refused with {}: {refusal}", refusal.status());
        let mut head = BytesMut::new();
        owin_cgi::write_head(&Head::refusal(refusal.status()), &mut head);
        self.machine.respond(&head);
        // The next call starts with an environment of its own.
        self.call.complete(Outcome::Failed);
        self.finish(0).await
    }

    /// Ends the request on the connection.
    async fn finish(&mut self, app_status: u32) -> Served {
        if *self.phase.borrow() > Phase::Running {
            self.machine.close();
        }
        self.machine.end(app_status);
        let mut phase = self.phase.clone();
        let is_sent = tokio::select! {
            sent = poll_fn(|cx| self.poll_write_all(cx)) => sent.is_ok(),
            _ = phase.wait_for(|phase| *phase == Phase::Aborting) => return Served::CutOff,
        };
        match (is_sent, self.machine.closes()) {
            (true, false) => Served::Stays,
            (true, true) => Served::Ends,
            (false, _) => Served::Closes,
        }
    }

    /// Serves until the response is whole or cannot become it.
    async fn drive(&mut self, feed: &mut Feed) -> Ended {
        let mut phase = self.phase.clone();
        let mut aborting = pin!(phase.wait_for(|phase| *phase == Phase::Aborting));
        let mut stage = Stage::Open;
        poll_fn(|cx| {
            if let Poll::Ready(Ok(_)) = aborting.as_mut().poll(cx) {
                return Poll::Ready(Ended::Lost(CancelReason::Shutdown));
            }
            self.poll_serve(feed, &mut stage, cx)
        })
        .await
    }

    fn poll_serve(
        &mut self,
        feed: &mut Feed,
        stage: &mut Stage,
        cx: &mut Context<'_>,
    ) -> Poll<Ended> {
        loop {
            // What the app writes at once goes out together.
            while *stage == Stage::Open && self.machine.output().len() < HIGH_WATER_BYTES {
                if !self.rest.is_empty() {
                    let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
                    self.machine.respond(&piece);
                    continue;
                }
                let Poll::Ready(event) = self.call.poll_event(cx) else { break };
                match self.perform(event) {
                    Some(next) => *stage = next,
                    None => return Poll::Ready(Ended::BrokenOff),
                }
            }
            if *stage == Stage::Finished {
                return Poll::Ready(Ended::Whole);
            }
            let mut has_moved = false;
            if !self.machine.output().is_empty() {
                match self.poll_write(cx) {
                    Poll::Ready(Ok(_)) => has_moved = true,
                    Poll::Ready(Err(_)) => return lost(CancelReason::WriteFailed),
                    Poll::Pending => {}
                }
            }
            if *stage == Stage::Flushing && self.machine.output().is_empty() {
                *stage = Stage::Open;
                has_moved = true;
            }
            has_moved |= feed.poll(cx);
            match self.poll_incoming(feed, cx) {
                Ok(has_come) => has_moved |= has_come,
                Err(ended) => return Poll::Ready(ended),
            }
            if !has_moved {
                return Poll::Pending;
            }
        }
    }

    /// Takes what the web server sends, as long as the app is not too far behind: then the web
    /// server has to wait.
    fn poll_incoming(&mut self, feed: &mut Feed, cx: &mut Context<'_>) -> Result<bool, Ended> {
        let mut has_come = false;
        while feed.waiting_bytes() < self.settings.limits.unread_bytes
            && self.machine.output().len() < 2 * HIGH_WATER_BYTES
        {
            match self.machine.next() {
                Ok(None) => match Self::poll_read(&mut self.io, &mut self.machine, cx) {
                    Poll::Pending => break,
                    Poll::Ready(Ok(1..)) => {}
                    Poll::Ready(Ok(0)) if !feed.is_whole() => {
                        return Err(Ended::Lost(CancelReason::PeerClosed));
                    }
                    Poll::Ready(_) => return Err(Ended::Lost(CancelReason::PeerReset)),
                },
                Ok(Some(event)) => {
                    has_come = true;
                    take(event, feed)?;
                }
                Err(broken) => {
                    tracing::warn!("a web server broke the protocol: {broken}");
                    return Err(Ended::Lost(CancelReason::PeerReset));
                }
            }
        }
        Ok(has_come)
    }

    /// Does what an event says; `None` where the response breaks off.
    fn perform(&mut self, event: Event) -> Option<Stage> {
        match event {
            Event::Head => {
                if let Some(error) = self.call.error() {
                    log_failure(error);
                }
                let mut head = BytesMut::new();
                owin_cgi::write_head(&self.call.head(), &mut head);
                self.machine.respond(&head);
            }
            Event::Data(data) => self.rest = data,
            Event::Flush => return Some(Stage::Flushing),
            Event::End => return Some(Stage::Finished),
            Event::Failed(error) => {
                log_failure(&error);
                return None;
            }
            // A web server takes no trailers, and nobody was offered the connection.
            Event::Upgrade => return None,
            _ => {}
        }
        Some(Stage::Open)
    }

    async fn end(&mut self, ended: Ended, mut feed: Feed) -> Served {
        match ended {
            Ended::Whole => {
                self.call.complete(Outcome::Completed);
                self.finish(0).await
            }
            Ended::BrokenOff => {
                self.call.complete(Outcome::Failed);
                self.machine.break_off();
                // A web server that does not read cannot hold a failed call for ever.
                let farewell = self.settings.limits.farewell;
                let _sent = timeout(farewell, poll_fn(|cx| self.poll_write_all(cx))).await;
                Served::Ends
            }
            Ended::Aborted => {
                self.let_end(CancelReason::PeerReset, &mut feed).await;
                self.finish(1).await
            }
            Ended::Lost(reason) => {
                self.let_end(reason, &mut feed).await;
                if reason == CancelReason::Shutdown { Served::CutOff } else { Served::Closes }
            }
        }
    }

    /// Tells the app that nobody waits any more, and lets it end.
    async fn let_end(&mut self, reason: CancelReason, feed: &mut Feed) {
        self.call.cancel(reason);
        self.rest.clear();
        feed.break_off("the client has gone");
        let ending =
            async { while !matches!(self.call.event().await, Event::End | Event::Failed(_)) {} };
        if timeout(self.settings.limits.farewell, ending).await.is_err() {
            tracing::error!("an app did not end after its call was cancelled");
        }
        self.call.complete(Outcome::Cancelled);
    }
}

fn lost(reason: CancelReason) -> Poll<Ended> {
    Poll::Ready(Ended::Lost(reason))
}

/// What the web server sent for the request that is being answered.
fn take(event: protocol::Event, feed: &mut Feed) -> Result<(), Ended> {
    let taken = match event {
        protocol::Event::Data(piece) => feed.push(piece),
        protocol::Event::End => feed.end(),
        protocol::Event::Abort => return Err(Ended::Aborted),
        protocol::Event::Request(_) | protocol::Event::TooLarge(_) => Ok(()),
    };
    taken.map_err(|_| Ended::Lost(CancelReason::PeerClosed))
}

fn log_failure(error: &Error) {
    let source = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(source, "an app failed: {error}");
}
