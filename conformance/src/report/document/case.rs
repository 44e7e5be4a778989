//! What one check came to, as it is written down.

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, millis};
use super::words;
use crate::check::{Clause, Level};
use crate::run::{Expectation, Outcome, Verdict};

/// What one check came to, with what its record says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Case {
    /// Its id, as `SM-02`.
    pub id: String,
    /// Its id for people, as `two-lengths`.
    pub slug: String,
    /// What has to hold, in a sentence.
    pub title: String,
    /// The profile that it is a part of.
    pub profile: String,
    /// How much it matters.
    #[serde(with = "words::level")]
    pub level: Level,
    /// To whom it is a duty.
    pub party: String,
    /// What it came to.
    #[serde(with = "words::verdict")]
    pub verdict: Verdict,
    /// Why; empty where it holds.
    pub reason: String,
    /// The verdict that an expectation file says it comes to.
    pub expected: Option<Known>,
    /// Why it comes out by chance, where an expectation file says that it does.
    #[serde(default)]
    pub varies: Option<String>,
    /// What it came to in the baseline; `None` where that does not have it, or there is none.
    #[serde(default, with = "words::maybe_verdict")]
    pub before: Option<Verdict>,
    /// Whether it is a reason for the program not to end with 0.
    pub breaks_the_run: bool,
    /// Who says that it has to hold.
    pub clauses: Vec<Quote>,
    /// What a failure means in production.
    pub means: String,
    /// How it is put right.
    pub fix: String,
    /// How long it took.
    pub seconds: f64,
    /// What went over the connection that decided; `None` where it holds, or none was made.
    pub transcript: Option<Evidence>,
}

/// A verdict that an expectation file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Known {
    /// The verdict that is known.
    #[serde(with = "words::verdict")]
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// A clause as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quote {
    /// The document, as `RFC 9112`, or the name of an incident.
    pub document: String,
    /// The section, as `6.3`; empty for an incident.
    pub section: String,
    /// What it says, in our words.
    pub says: String,
}

impl Case {
    pub(in crate::report) fn of(outcome: &Outcome) -> Self {
        let check = outcome.check;
        let (expected, varies) = Known::of(outcome.expected.as_ref());
        Self {
            id: check.id().to_owned(),
            slug: check.slug().to_owned(),
            title: check.title().to_owned(),
            profile: check.profile().name().to_owned(),
            level: check.level(),
            party: check.party().name().to_owned(),
            verdict: outcome.verdict,
            reason: words::printable(&outcome.reason),
            expected,
            varies,
            before: None,
            breaks_the_run: outcome.breaks_the_run(),
            clauses: check.clauses().iter().map(Quote::of).collect(),
            means: check.means().to_owned(),
            fix: check.fix().to_owned(),
            seconds: millis(outcome.took.as_secs_f64()),
            transcript: Evidence::of(&outcome.transcript),
        }
    }

    /// Whether it came to the verdict that an expectation file says.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        self.expected.as_ref().is_some_and(|known| known.verdict == self.verdict)
    }

    /// Whether there is something to tell of it besides that it holds or is not applicable.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let is_known = self.expected.is_some() || self.varies.is_some();
        self.verdict.is_bad() || is_known || self.breaks_the_run
    }

    /// What it is called: id, slug and level, as `SM-02 two-lengths (MUST)`.
    #[must_use]
    pub fn heading(&self) -> String {
        format!("{} {} ({})", self.id, self.slug, self.level)
    }

    /// What is known of what it came to, as an addition to the verdict; empty where nothing is.
    #[must_use]
    pub fn remark(&self) -> String {
        if let Some(reason) = &self.varies {
            return format!(", which varies: {reason}");
        }
        match (&self.expected, self.before) {
            (Some(known), _) if known.verdict == self.verdict => {
                format!(", as known: {}", known.reason)
            }
            (Some(known), _) => format!(", but {} was expected", known.verdict),
            (None, Some(before)) if before == self.verdict => ", as in the baseline".to_owned(),
            (None, Some(before)) => format!(", {before} in the baseline"),
            (None, None) => String::new(),
        }
    }
}

impl Known {
    /// What an expectation file says: a verdict, or why none can be said.
    fn of(expectation: Option<&Expectation>) -> (Option<Self>, Option<String>) {
        let Some(Expectation { verdict, reason }) = expectation else { return (None, None) };
        let reason = words::printable(reason);
        match *verdict {
            Some(verdict) => (Some(Self { verdict, reason }), None),
            None => (None, Some(reason)),
        }
    }
}

impl Quote {
    fn of(clause: &Clause) -> Self {
        Self {
            document: clause.document().to_owned(),
            section: clause.section().to_owned(),
            says: clause.says().to_owned(),
        }
    }

    /// Where it stands, as `RFC 9112 §6.3`.
    #[must_use]
    pub fn place(&self) -> String {
        let mark = if self.section.is_empty() { "" } else { " §" };
        format!("{}{mark}{}", self.document, self.section)
    }

    /// Where it can be read; `None` for what is no RFC.
    ///
    /// ```
    /// use owin_conformance::report::Document;
    /// use owin_conformance::run::{Plan, run};
    ///
    /// let plan = Plan::new().with_only(["two-lengths"])?;
    /// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &plan, &|_| {}));
    /// let quote = &document.checks[0].clauses[0];
    /// assert_eq!(quote.place(), "RFC 9112 §6.3");
    /// assert_eq!(quote.url().unwrap(), "https://www.rfc-editor.org/rfc/rfc9112#section-6.3");
    /// # Ok::<(), String>(())
    /// ```
    #[must_use]
    pub fn url(&self) -> Option<String> {
        let number = self.document.strip_prefix("RFC ")?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_section = self.section.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        let section = if self.section.is_empty() { "" } else { "#section-" };
        (is_number && is_section)
            .then(|| format!("https://www.rfc-editor.org/rfc/rfc{number}{section}{}", self.section))
    }
}

impl std::fmt::Display for Quote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place(), self.says)
    }
}
