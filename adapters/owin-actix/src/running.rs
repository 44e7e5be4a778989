//! A call that is under way, in the task of its connection.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use owin_core::features::Outcome;
use owin_core::{Call, CancelReason, Event};

use crate::connection::Connection;
use crate::feed::Feed;
use crate::stop::Phase;
use crate::worker::Worker;

/// A call that is under way. One that is dropped is given up.
pub(crate) struct Running {
    /// `None` once it is over.
    call: Option<Box<Call>>,
    feed: Option<Feed>,
    connection: Rc<Connection>,
    worker: Rc<Worker>,
    is_cut_off: bool,
}

impl Running {
    pub(crate) fn new(
        call: Box<Call>,
        feed: Option<Feed>,
        connection: Rc<Connection>,
        worker: Rc<Worker>,
    ) -> Self {
        Self { call: Some(call), feed, connection, worker, is_cut_off: false }
    }

    /// One that is over.
    pub(crate) fn over(connection: Rc<Connection>, worker: Rc<Worker>) -> Self {
        Self { call: None, feed: None, connection, worker, is_cut_off: false }
    }

    pub(crate) fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    pub(crate) fn worker(&self) -> &Rc<Worker> {
        &self.worker
    }

    /// The call; `None` once it is over.
    pub(crate) fn call(&mut self) -> Option<&mut Call> {
        self.call.as_deref_mut()
    }

    /// Takes what there is of the body before the app has asked; says whether that is all of it.
    pub(crate) fn look_ahead(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(feed) = &mut self.feed else { return true };
        let _nobody_asks = feed.poll(cx);
        feed.is_whole()
    }

    /// The next event of the call: drives the app, and feeds it with the body of the request.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        self.watch(cx);
        let Some(call) = &mut self.call else { return Poll::Ready(Event::End) };
        loop {
            if let Poll::Ready(event) = call.poll_event(cx) {
                return Poll::Ready(event);
            }
            let Some(feed) = &mut self.feed else { return Poll::Pending };
            if feed.poll(cx) {
                continue;
            }
            // Who reads was told first: an answer to half a request may still be read.
            if !feed.take_lost() {
                return Poll::Pending;
            }
            call.cancel(CancelReason::PeerClosed);
        }
    }

    /// Whether the deadline of the stop has passed: then nothing more is sent.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    fn watch(&mut self, cx: &mut Context<'_>) {
        if !self.is_cut_off && self.connection.poll_phase(cx) == Phase::Cutting {
            self.cut_off();
        }
    }

    fn cut_off(&mut self) {
        self.is_cut_off = true;
        self.connection.count_cut_off();
        if let Some(call) = &self.call {
            call.cancel(CancelReason::Shutdown);
        }
    }

    /// Ends the call.
    pub(crate) fn complete(&mut self, outcome: Outcome) {
        let is_whole = self.feed.take().is_none_or(|feed| feed.is_whole());
        let Some(mut call) = self.call.take() else { return };
        call.complete(if self.is_cut_off { Outcome::Cancelled } else { outcome });
        self.worker.put(call);
        if let Some(line) = self.connection.line() {
            line.finish(is_whole);
        }
    }
}

/// actix asks for no more of the response: the client has gone.
impl Drop for Running {
    fn drop(&mut self) {
        if self.call.is_none() {
            return;
        }
        let reason = self.connection.reason();
        if reason == CancelReason::Shutdown && !self.is_cut_off {
            self.cut_off();
        }
        self.feed = None;
        let Some(call) = self.call.take() else { return };
        call.cancel(reason);
        let mut unfinished = Unfinished { call: Some(call), worker: Rc::clone(&self.worker) };
        let cx = &mut Context::from_waker(Waker::noop());
        if Pin::new(&mut unfinished).poll(cx).is_pending() {
            self.worker.leave(Box::pin(unfinished));
        }
    }
}

/// What is left of a call that was given up: the app may tidy up.
struct Unfinished {
    call: Option<Box<Call>>,
    worker: Rc<Worker>,
}

impl Unfinished {
    fn complete(&mut self) {
        let Some(mut call) = self.call.take() else { return };
        call.complete(Outcome::Cancelled);
        self.worker.put(call);
    }
}

impl Future for Unfinished {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(call) = &mut self.call {
            // Nobody reads a body that the app has left behind.
            if call.environment().is_some() {
                break;
            }
            if let Event::End | Event::Failed(_) = ready!(call.poll_event(cx)) {
                break;
            }
        }
        self.complete();
        Poll::Ready(())
    }
}

/// The app was not waited for.
impl Drop for Unfinished {
    fn drop(&mut self) {
        self.complete();
    }
}
