//! The options of the command.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::check::Profile;

#[derive(Debug, Parser)]
#[command(name = "owin-conformance", version, about = "Tries what a server of HTTP/1.1 does")]
pub(super) struct Options {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tries a server
    Run(Run),
    /// Lists the checks
    List(List),
    /// Says what a check is about
    Explain {
        /// Its id or its name, as SM-02 or two-lengths
        id: String,
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
    /// With --command: the file that gets what the server prints
    #[arg(long)]
    pub(super) server_log: Option<PathBuf>,
    /// Makes the checks of this profile; may be given again
    #[arg(long)]
    pub(super) profile: Vec<Profile>,
    /// Makes this check; may be given again
    #[arg(long, value_name = "ID")]
    pub(super) only: Vec<String>,
    /// A file with known deviations: lines with id, verdict and reason
    #[arg(long, value_name = "FILE")]
    pub(super) expect: Option<PathBuf>,
    /// Writes the report as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// How many seconds the run may take
    #[arg(long, default_value_t = 55)]
    pub(super) seconds: u64,
    /// How many checks are made at the same time
    #[arg(long, default_value_t = 16)]
    pub(super) jobs: usize,
    /// Does not show how far the run is
    #[arg(long)]
    pub(super) quiet: bool,
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
