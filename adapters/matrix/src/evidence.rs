//! What was seen where something is missing.

use std::fmt;
use std::future::Future;
use std::time::Duration;

/// How long anything may take that is expected to come. Generous, for the machine may be busy.
pub const BUDGET: Duration = Duration::from_secs(10);

/// What was seen where a server does not show what was asked for, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence(String);

impl Evidence {
    /// Something was seen.
    #[must_use]
    pub fn new(seen: impl Into<String>) -> Self {
        Self(seen.into())
    }

    /// The same, with what it was seen at in front.
    #[must_use]
    pub fn at(self, what: &str) -> Self {
        Self(format!("{what}: {}", self.0))
    }

    /// What was seen.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Evidence {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<owin_core::Error> for Evidence {
    fn from(error: owin_core::Error) -> Self {
        Self(error.to_string())
    }
}

/// Waits within [`BUDGET`].
///
/// # Errors
///
/// Where it takes longer: `what` did not come.
pub async fn within<T>(what: &str, wanted: impl Future<Output = T>) -> Result<T, Evidence> {
    let waited = tokio::time::timeout(BUDGET, wanted).await;
    waited.map_err(|_| Evidence(format!("{what} did not come within {} s", BUDGET.as_secs())))
}
