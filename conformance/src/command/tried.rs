//! What the subcommand `run` does.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};

use super::files::Files;
use super::options::Run;
use super::progress::Progress;
use super::{Done, USAGE, about, read};
use crate::report::{self, Document, Mode};
use crate::run::{self, Launch, Plan, Report, Target, Verdict};

/// How many random values a replay tries: as many as any run before it.
const CASES: u32 = 24;

pub(super) fn tried(options: &Run) -> Done {
    let plan = plan(options)?;
    let target = target(options)?;
    let baseline = options.baseline.as_deref().map(read).transpose()?;
    let is_github = options.forms.github || is_on_github();
    let files = Files::open(&options.forms, options.server_log.as_deref(), is_github)?;

    let report = match (&target, &options.command) {
        (Some(target), _) => made(options, target, &plan),
        (None, command) => {
            let command = command.as_deref().unwrap_or_default();
            started(options, &launch(options, command)?, &plan)
        }
    };
    let document = document(options, &report, baseline.as_ref());
    told(&document, is_github);
    files.write(&document)?;
    if document.exit_code == USAGE {
        let why = report.outcomes.first().map_or("nothing was selected", |own| &own.reason);
        return Err(format!("none of these checks is applicable: {why}"));
    }
    Ok(document.exit_code)
}

fn plan(options: &Run) -> Result<Plan, String> {
    let mut plan = Plan::new().with_budget(options.budget()).with_workers(options.jobs);
    plan = match options.seed {
        Some(seed) => plan.with_seed(seed).with_cases(CASES),
        None => plan.with_seed(random()),
    };
    if let Some(cases) = options.cases {
        plan = plan.with_cases(cases);
    }
    if !options.profile.is_empty() {
        plan = plan.with_profiles(options.profile.iter().copied());
    }
    if let Some(path) = &options.websocket {
        if !(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(format!("{path:?} is no path of an echo"));
        }
        plan = plan.with_websocket(path);
    }
    plan = plan.with_only(options.only.iter().map(String::as_str))?;
    if let Some(file) = &options.expect {
        let text = std::fs::read_to_string(file).map_err(|error| about(file, error))?;
        plan = plan.with_expectations(&text).map_err(|why| about(file, why))?;
    }
    Ok(plan)
}

/// The server that listens already; `None` where a command starts it.
fn target(options: &Run) -> Result<Option<Target>, String> {
    match (&options.url, &options.command) {
        (Some(url), None) => trusting(url.parse()?, options).map(Some),
        (None, Some(_)) => Ok(None),
        _ => Err("a run needs a URL, or the command that starts the server".to_owned()),
    }
}

/// The target, whose certificate is verified where there are roots for it.
fn trusting(target: Target, options: &Run) -> Result<Target, String> {
    let Some(file) = &options.ca else { return Ok(target) };
    let pem = std::fs::read(file).map_err(|error| about(file, error))?;
    target.with_roots(&pem).map_err(|why| about(file, why))
}

/// How the server is started.
fn launch(options: &Run, command: &str) -> Result<Launch, String> {
    let mut launch = Launch::new(command).with_path(&options.path);
    if options.tls {
        launch = launch.with_tls();
    }
    if let Some(log) = &options.server_log {
        launch = launch.with_log(log);
    }
    let Some(file) = &options.ca else { return Ok(launch) };
    let pem = std::fs::read(file).map_err(|error| about(file, error))?;
    Ok(launch.with_roots(pem))
}

/// Starts the server, tries it and stops it.
fn started(options: &Run, launch: &Launch, plan: &Plan) -> Report {
    let progress = Progress::new(options.quiet);
    let report = run::launched(launch, plan, &|step| progress.tell(step));
    progress.end();
    report
}

fn made(options: &Run, target: &Target, plan: &Plan) -> Report {
    let progress = Progress::new(options.quiet);
    let report = run::watched(target, plan, &|step| progress.tell(step));
    progress.end();
    report
}

fn document(options: &Run, report: &Report, baseline: Option<&Document>) -> Document {
    let mode = if options.command.is_some() { Mode::Command } else { Mode::Url };
    let mut document = Document::of(report).with_mode(mode);
    if let Some(name) = &options.name {
        document = document.with_name(name);
    }
    if let Some(baseline) = baseline {
        document = document.compared_with(baseline);
    }
    let is_skipped = document.checks.iter().all(|case| case.verdict == Verdict::Skipped);
    if !options.profile.is_empty() && is_skipped && document.exit_code == 0 {
        document.exit_code = USAGE;
    }
    document
}

/// Prints the report, in colours on a terminal that has them.
fn told(document: &Document, is_github: bool) {
    let mut text = report::coloured(document);
    if is_github {
        text = report::fenced(&text, &token()) + &report::annotations(document);
    }
    let _unwritable = anstream::stdout().write_all(text.as_bytes());
    let _unwritable = io::stdout().flush();
}

fn is_on_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// A word that nobody else can know.
fn token() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// A number that differs from run to run.
fn random() -> u32 {
    u32::try_from(RandomState::new().build_hasher().finish() >> 32).unwrap_or_default()
}
