//! What was seen where something is missing, and how long one waits for it.

use std::fmt;
use std::future::Future;
use std::time::Duration;

/// How long anything may take that is expected to come: as long as a machine may be that has much
/// else to do.
pub const PATIENCE: Duration = Duration::from_secs(60);

tokio::task_local! {
    /// How long the task waits where it was told.
    static TOLD: Duration;
}

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

/// Does something that waits for so long, at each place where something may not come, and not for
/// [`PATIENCE`]: for what is expected to be missing.
pub async fn waiting<T>(patience: Duration, work: impl Future<Output = T>) -> T {
    TOLD.scope(patience, work).await
}

/// Waits, as long as it was told.
///
/// # Errors
///
/// Where it takes longer: `what` did not come.
///
/// ```
/// use std::time::Duration;
/// use owin_adapter_matrix::{waiting, within};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let never = within("the end", std::future::pending::<()>());
/// let evidence = waiting(Duration::from_millis(20), never).await.unwrap_err();
/// assert_eq!(evidence.text(), "the end did not come within 20ms");
/// # }
/// ```
pub async fn within<T>(what: &str, wanted: impl Future<Output = T>) -> Result<T, Evidence> {
    let patience = TOLD.try_with(|told| *told).unwrap_or(PATIENCE);
    let waited = tokio::time::timeout(patience, wanted).await;
    waited.map_err(|_| Evidence(format!("{what} did not come within {patience:?}")))
}
