//! Calls of the rest of a pipeline, kept for the next one.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use owin_core::{BoxApp, InnerCall};

use crate::error::Errors;

/// So many calls are kept, each with the memory of the future of the rest of the pipeline; what is
/// above goes back to the system.
const KEPT: usize = 64;

/// Makes calls of an app, and keeps those that are over.
pub(crate) struct Calls {
    app: BoxApp,
    spare: Mutex<Vec<InnerCall>>,
    /// What is made of the errors of a request's body.
    errors: Errors,
}

impl Calls {
    pub(crate) fn new(app: BoxApp, errors: Errors) -> Self {
        Self { app, spare: Mutex::default(), errors }
    }

    pub(crate) fn errors(&self) -> &Errors {
        &self.errors
    }

    pub(crate) fn take(&self) -> InnerCall {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| InnerCall::new(&self.app))
    }

    pub(crate) fn give_back(&self, call: InnerCall) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < KEPT {
            spare.push(call);
        }
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}
