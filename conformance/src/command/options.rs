//! The options of the command.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::check::Profile;

#[derive(Debug, Parser)]
#[command(name = "owin-conformance", version, about = "Tries what a server of HTTP does")]
pub(super) struct Options {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tries a server
    Run(Box<Run>),
    /// Lists the checks
    List(List),
    /// Says what a check is about
    Explain {
        /// Its id or its name, as SM-02 or two-lengths
        id: String,
    },
    /// Makes one page of HTML of reports that were written as JSON
    Page {
        /// The page
        page: PathBuf,
        /// The reports; each is a column of the page
        #[arg(required = true, value_name = "REPORT.json")]
        reports: Vec<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub(super) struct Run {
    /// Where the server listens, as http://127.0.0.1:8080
    pub(super) url: Option<String>,
    /// Starts the server by this command of the shell; {port} in it becomes a free port
    #[arg(long, conflicts_with = "url")]
    pub(super) command: Option<String>,
    /// With --command: the path of plain requests
    #[arg(long, default_value = "")]
    pub(super) path: String,
    /// With --command: the server speaks TLS
    #[arg(long)]
    pub(super) tls: bool,
    /// Verifies the server's certificate by the roots in this file, in PEM; else any is taken
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// With --command: the file that gets what the server prints
    #[arg(long)]
    pub(super) server_log: Option<PathBuf>,
    /// Makes the checks of this profile; may be given again
    #[arg(long)]
    pub(super) profile: Vec<Profile>,
    /// The path of an echo of WebSockets, which is tried without the probe too
    #[arg(long, value_name = "PATH")]
    pub(super) websocket: Option<String>,
    /// Makes this check; may be given again
    #[arg(long, value_name = "ID")]
    pub(super) only: Vec<String>,
    /// A file with known deviations: lines with id, verdict (or `varies`) and reason
    #[arg(long, value_name = "FILE")]
    pub(super) expect: Option<PathBuf>,
    /// An earlier report as JSON: only what is worse than there makes the run fail
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// What the server is called in reports, as "nginx 1.26"; without it, its URL
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Tries the random values of that seed, as a report shows it, and all of them
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u32>,
    /// How many random values each check tries, however long that takes; 24 at most without it
    #[arg(long, value_name = "N")]
    pub(super) cases: Option<u32>,
    /// How many seconds the run may take
    #[arg(long, default_value_t = 55)]
    pub(super) seconds: u64,
    /// How many checks are made at the same time
    #[arg(long, default_value_t = 16)]
    pub(super) jobs: usize,
    /// Does not show how far the run is
    #[arg(long)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) forms: Forms,
}

/// What a run writes besides what it prints.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reports")]
pub(super) struct Forms {
    /// Writes the report as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Writes it as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Writes it as one page of HTML
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Writes a badge: a picture if the file ends with .svg, else JSON for shields.io
    #[arg(long, value_name = "FILE")]
    pub(super) badge: Option<PathBuf>,
    /// Writes the counts as a table in Markdown
    #[arg(long, value_name = "FILE")]
    pub(super) markdown: Option<PathBuf>,
    /// Prints annotations for GitHub and appends to the file that `GITHUB_STEP_SUMMARY` names; on by
    /// itself where `GITHUB_ACTIONS` is `true`
    #[arg(long)]
    pub(super) github: bool,
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// Those of this profile only
    #[arg(long)]
    pub(super) profile: Option<Profile>,
    /// How they are listed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

impl Run {
    pub(super) fn budget(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
