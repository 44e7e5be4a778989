//! How far a response is, and how fast its reader takes it.

use owin_core::features::Rate;
use tokio::time::Instant;

use crate::h1::pace::Pace;

/// How far the response of a call is.
#[derive(Debug)]
pub(super) struct Writing {
    has_begun: bool,
    is_finished: bool,
    /// All that was collected has to be written before the app is asked again.
    is_due: bool,
    /// In this turn the client does not take any more.
    is_blocked: bool,
    /// How fast the client has to read.
    rate: Option<Rate>,
    pace: Option<Box<Pace>>,
    /// When the client, which is waited for, is too slow.
    deadline: Option<Instant>,
}

impl Writing {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self {
            has_begun: false,
            is_finished: false,
            is_due: false,
            is_blocked: false,
            rate,
            pace: None,
            deadline: None,
        }
    }

    /// A new response.
    pub(super) fn reset(&mut self) {
        self.has_begun = false;
        self.is_finished = false;
        self.is_due = false;
        if self.pace.is_some() {
            *self = Self::new(self.rate);
        }
    }

    /// The head is collected.
    pub(super) fn begin(&mut self) {
        self.has_begun = true;
    }

    /// Whether the head is collected.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// The whole response is collected.
    pub(super) fn finish(&mut self) {
        self.is_finished = true;
    }

    /// Whether the whole response is collected.
    pub(super) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// What was collected has to be written now.
    pub(super) fn hurry(&mut self) {
        self.is_due = true;
    }

    /// Whether it has.
    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    /// All of it is written.
    pub(super) fn settle(&mut self) {
        self.is_due = false;
    }

    /// The client does not take any more for now.
    pub(super) fn wait(&mut self, now: Instant) {
        self.is_blocked = true;
        let Some(rate) = self.rate else { return };
        let pace = self.pace.get_or_insert_with(|| Box::new(Pace::new(rate)));
        self.deadline = Some(pace.wait(now));
    }

    /// Whether it was asked in this turn, and did not.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    /// Another turn: it may take more.
    pub(super) fn try_again(&mut self) {
        self.is_blocked = false;
    }

    /// When it is too slow, where it is waited for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// It has taken so many bytes that it was waited for.
    pub(super) fn moved(&mut self, bytes: usize, now: Instant) {
        self.deadline = None;
        if let (Some(rate), Some(pace)) = (self.rate, &mut self.pace) {
            pace.moved(bytes, rate, now);
        }
    }
}
