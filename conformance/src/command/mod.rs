//! The command `owin-conformance`: its options, and what each subcommand does.

mod options;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use self::options::{Command, Format, List, Options, Run};
use crate::run::{Outcome, Plan, Report, Started, Target, Verdict};
use crate::{check, report, run};

/// What the command ends with where its options cannot be used.
const USAGE: u8 = 2;

/// What the command ends with where the server cannot be started.
const UNREACHABLE: u8 = 3;

/// Reads the command line and does what it says.
///
/// Exit codes of a run: 0 the server conforms, 1 a selected MUST does not hold or another check came
/// to something else than was expected, 2 the command line cannot be used, 3 the server cannot be
/// reached or died.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Run(options) => tried(&options),
        Command::List(options) => listed(&options),
        Command::Explain { id } => explained(&id),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err((code, why)) => {
            let _unwritable = writeln!(io::stderr(), "owin-conformance: {why}");
            ExitCode::from(code)
        }
    }
}

/// An exit code, or one with the reason for it.
type Done = Result<u8, (u8, String)>;

fn usage(why: impl Into<String>) -> (u8, String) {
    (USAGE, why.into())
}

fn tried(options: &Run) -> Done {
    let plan = plan(options)?;
    let (target, started) = target(options)?;
    let progress = Progress { is_shown: io::stderr().is_terminal() && !options.quiet };
    let report = run::run(&target, &plan, &|outcome| progress.tell(outcome));
    progress.end();
    drop(started);
    written(options, &report)?;
    if !options.profile.is_empty() && report.outcomes.iter().all(is_skipped) {
        return Err(usage("none of these checks can be made without the probe contract"));
    }
    Ok(report.exit_code())
}

fn is_skipped(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Skipped
}

fn plan(options: &Run) -> Result<Plan, (u8, String)> {
    let mut plan = Plan::new().with_budget(options.budget()).with_workers(options.jobs);
    if !options.profile.is_empty() {
        plan = plan.with_profiles(options.profile.iter().copied());
    }
    plan = plan.with_only(options.only.iter().map(String::as_str)).map_err(usage)?;
    if let Some(file) = &options.expect {
        let text = std::fs::read_to_string(file)
            .map_err(|error| usage(format!("{}: {error}", file.display())))?;
        plan = plan
            .with_expectations(&text)
            .map_err(|why| usage(format!("{}: {why}", file.display())))?;
    }
    Ok(plan)
}

/// The server that is tried; started, where a command says how.
fn target(options: &Run) -> Result<(Target, Option<Started>), (u8, String)> {
    match (&options.url, &options.command) {
        (Some(url), None) => Ok((url.parse().map_err(usage)?, None)),
        (None, Some(command)) => {
            let started = run::start(command, &options.path, options.server_log.as_deref())
                .map_err(|error| (UNREACHABLE, format!("the server did not start: {error}")))?;
            Ok((started.target().clone(), Some(started)))
        }
        _ => Err(usage("a run needs a URL, or the command that starts the server")),
    }
}

fn written(options: &Run, report: &Report) -> Result<(), (u8, String)> {
    let text = report::console(report);
    let _unwritable = io::stdout().write_all(text.as_bytes());
    if let Some(file) = &options.json {
        let text = format!("{:#}\n", report::json(report));
        std::fs::write(file, text).map_err(|e| usage(format!("{}: {e}", file.display())))?;
    }
    Ok(())
}

fn listed(options: &List) -> Done {
    let checks =
        check::all().filter(|check| options.profile.is_none_or(|own| own == check.profile()));
    let text = match options.format {
        Format::Text => report::listed(checks),
        Format::Json => format!("{:#}\n", report::listed_as_json(checks)),
    };
    let _unwritable = io::stdout().write_all(text.as_bytes());
    Ok(0)
}

fn explained(id: &str) -> Done {
    let check = check::find(id).ok_or_else(|| usage(format!("there is no check {id:?}")))?;
    let _unwritable = io::stdout().write_all(report::explained(check).as_bytes());
    Ok(0)
}

/// A line on a terminal that says how far a run is.
struct Progress {
    is_shown: bool,
}

impl Progress {
    fn tell(&self, outcome: &Outcome) {
        if self.is_shown {
            let (id, slug, verdict) = (outcome.check.id(), outcome.check.slug(), outcome.verdict);
            let _unwritable = write!(io::stderr(), "\r\x1B[K{id} {slug}: {verdict}");
        }
    }

    fn end(&self) {
        if self.is_shown {
            let _unwritable = write!(io::stderr(), "\r\x1B[K");
        }
    }
}
