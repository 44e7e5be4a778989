//! A report as JSON.

use serde_json::{Value, json};

use crate::check::Profile;
use crate::run::{Conclusion, Lost, Outcome, Report};

/// The version of the form; fields may be added without it moving.
const FORM: u64 = 1;

/// A report as JSON, for programs.
#[must_use]
pub fn json(report: &Report) -> Value {
    let profiles = Profile::all().into_iter().filter_map(|profile| {
        let conclusion = match report.conclusion(profile)? {
            Conclusion::Conforms => "conforms",
            Conclusion::Partial => "partial",
            Conclusion::Fails => "fails",
            Conclusion::NotApplicable => "not applicable",
        };
        Some((profile.name().to_owned(), conclusion.into()))
    });
    json!({
        "form": FORM,
        "suite": env!("CARGO_PKG_VERSION"),
        "target": report.target,
        "probe": report.has_probe,
        "seconds": report.took.as_secs_f64(),
        "exit_code": report.exit_code(),
        "lost": report.lost.as_ref().map(lost),
        "profiles": profiles.collect::<serde_json::Map<_, _>>(),
        "checks": report.outcomes.iter().map(outcome).collect::<Vec<_>>(),
    })
}

fn lost(lost: &Lost) -> Value {
    match lost {
        Lost::Unreachable(why) => json!({ "unreachable": why }),
        Lost::Died(suspects) => {
            json!({ "died_in": suspects.iter().map(|check| check.id()).collect::<Vec<_>>() })
        }
    }
}

fn outcome(outcome: &Outcome) -> Value {
    let check = outcome.check;
    json!({
        "id": check.id(),
        "slug": check.slug(),
        "level": check.level().name(),
        "profile": check.profile().name(),
        "verdict": outcome.verdict.name(),
        "reason": outcome.reason,
        "clauses": check.clauses().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "expected": outcome.expected.as_ref().map(|(verdict, reason)| {
            json!({ "verdict": verdict.name(), "reason": reason })
        }),
        "seconds": outcome.took.as_secs_f64(),
        "transcript": outcome.transcript.to_string(),
    })
}
