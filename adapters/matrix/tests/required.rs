//! What the conformance suite requires of every server, tried on those behind a web server; those that
//! speak HTTP themselves have a test for each check, without any known deviation, in their crates. What
//! a web server in front does otherwise stands in `expect/`, with its reason.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a file that cannot be read is a failed test; each server says how long it took"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use owin_adapter_matrix::servers::{Entry, Protocol, entries};
use owin_conformance::check::Profile;
use owin_conformance::report::console;
use owin_conformance::run::{Conclusion, Plan, Report, run};

/// Checks at the same time on one server; there are several servers.
const WORKERS: usize = 4;

/// Those behind a web server.
fn asked() -> impl Iterator<Item = &'static Entry> {
    entries().iter().filter(|entry| entry.front.is_some() && entry.protocol == Protocol::Http1)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("expect")
}

/// The expectation file of a server: `cgi-behind-apache.expect` is that of `cgi behind Apache`.
fn file(entry: &Entry) -> PathBuf {
    folder().join(format!("{}.expect", entry.name.to_lowercase().replace(' ', "-")))
}

/// Tries a server with what is known of it; `None` where it is not checked.
fn tried(entry: &Entry, known: &str) -> Option<Report> {
    let started = support::started(entry)?;
    let target = format!("http://{}/probe", started.target.address).parse().unwrap();
    let plan = Plan::new().with_profiles([Profile::Required]).with_workers(WORKERS);
    Some(run(&target, &plan.with_expectations(known).unwrap(), &|_| {}))
}

/// What is wrong with a server, or with its file.
fn fault(entry: &Entry) -> Option<String> {
    let file = file(entry);
    let known = if file.exists() { fs::read_to_string(&file).unwrap() } else { String::new() };
    let report = tried(entry, &known)?;
    println!("{}: required, in {:.1} s", entry.name, report.took.as_secs_f64());
    let conforms = report.conclusion(Profile::Required) == Some(Conclusion::Conforms);
    let is_right = report.exit_code() == 0 && conforms != file.exists();
    (!is_right).then(|| format!("{}:\n{}", entry.name, console(&report)))
}

#[test]
fn what_stands_in_front_of_a_server_leaves_what_is_required_as_far_as_is_known() {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let tried: Vec<_> = asked().map(|entry| scope.spawn(|| fault(entry))).collect();
        tried.into_iter().filter_map(|tried| tried.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_file_of_expectations_is_that_of_a_server() {
    let files: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let stale = files.iter().filter(|path| !asked().any(|entry| file(entry) == **path));
    assert_eq!(stale.collect::<Vec<_>>(), [""; 0].map(Path::new));
}
