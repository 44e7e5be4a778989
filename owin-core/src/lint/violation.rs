//! A rule that was broken, and the place where such are collected.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lint::{Party, Rule};
use crate::{Error, ErrorKind};

/// A rule that was broken: what was expected, and what was seen instead.
///
/// Shown as `OWIN-092 owin.RequestHeaders: expected a Host field, seen none`.
#[derive(Clone, Debug)]
pub struct Violation {
    rule: &'static Rule,
    key: Option<Cow<'static, str>>,
    seen: Cow<'static, str>,
}

impl Violation {
    pub(super) fn new(
        rule: &'static Rule,
        key: Option<Cow<'static, str>>,
        seen: Cow<'static, str>,
    ) -> Self {
        Self { rule, key, seen }
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// The public name of the rule, as in `OWIN-092`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.rule.id()
    }

    /// The dictionary key that it is about, where it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What the rule asks for.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.rule.title()
    }

    /// What was there instead.
    #[must_use]
    pub fn seen(&self) -> &str {
        &self.seen
    }

    /// The error that makes the call fail.
    pub(super) fn to_error(&self) -> Error {
        let kind = match self.rule.party() {
            Party::Server => ErrorKind::Server,
            Party::App | Party::Middleware | Party::All => ErrorKind::App,
        };
        Error::new(kind, format!("the contract is broken: {self}")).with_source(self.clone())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())?;
        if let Some(key) = &self.key {
            write!(f, " {key}")?;
        }
        write!(f, ": expected {}, seen {}", self.expected(), self.seen)
    }
}

impl std::error::Error for Violation {}

/// The violations that a [`Lint`](crate::Lint) has recorded; clones are one collection.
///
/// ```
/// use owin_core::{AppExt, Environment, Error, Lint, testing::TestHost};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let (lint, violations) = Lint::recording();
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).with(lint);
/// let _response = TestHost::new(app).get("/").host("").send().await?;
/// assert_eq!(violations.ids(), ["OWIN-097"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Violations(Arc<Mutex<Vec<Violation>>>);

impl Violations {
    fn lock(&self) -> MutexGuard<'_, Vec<Violation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, violation: Violation) {
        self.lock().push(violation);
    }

    /// Takes all that were recorded so far.
    #[must_use]
    pub fn take(&self) -> Vec<Violation> {
        std::mem::take(&mut *self.lock())
    }

    /// The names of the broken rules, in the order in which they were found.
    #[must_use]
    pub fn ids(&self) -> Vec<&'static str> {
        self.lock().iter().map(Violation::id).collect()
    }

    /// The number of violations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Says whether no rule was broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Walks over those that were recorded so far; they stay.
    #[must_use]
    pub fn iter(&self) -> std::vec::IntoIter<Violation> {
        self.lock().clone().into_iter()
    }
}

impl IntoIterator for &Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
