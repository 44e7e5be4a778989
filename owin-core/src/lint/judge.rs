//! What becomes of a violation.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::features::TraceOutput;
use crate::lint::{Rule, Violation, Violations};
use crate::{Environment, Error, keys};

type Report = Arc<dyn Fn(&Violation) + Send + Sync>;

/// Says what becomes of a violation; the same for every call.
#[derive(Clone, Default)]
pub(super) struct Policy {
    /// Where violations are recorded. `None`: those of a MUST make the call fail.
    record: Option<Violations>,
    report: Option<Report>,
}

impl Policy {
    pub(super) fn recording(violations: Violations) -> Self {
        Self { record: Some(violations), report: None }
    }

    pub(super) fn set_report(&mut self, report: impl Fn(&Violation) + Send + Sync + 'static) {
        self.report = Some(Arc::new(report));
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.record.is_some() { "recording" } else { "failing" })
    }
}

/// Judges one call; clones are one judge, so that whatever is watched can reach it.
#[derive(Clone, Debug)]
pub(super) struct Judge(Arc<Bench>);

#[derive(Debug)]
struct Bench {
    policy: Policy,
    trace: Option<TraceOutput>,
    /// The first violation of a MUST, until the call can be made to fail by it.
    failure: Mutex<Option<Error>>,
}

impl Judge {
    pub(super) fn new(policy: &Policy, env: &Environment) -> Self {
        // A failing lint that nobody listens to tells the host's log.
        let is_unheard = policy.record.is_none() && policy.report.is_none();
        let trace = env.get(keys::HOST_TRACE_OUTPUT).filter(|_| is_unheard).cloned();
        Self(Arc::new(Bench { policy: policy.clone(), trace, failure: Mutex::new(None) }))
    }

    /// Reports that a rule was broken.
    pub(super) fn found(&self, rule: &'static Rule, seen: impl Into<Cow<'static, str>>) {
        self.judge(Violation::new(rule, rule.key().map(Cow::Borrowed), seen.into()));
    }

    /// Reports that a rule was broken at a key of which it knows only now.
    pub(super) fn found_at(
        &self,
        rule: &'static Rule,
        key: &str,
        seen: impl Into<Cow<'static, str>>,
    ) {
        self.judge(Violation::new(rule, Some(Cow::Owned(key.to_owned())), seen.into()));
    }

    fn judge(&self, violation: Violation) {
        let bench = &*self.0;
        if let Some(report) = &bench.policy.report {
            report(&violation);
        }
        if let Some(trace) = &bench.trace {
            trace.write_line(&violation.to_string());
        }
        match &bench.policy.record {
            Some(record) => record.add(violation),
            None if violation.rule().level().is_must() => {
                let mut failure = bench.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert_with(|| violation.to_error());
            }
            None => {}
        }
    }

    /// Makes the call fail where a MUST was broken.
    ///
    /// # Errors
    ///
    /// The first violation of a MUST since this was last asked.
    pub(super) fn verdict(&self) -> Result<(), Error> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}
