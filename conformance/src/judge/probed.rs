//! What a check asks the probe beside its own connection.

use std::time::Duration;

use serde_json::Value;

use crate::check::Feature;
use crate::clock;
use crate::judge::{Judged, Lapse, Trial};
use crate::run::said_by_probe;
use crate::wire::{Answer, Link};

/// How often the probe is asked what has become of a call.
const PAUSE: Duration = Duration::from_millis(20);

/// What has not changed for so long will not change.
const SETTLED: Duration = Duration::from_millis(300);

/// A place where a call waits; it may go on when this is opened, or dropped.
pub(crate) struct Gate<'t, 's> {
    trial: &'t Trial<'s>,
    name: String,
    is_open: bool,
}

impl Gate<'_, '_> {
    /// What `wait` and `blind` of the probe take.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Lets the call go on.
    pub(crate) fn open(mut self) -> Judged {
        self.is_open = true;
        self.trial.site.tell(&format!("release?nonce={}", self.name))
    }
}

impl Drop for Gate<'_, '_> {
    fn drop(&mut self) {
        if !self.is_open {
            let _gone = self.trial.site.tell(&format!("release?nonce={}", self.name));
        }
    }
}

impl<'s> Trial<'s> {
    /// A gate that nobody waits at yet.
    pub(crate) fn gate(&self) -> Gate<'_, 's> {
        Gate { trial: self, name: self.nonce(), is_open: false }
    }

    /// The target of a path of the probe with its query, as it stands in a request line.
    pub(crate) fn probe_target(&self, path: &str) -> String {
        self.site.probe_target(path)
    }

    /// The authority, as it stands in `Host`.
    pub(crate) fn authority(&self) -> &str {
        self.site.authority()
    }

    /// Has the probe make a response, on a new connection, and reads it.
    pub(crate) fn reply(&self, steps: &str) -> Result<Answer, Lapse> {
        self.answer_to(&self.for_probe("GET", &format!("reply?{steps}"), "\r\n"))
    }

    /// Sends a request for a response that the probe makes.
    pub(crate) fn send_reply(&self, link: &mut Link, steps: &str) {
        link.send(self.for_probe("GET", &format!("reply?{steps}"), "\r\n"));
    }

    /// What the probe says at a path of a feature that the server claims, asked on a new connection.
    pub(crate) fn facts(&self, path: &str, feature: Feature) -> Result<Value, Lapse> {
        self.claims(feature)?;
        let answer = self.answer_to(&self.for_probe("GET", path, "\r\n"))?;
        said_by_probe(path, &answer)
    }

    /// What the probe says in an answer to that path.
    pub(crate) fn said(&self, path: &str, answer: &Answer) -> Result<Value, Lapse> {
        said_by_probe(path, answer)
    }

    /// What has become of the call of that nonce.
    pub(crate) fn fate(&self, nonce: &str) -> Result<Value, Lapse> {
        self.site.said(&format!("fate?nonce={nonce}"))
    }

    /// Waits until it has become of a call what is wanted; else that it has not is the failure.
    pub(crate) fn becomes(
        &self,
        nonce: &str,
        wanted: impl Fn(&Value) -> bool,
        failure: &str,
    ) -> Judged {
        let until = clock::now() + self.site.limits().answer / 2;
        loop {
            let fate = self.fate(nonce)?;
            if wanted(&fate) {
                return Ok(());
            }
            if clock::until(until.min(self.site.limits().end)).is_zero() {
                return Err(Lapse::Silent(format!("{failure}; the probe says {fate}")));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until the call of that nonce has begun.
    pub(crate) fn begins(&self, nonce: &str) -> Judged {
        let begun = |fate: &Value| fate.get("began") == Some(&Value::Bool(true));
        self.becomes(nonce, begun, "the app was not called")
    }
}

impl Trial<'_> {
    /// Waits until a number has not changed for a while, and says which it is.
    pub(crate) fn settled<N: PartialEq>(
        &self,
        number: impl Fn() -> Result<N, Lapse>,
    ) -> Result<N, Lapse> {
        let until = clock::now() + self.site.limits().answer;
        let (mut last, mut since) = (number()?, clock::now());
        while since.elapsed() < SETTLED && !clock::until(until).is_zero() {
            std::thread::sleep(PAUSE);
            let now = number()?;
            if now != last {
                (last, since) = (now, clock::now());
            }
        }
        Ok(last)
    }
}

/// A text of what the probe said; empty where there is none.
pub(crate) fn text<'a>(said: &'a Value, name: &str) -> &'a str {
    said.get(name).and_then(Value::as_str).unwrap_or_default()
}
