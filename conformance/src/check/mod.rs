//! The catalogue: one record for each check, declared beside its code.

mod clause;
mod feature;
mod page;
mod profile;
mod words;

use std::fmt;

use crate::judge::{Breach, Judged, Refusal, Trial, Violation};
use crate::middleware::Rig;

pub use self::clause::Clause;
pub(crate) use self::clause::{guideline, incident, owin, rfc9110, rfc9112, rfc9113, standard};
pub use self::feature::Feature;
pub use self::page::page;
pub use self::profile::Profile;
pub use self::words::{Level, Party};

/// One check: what has to hold, who says so, what follows where it does not, and how it is seen.
///
/// ```
/// let check = owin_conformance::check::find("two-lengths").unwrap();
/// assert_eq!(check.id(), "SM-02");
/// assert!(check.clauses()[0].to_string().starts_with("RFC 9112 §6.3"));
/// ```
#[derive(Clone, Copy)]
pub struct Check {
    /// Never given to another check and never changed.
    pub(crate) id: &'static str,
    /// The id for people: words with hyphens.
    pub(crate) slug: &'static str,
    pub(crate) title: &'static str,
    pub(crate) level: Level,
    pub(crate) profile: Profile,
    pub(crate) clauses: &'static [Clause],
    /// The ids of the contract's catalogue that it checks a part of; empty where there are none.
    pub(crate) seeds: &'static str,
    /// What a failure means in production.
    pub(crate) means: &'static str,
    /// Where those who write servers look first.
    pub(crate) fix: &'static str,
    pub(crate) proof: Proof,
}

/// How a check is made.
#[derive(Clone, Copy)]
pub(crate) enum Proof {
    /// Each of these messages is refused, and its twin, with only the defect repaired, is taken.
    Refuses(Refusal),
    /// Each of these is refused or ends a WebSocket, and its twin is taken.
    WebSocketRefuses(Violation),
    /// Each of these rows of frames is refused, and its twin is taken.
    Breaks(Breach),
    /// A script that ends well where it holds.
    Holds(fn(&Trial<'_>) -> Judged),
    /// As [`Proof::Holds`], of connections as such: the message has no place on one.
    HoldsOnce(fn(&Trial<'_>) -> Judged),
    /// As [`Proof::Holds`], by what the app of the probe contract sees or does.
    HoldsByProbe(fn(&Trial<'_>) -> Judged),
    /// As [`Proof::Holds`], but nothing else is tried meanwhile, and it is made once: it takes more of
    /// the server than one or two connections.
    HoldsAlone(fn(&Trial<'_>) -> Judged),
    /// A script with a middleware around apps in memory, that ends well where it holds.
    OfMiddleware(fn(&Rig) -> Judged),
}

impl Check {
    /// The id, as `SM-02`. It stays the same in all versions.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The id for people, as `two-lengths`.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        self.slug
    }

    /// What has to hold, in a sentence.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// How much it matters.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// To whom it is a duty.
    #[must_use]
    pub fn party(&self) -> Party {
        self.profile.party()
    }

    /// The profile that it is a part of.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Who says so.
    #[must_use]
    pub fn clauses(&self) -> &'static [Clause] {
        self.clauses
    }

    /// The ids of the contract's catalogue of which it checks a part, as `HT-02, attack 1`; empty
    /// where the catalogue says nothing of it.
    #[must_use]
    pub fn seeds(&self) -> &'static str {
        self.seeds
    }

    /// What a failure means in production.
    #[must_use]
    pub fn means(&self) -> &'static str {
        self.means
    }

    /// How it is put right.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        self.fix
    }

    /// Whether it sees that something is refused: then every message of it has a twin.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        matches!(self.proof, Proof::Refuses(_) | Proof::WebSocketRefuses(_) | Proof::Breaks(_))
    }

    /// The messages without a defect that must be taken before a refusal proves anything, each once.
    /// `{target}` and `{host}` in them stand for what a run puts there.
    #[must_use]
    pub fn twins(&self) -> Vec<Vec<u8>> {
        match &self.proof {
            Proof::Refuses(refusal) => refusal.twins(),
            Proof::WebSocketRefuses(violation) => violation.twins(),
            Proof::Breaks(breach) => breach.twins(),
            _ => Vec::new(),
        }
    }

    /// The messages with a defect, in the same form.
    #[must_use]
    pub fn bad_messages(&self) -> Vec<Vec<u8>> {
        match &self.proof {
            Proof::Refuses(refusal) => refusal.messages().map(|(bad, _)| bad).collect(),
            Proof::WebSocketRefuses(violation) => {
                violation.messages().into_iter().map(|(bad, _)| bad).collect()
            }
            Proof::Breaks(breach) => breach.messages().map(|(bad, _)| bad).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it can be made only where the server hosts the probe contract.
    #[must_use]
    pub fn needs_probe(&self) -> bool {
        matches!(self.proof, Proof::HoldsByProbe(_))
    }

    /// Whether nothing else is tried while it is made.
    #[must_use]
    pub fn is_made_alone(&self) -> bool {
        matches!(self.proof, Proof::HoldsAlone(_))
    }

    /// Whether the text is the id or the slug; letters count as the same in both cases.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name) || self.slug.eq_ignore_ascii_case(name)
    }
}

/// Every check, in the order of the profiles and their ids.
pub fn all() -> impl Iterator<Item = &'static Check> {
    crate::checks::TABLES.iter().copied().flatten()
}

/// The check of that id or slug.
#[must_use]
pub fn find(name: &str) -> Option<&'static Check> {
    all().find(|check| check.is_called(name))
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({} {})", self.id, self.slug)
    }
}
