//! What made a run, on what, when and where.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::evidence::millis;
use crate::check;
use crate::probe::hex;
use crate::report::listed_as_json;
use crate::run::Report;

/// The suite that made a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of all records in hexadecimal digits: where two reports have the same, they speak
    /// of the same checks.
    pub catalogue: String,
}

/// What was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subject {
    /// Where it listens; empty where it was never started.
    pub url: String,
    /// What it is called.
    pub name: Option<String>,
    /// Whether it hosts the probe contract.
    pub probe: bool,
    /// The names of the features that it claims, as `sendfile`.
    #[serde(default)]
    pub features: Vec<String>,
}

/// When, where and how a run was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Occasion {
    /// How the suite came to the server.
    pub mode: Mode,
    /// When it began, in UTC, as `2026-11-21T19:31:24Z`.
    pub begun: String,
    /// How long it took.
    pub seconds: f64,
    /// The operating system that the suite ran on, as `linux`.
    pub os: String,
    /// Its processor, as `x86_64`.
    pub arch: String,
    /// How many threads of its can run at the same time.
    pub cores: usize,
    /// Which random values were tried; 0 in a report of before.
    #[serde(default)]
    pub seed: u32,
    /// What a reader has to know of how it was made, each in a sentence.
    #[serde(default)]
    pub remarks: Vec<String>,
}

/// How the suite came to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Mode {
    /// It listened at a URL.
    Url,
    /// The suite started it by a command.
    Command,
    /// It is in the process of the suite.
    Process,
}

impl Suite {
    /// This suite.
    pub(super) fn this() -> Self {
        let records: Value = listed_as_json(check::all());
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            catalogue: hex(&Sha256::digest(records.to_string())),
        }
    }
}

impl Subject {
    pub(super) fn of(report: &Report) -> Self {
        let features = report.claims.iter().map(|feature| feature.name().to_owned()).collect();
        Self { url: report.target.clone(), name: None, probe: report.has_probe, features }
    }
}

impl Occasion {
    /// What is known of a run that ended just now.
    pub(super) fn of(report: &Report) -> Self {
        let now = SystemTime::now();
        let begun = now.checked_sub(report.took).unwrap_or(now);
        Self {
            mode: Mode::Url,
            begun: DateTime::<Utc>::from(begun).to_rfc3339_opts(SecondsFormat::Secs, true),
            seconds: millis(report.took.as_secs_f64()),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            seed: report.seed,
            remarks: report.remarks.clone(),
        }
    }
}
