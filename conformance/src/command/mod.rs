//! The command `owin-conformance`: its options, and what each subcommand does.

mod files;
mod options;
mod progress;
mod tried;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use self::options::{Command, Format, List, Options};
use crate::report::Document;
use crate::{check, report};

/// What the command ends with where its options cannot be used.
const USAGE: u8 = 2;

/// Reads the command line and does what it says.
///
/// Exit codes of a run: 0 the server conforms, 1 a selected MUST does not hold or another check came
/// to something else than was expected, 2 the command line cannot be used or a report not be
/// written, 3 the server cannot be reached or died. With a baseline, 1 means that something is worse
/// than there.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Run(options) => tried::tried(&options),
        Command::List(options) => listed(&options),
        Command::Explain { id } => explained(&id),
        Command::Page { page, reports } => paged(&page, &reports),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            let _unwritable = writeln!(io::stderr(), "owin-conformance: {why}");
            ExitCode::from(USAGE)
        }
    }
}

/// An exit code, or why the command line cannot be used.
type Done = Result<u8, String>;

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
    let check = check::find(id).ok_or_else(|| format!("there is no check {id:?}"))?;
    let _unwritable = io::stdout().write_all(report::explained(check).as_bytes());
    Ok(0)
}

fn paged(page: &Path, reports: &[PathBuf]) -> Done {
    let documents = reports.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    std::fs::write(page, report::page(&documents)).map_err(|error| about(page, error))?;
    Ok(0)
}

/// A report that was written as JSON.
fn read(file: &Path) -> Result<Document, String> {
    let text = std::fs::read_to_string(file).map_err(|error| about(file, error))?;
    Document::read(&text).map_err(|why| about(file, why))
}

/// Says of which file something is true.
fn about(file: &Path, why: impl std::fmt::Display) -> String {
    format!("{}: {why}", file.display())
}
