//! A call that is under way, until it is given back.

use std::sync::Arc;

use http::header::HeaderValue;
use owin_core::features::Outcome;
use owin_core::{Call, CancelReason};

use crate::Unfinished;
use crate::calls::{Framing, Pool};

/// A call, and memory that is used from request to request.
pub(crate) struct Kept {
    pub(crate) call: Call,
    /// The number that the next request would have.
    pub(crate) number: u64,
    /// The `Host` that was legal last; mostly it is the same again.
    pub(crate) known_host: Vec<u8>,
    /// The length that was said last; mostly it is the same again.
    length: Option<(u64, HeaderValue)>,
    pub(crate) framing: Framing,
}

impl Kept {
    pub(crate) fn new(call: Call, framing: Framing) -> Self {
        Self { call, number: 0, known_host: Vec::new(), length: None, framing }
    }

    /// A length as the value of a field.
    pub(crate) fn length(&mut self, length: u64) -> HeaderValue {
        match &self.length {
            Some((known, value)) if *known == length => value.clone(),
            _ => {
                let value = HeaderValue::from(length);
                self.length = Some((length, value.clone()));
                value
            }
        }
    }
}

/// A call that is under way. One that is dropped is given up.
#[derive(Default)]
pub(crate) struct Lease {
    kept: Option<Box<Kept>>,
    pool: Option<Arc<Pool>>,
    /// The client has been given all that it waits for.
    is_delivered: bool,
}

impl Lease {
    pub(crate) fn new(kept: Box<Kept>, pool: Option<Arc<Pool>>) -> Self {
        Self { kept: Some(kept), pool, is_delivered: false }
    }

    /// The call; `None` once it is over.
    pub(crate) fn kept(&mut self) -> Option<&mut Kept> {
        self.kept.as_deref_mut()
    }

    /// Fires `owin.CallCancelled`; the call goes on.
    pub(crate) fn cancel(&self, reason: CancelReason) {
        if let Some(kept) = &self.kept {
            kept.call.cancel(reason);
        }
    }

    /// Says that the client has been given all that it waits for: what is left of the call is no
    /// affair of the foreign side.
    pub(crate) fn deliver(&mut self) {
        self.is_delivered = true;
    }

    /// Ends the call.
    pub(crate) fn complete(&mut self, outcome: Outcome) {
        let Some(mut kept) = self.kept.take() else { return };
        kept.call.complete(outcome);
        if let Some(pool) = &self.pool {
            pool.put(kept);
        }
    }
}

/// Nobody asks for the rest of the response any more.
impl Drop for Lease {
    fn drop(&mut self) {
        let Some(kept) = self.kept.take() else { return };
        let pool = self.pool.take();
        if !self.is_delivered {
            let reason = pool.as_ref().and_then(|pool| pool.loss());
            kept.call.cancel(reason.unwrap_or(CancelReason::PeerClosed));
        }
        let finisher = pool.as_ref().and_then(|pool| pool.finisher().cloned());
        let unfinished = Unfinished::new(kept, pool, !self.is_delivered);
        let unfinished = if self.is_delivered { unfinished.at_once() } else { Some(unfinished) };
        if let (Some(unfinished), Some(finisher)) = (unfinished, finisher) {
            finisher(unfinished);
        }
    }
}
