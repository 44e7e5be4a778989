//! What a check can end with besides having held.

use crate::wire::Missing;

/// What a check comes to.
pub(crate) type Judged = Result<(), Lapse>;

/// Why a check has not held, or could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lapse {
    /// The server does otherwise.
    Failed(String),
    /// Nothing came in time. Once is no evidence: a machine under load is silent now and then.
    Silent(String),
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

impl Lapse {
    /// What a missing answer is, with a word on what it should have been the answer to.
    pub(crate) fn about(what: &str) -> impl FnOnce(Missing) -> Self {
        move |missing| Self::from(missing).explained(|why| format!("{what}: {why}"))
    }

    /// Whether the check is made again before this is believed.
    pub(crate) fn may_be_chance(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Blocked(_) | Self::Inconclusive(_))
    }

    /// Adds to the reason of a failure.
    pub(crate) fn explained(self, explain: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Failed(why) => Self::Failed(explain(why)),
            Self::Silent(why) => Self::Silent(explain(why)),
            lapse => lapse,
        }
    }
}

/// An answer that is missing fails a check, unless the check says otherwise.
impl From<Missing> for Lapse {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::OutOfTime => Self::Inconclusive(missing.to_string()),
            Missing::Silent(_) => Self::Silent(format!("instead of an answer: {missing}")),
            _ => Self::Failed(format!("instead of an answer: {missing}")),
        }
    }
}
