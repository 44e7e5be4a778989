//! What a check can end with besides having held.

use crate::wire::Missing;

/// What a check comes to.
pub(crate) type Judged = Result<(), Lapse>;

/// Why a check has not held, or could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lapse {
    /// The server does otherwise.
    Failed(String),
    /// What must hold first does not, so that nothing can be said.
    Blocked(String),
    /// The evidence contradicts itself, or time ran out.
    Inconclusive(String),
    /// It is not applicable, and why.
    Skipped(String),
    /// The suite itself could not go on.
    Broken(String),
}

/// Fails the check with that reason where the condition does not hold.
pub(crate) fn demand(holds: bool, why: impl FnOnce() -> String) -> Judged {
    if holds { Ok(()) } else { Err(Lapse::Failed(why())) }
}

/// An answer that is missing fails a check, unless the check says otherwise.
impl From<Missing> for Lapse {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::OutOfTime => Self::Inconclusive(missing.to_string()),
            _ => Self::Failed(format!("instead of an answer: {missing}")),
        }
    }
}
