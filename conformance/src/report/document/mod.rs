//! A report as it is written down: all that a form needs, and nothing of the suite that reads it.

mod case;
mod evidence;
mod occasion;
mod tally;
mod words;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::run::{Lost, Report, Verdict};

pub use self::case::{Case, Known, Quote};
pub use self::evidence::{Evidence, Kind, Piece};
pub use self::occasion::{Mode, Occasion, Subject, Suite};
pub use self::tally::Tally;
pub(super) use self::words::printable;

/// The version of the form; fields may be added without it moving. `schema/report.json` has it.
const FORM: u64 = 2;

/// A report as it is written down. It knows its checks by what their records said when the run was
/// made, so that one of an earlier or later suite can be read.
///
/// ```
/// use owin_conformance::report::Document;
/// use owin_conformance::run::{Plan, run};
///
/// let report = run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {});
/// let written = Document::of(&report).with_name("nobody").to_json().to_string();
/// let read = Document::read(&written)?;
/// assert_eq!((read.name(), read.exit_code), ("nobody", 3));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Document {
    /// The version of the form.
    pub form: u64,
    /// What made the run.
    pub suite: Suite,
    /// What was tried.
    pub target: Subject,
    /// When, where and how.
    pub run: Occasion,
    /// What the program ended with.
    pub exit_code: u8,
    /// Why the server could not be tried, or how it died.
    pub lost: Option<Loss>,
    /// The earlier report that this one is compared with.
    #[serde(default)]
    pub baseline: Option<Baseline>,
    /// What is known of each profile, in the order of the checks.
    pub profiles: Vec<Tally>,
    /// What each check came to, in the order of the catalogue.
    pub checks: Vec<Case>,
}

/// How a server was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// It could not be tried at all, and why.
    Unreachable(String),
    /// It answers no more since one of these checks was made, by their ids.
    DiedIn(Vec<String>),
}

/// The earlier report that one is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Baseline {
    /// What it calls its target.
    pub name: String,
    /// When its run began, as in [`Occasion::begun`].
    pub begun: String,
    /// How many of its checks this run has not made.
    pub not_made: usize,
}

impl Document {
    /// Writes a report down.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let checks: Vec<Case> = report.outcomes.iter().map(Case::of).collect();
        Self {
            form: FORM,
            suite: Suite::this(),
            target: Subject::of(report),
            run: Occasion::of(report),
            exit_code: report.exit_code(),
            lost: report.lost.as_ref().map(Loss::of),
            baseline: None,
            profiles: Tally::all_of(report, &checks),
            checks,
        }
    }

    /// Calls the target so, as `nginx 1.26`; without it, its URL is its name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.target.name = Some(name.into());
        self
    }

    /// Says how the suite came to the server.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.run.mode = mode;
        self
    }

    /// Reads a report that was written as JSON.
    ///
    /// # Errors
    ///
    /// Where the text is no such report, or of a form that this suite does not know.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        match value.get("form").and_then(Value::as_u64) {
            Some(FORM) => serde_json::from_value(value).map_err(|e| format!("no report: {e}")),
            Some(form) => Err(format!("a report of form {form}; this suite reads form {FORM}")),
            None => Err("no report: it has no `form`".to_owned()),
        }
    }

    /// The report as JSON, for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What the target is called: its name, or its URL.
    #[must_use]
    pub fn name(&self) -> &str {
        self.target.name.as_deref().unwrap_or(&self.target.url)
    }

    /// The checks of a profile.
    pub fn of_profile<'a>(&'a self, profile: &'a str) -> impl Iterator<Item = &'a Case> {
        self.checks.iter().filter(move |case| case.profile == profile)
    }

    /// The checks for which the program does not end with 0.
    pub fn breaking(&self) -> impl Iterator<Item = &Case> {
        self.checks.iter().filter(|case| case.breaks_the_run)
    }

    /// What the program ended with, and why, in a sentence.
    #[must_use]
    pub fn ending(&self) -> String {
        let code = self.exit_code;
        let broken: Vec<&str> = self.breaking().map(|case| case.id.as_str()).collect();
        let why = match (&self.lost, broken.len(), &self.baseline) {
            (Some(Loss::Unreachable(why)), ..) => format!("the server cannot be reached: {why}"),
            (Some(Loss::DiedIn(ids)), ..) => format!("the server died in {}", ids.join(", ")),
            (None, 0, _) if self.checks.iter().all(|own| own.verdict == Verdict::Skipped) => {
                "nothing that was selected is applicable".to_owned()
            }
            (None, 0, Some(_)) => "nothing is worse than in the baseline".to_owned(),
            (None, 0, None) => format!("all that is demanded holds{}", self.excepted()),
            (None, 1, _) => format!("1 check breaks the run: {}", broken.concat()),
            (None, count, _) => format!("{count} checks break the run: {}", few(&broken)),
        };
        format!("exit code {code}: {why}")
    }

    /// What an expectation file says does not hold, or may not, as an addition to what does.
    fn excepted(&self) -> String {
        let count = |is: fn(&&Case) -> bool| self.checks.iter().filter(is).count();
        let known = match count(|case| case.is_expected()) {
            0 => None,
            1 => Some("1 known deviation".to_owned()),
            known => Some(format!("{known} known deviations")),
        };
        let varying = match count(|case| case.varies.is_some()) {
            0 => None,
            1 => Some("1 check that varies".to_owned()),
            varying => Some(format!("{varying} checks that vary")),
        };
        let excepted: Vec<_> = [known, varying].into_iter().flatten().collect();
        if excepted.is_empty() {
            String::new()
        } else {
            format!(", but for {}", excepted.join(" and "))
        }
    }
}

impl Loss {
    fn of(lost: &Lost) -> Self {
        match lost {
            Lost::Unreachable(why) => Self::Unreachable(printable(why)),
            Lost::Died(suspects) => {
                Self::DiedIn(suspects.iter().map(|check| check.id().to_owned()).collect())
            }
        }
    }
}

/// The first of the ids, and how many there are besides.
fn few(ids: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown = ids.get(..SHOWN).unwrap_or(ids).join(", ");
    match ids.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
