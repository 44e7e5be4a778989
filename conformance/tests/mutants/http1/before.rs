//! What a connection of a mutant remembers of the calls before, for faults that mix them up.

use super::app::{Callback, Shared};
use super::faults::Fault;
use super::head::Head;
use super::server::Connection;

/// What was there in the calls before.
#[derive(Debug, Default)]
pub(crate) struct Before {
    request: Vec<(String, Vec<u8>)>,
    response: Vec<(String, String)>,
    callbacks: Vec<Callback>,
    is_marked: bool,
    nonces: Vec<String>,
}

impl Before {
    /// The connection is over: tokens fire that should not.
    pub(super) fn end(&self, shared: &Shared) {
        self.nonces.iter().for_each(|nonce| shared.cancel(nonce));
    }
}

impl Connection {
    /// A call is over; the next one must have nothing of it.
    pub(crate) fn keep_for_the_next(
        &mut self,
        head: &Head,
        response: Vec<(String, String)>,
        callbacks: Vec<Callback>,
    ) {
        self.before.request.clone_from(&head.fields);
        self.before.response = response;
        self.before.callbacks = callbacks;
    }

    pub(crate) fn with_fields_of_before(&self, mut lines: Vec<[String; 2]>) -> Vec<[String; 2]> {
        for (name, value) in self.before.request.iter().filter(|_| self.has(Fault::FieldsStay)) {
            if !lines.iter().any(|[own, _]| own.eq_ignore_ascii_case(name)) {
                lines.push([name.clone(), String::from_utf8_lossy(value).into_owned()]);
            }
        }
        lines
    }

    pub(crate) fn with_response_of_before(
        &self,
        mut lines: Vec<(String, String)>,
    ) -> Vec<(String, String)> {
        for line in self.before.response.iter().filter(|_| self.has(Fault::ResponseStays)) {
            if line.0.starts_with("X-") && !lines.iter().any(|(own, _)| *own == line.0) {
                lines.push(line.clone());
            }
        }
        lines
    }

    pub(crate) fn callbacks_of_before(&mut self) -> Vec<Callback> {
        let callbacks = std::mem::take(&mut self.before.callbacks);
        if self.has(Fault::CallbacksStay) { callbacks } else { Vec::new() }
    }

    /// Something was left in the environment.
    pub(crate) fn mark(&mut self) {
        self.before.is_marked = true;
    }

    pub(crate) fn was_marked(&self) -> bool {
        self.before.is_marked
    }

    /// The token of this call will fire when the connection ends.
    pub(crate) fn remember(&mut self, nonce: &str) {
        self.before.nonces.push(nonce.to_owned());
    }
}
