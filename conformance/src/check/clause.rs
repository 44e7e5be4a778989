//! Who says what has to hold.

use std::fmt;

/// A sentence of a standard, or an incident, in our words; shown as `RFC 9112 §3.2: …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    document: &'static str,
    section: &'static str,
    says: &'static str,
}

impl Clause {
    /// The document, as `RFC 9112`, or the name of an incident.
    #[must_use]
    pub fn document(&self) -> &'static str {
        self.document
    }

    /// The section, as `3.2`; empty for an incident.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// What it says, in our words.
    #[must_use]
    pub fn says(&self) -> &'static str {
        self.says
    }
}

/// A section of OWIN 1.0.
pub(crate) const fn owin(section: &'static str, says: &'static str) -> Clause {
    Clause { document: "OWIN 1.0", section, says }
}

/// The guidelines for middlewares beside OWIN 1.0.
pub(crate) const fn guideline(says: &'static str) -> Clause {
    Clause { document: "OWIN middleware guidelines", section: "", says }
}

/// A section of HTTP Semantics.
pub(crate) const fn rfc9110(section: &'static str, says: &'static str) -> Clause {
    standard("RFC 9110", section, says)
}

/// A section of HTTP/1.1.
pub(crate) const fn rfc9112(section: &'static str, says: &'static str) -> Clause {
    standard("RFC 9112", section, says)
}

/// A section of HTTP/2.
pub(crate) const fn rfc9113(section: &'static str, says: &'static str) -> Clause {
    standard("RFC 9113", section, says)
}

/// A section of a standard by its name, as `RFC 7541`.
pub(crate) const fn standard(
    document: &'static str,
    section: &'static str,
    says: &'static str,
) -> Clause {
    Clause { document, section, says }
}

/// Something that happened, by its name.
pub(crate) const fn incident(name: &'static str, says: &'static str) -> Clause {
    Clause { document: name, section: "", says }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.document)?;
        if !self.section.is_empty() {
            write!(f, " §{}", self.section)?;
        }
        write!(f, ": {}", self.says)
    }
}
