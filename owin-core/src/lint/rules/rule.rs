//! One rule, as data.

use std::fmt;

/// Says how much a rule binds, in the words of the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// An absolute requirement.
    Must,
    /// An absolute prohibition.
    MustNot,
    /// A requirement that there may be reasons to leave.
    Should,
    /// A prohibition that there may be reasons to leave.
    ShouldNot,
    /// A requirement in the running text, without a capital word.
    Text,
    /// What the implementations agree on without a document.
    DeFacto,
    /// What the authors of middleware agreed on.
    Guideline,
}

impl Level {
    /// The word of the documents, as in `SHOULD NOT`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::Text => "text",
            Self::DeFacto => "de facto",
            Self::Guideline => "guideline",
        }
    }

    /// Says whether breaking the rule makes the call fail.
    #[must_use]
    pub const fn is_must(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says whose duty a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Party {
    /// The server, or a middleware outside the lint that stands in for it.
    Server,
    /// A middleware inside [`Lint::around`](crate::Lint::around).
    Middleware,
    /// The app inside the lint, its own middlewares included.
    App,
    /// Everybody who touches the environment.
    All,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Middleware => "middleware",
            Self::App => "app",
            Self::All => "all",
        })
    }
}

/// A numbered rule of the contract; see [`rules`](crate::lint::rules()).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    id: &'static str,
    level: Level,
    party: Party,
    key: Option<&'static str>,
    source: &'static str,
    title: &'static str,
    remedy: &'static str,
}

impl Rule {
    /// Texts come as title and remedy, duty as level and party.
    pub(in crate::lint) const fn new(
        id: &'static str,
        (level, party): (Level, Party),
        key: Option<&'static str>,
        source: &'static str,
        (title, remedy): (&'static str, &'static str),
    ) -> Self {
        Self { id, level, party, key, source, title, remedy }
    }

    /// The public name, as in `OWIN-092`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// How much the rule binds.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Whose duty it is.
    #[must_use]
    pub const fn party(&self) -> Party {
        self.party
    }

    /// The dictionary key that it is about; `None` where it is about none or about many.
    #[must_use]
    pub const fn key(&self) -> Option<&'static str> {
        self.key
    }

    /// The document and section where it is written.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// What is expected, as a phrase behind that word: `a Host field`.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// What to do where it is broken.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        self.remedy
    }
}
