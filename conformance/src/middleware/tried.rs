//! Making the checks of a middleware.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use owin_core::{BoxApp, Error, Middleware};

use crate::check::{Check, Proof};
use crate::clock;
use crate::in_process::{Failed, judged};
use crate::judge::{Judged, Lapse};
use crate::middleware::{Rig, Subject};
use crate::run::{Outcome, Plan, Report, verdict};
use crate::wire::Transcript;

/// A check ends by itself long before this, unless the middleware blocks its thread.
const BLOCKED: Duration = Duration::from_secs(9);

/// Makes every check of the profile `middleware`, with a middleware that the function makes.
///
/// ```
/// use owin_core::{Environment, Error, from_fn, middleware::Next};
///
/// let report = owin_conformance::middleware::check(|| {
///     from_fn(async |env: Environment, next: Next| -> Result<Environment, Error> {
///         let mut env = next.run(env).await?;
///         let tag = env.response().headers().text("set-cookie").unwrap_or_default().to_owned();
///         env.response_mut().headers_mut()?.set("set-cookie", tag)?; // all others are gone
///         Ok(env)
///     })
/// });
/// let text = owin_conformance::report::console(&report);
/// assert!(text.contains("fail MW-07 lines-of-an-answer (MUST)"), "{text}");
/// ```
#[must_use]
pub fn check<M: Middleware<BoxApp>>(make: impl Fn() -> M + Send + Sync + 'static) -> Report {
    let subject = Subject::of(make);
    made(&subject, &Plan::new())
}

/// Makes the checks of a plan, with what is known of the middleware. It blocks.
///
/// # Errors
///
/// Where a line of the known deviations cannot be read.
pub fn tried(subject: impl Into<Subject>, plan: &Plan) -> Result<Report, Error> {
    let subject = subject.into();
    let plan = plan.clone().with_expectations(&subject.known).map_err(Error::app)?;
    Ok(made(&subject, &plan))
}

/// Makes one check, by its id or slug; for [`middleware_tests!`](crate::middleware_tests).
///
/// # Errors
///
/// Where the check makes a run fail.
///
/// ```
/// use owin_conformance::middleware::{Subject, tested};
/// use owin_core::middleware::Identity;
///
/// assert!(tested("MW-01", Subject::of(|| Identity)).is_ok());
/// ```
pub fn tested(id: &str, subject: impl Into<Subject>) -> Result<(), Failed> {
    let plan = Plan::new().with_only([id]).map_err(Failed::new)?;
    judged(&tried(subject, &plan).map_err(|error| Failed::new(error.to_string()))?)
}

fn made(subject: &Subject, plan: &Plan) -> Report {
    let start = clock::now();
    let outcomes = plan.of_middlewares().map(|(check, expected)| {
        let start = clock::now();
        let (mut held, mut transcript) = once(check, subject);
        if held.as_ref().is_err_and(Lapse::may_be_chance) {
            (held, transcript) = once(check, subject);
        }
        let (verdict, reason) = verdict(held);
        let transcript = if verdict.is_bad() { transcript } else { Transcript::new() };
        Outcome { check, verdict, reason, transcript, took: start.elapsed(), expected }
    });
    let outcomes = outcomes.collect();
    let target = subject.name.clone();
    Report {
        target,
        has_probe: false,
        claims: Vec::new(),
        seed: plan.luck.seed,
        remarks: Vec::new(),
        outcomes,
        lost: None,
        took: start.elapsed(),
    }
}

/// Makes a check on a thread of its own, which is left behind where the middleware blocks it.
fn once(check: &'static Check, subject: &Subject) -> (Judged, Transcript) {
    let Proof::OfMiddleware(holds) = check.proof else {
        let why = "it is no duty of a middleware";
        return (Err(Lapse::Skipped(why.to_owned())), Transcript::new());
    };
    let log = Arc::new(Mutex::new(Transcript::new()));
    let rig = Rig::new(subject.clone(), Arc::clone(&log));
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let _nobody_waits = sender.send(holds(&rig));
    });
    let judged = receiver.recv_timeout(BLOCKED).unwrap_or_else(|error| {
        Err(Lapse::Failed(match error {
            RecvTimeoutError::Timeout => "the middleware blocks the thread of its call".to_owned(),
            RecvTimeoutError::Disconnected => "the middleware panics".to_owned(),
        }))
    });
    let transcript = log.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (judged, transcript)
}
