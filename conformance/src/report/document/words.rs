//! Words of the suite as text, and text that came from a server as such that can be shown.

use serde::{Deserialize, Deserializer, Serializer};

use crate::check::Level;
use crate::run::{Conclusion, Verdict};

/// The text without what a terminal or a log obeys: control characters are shown as escapes.
pub(in crate::report) fn printable(text: &str) -> String {
    let shown = |letter: char| {
        let is_marked = letter.is_control() || is_direction(letter);
        if is_marked { letter.escape_default().to_string() } else { letter.to_string() }
    };
    text.chars().map(shown).collect()
}

/// Whether a character turns the direction in which its neighbours are read.
fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A level by its name.
pub(super) mod level {
    use super::{Deserialize, Deserializer, Level, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    pub(in crate::report::document) fn serialize<S: Serializer>(
        level: &Level,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(level.name())
    }

    pub(in crate::report::document) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Level, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = Level::all().into_iter().find(|level| level.name() == name);
        found.ok_or_else(|| serde::de::Error::custom(format!("{name:?} is no level")))
    }
}

/// A verdict by its name.
pub(super) mod verdict {
    use super::{Deserialize, Deserializer, Serializer, Verdict};

    pub(in crate::report::document) fn serialize<S: Serializer>(
        verdict: &Verdict,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(verdict.name())
    }

    pub(in crate::report::document) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Verdict, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// A verdict that may be missing.
pub(super) mod maybe_verdict {
    use super::{Deserialize, Deserializer, Serializer, Verdict};

    pub(in crate::report::document) fn serialize<S: Serializer>(
        verdict: &Option<Verdict>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match verdict {
            Some(verdict) => serializer.serialize_str(verdict.name()),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::report::document) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Verdict>, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        name.map(|name| name.parse().map_err(serde::de::Error::custom)).transpose()
    }
}

/// What is known of a profile; `null` where nothing that decides was selected.
pub(super) mod conclusion {
    use super::{Conclusion, Deserialize, Deserializer, Serializer};

    const NAMES: [(Conclusion, &str); 4] = [
        (Conclusion::Conforms, "conforms"),
        (Conclusion::Partial, "partial"),
        (Conclusion::Fails, "fails"),
        (Conclusion::NotApplicable, "not applicable"),
    ];

    pub(in crate::report::document) fn serialize<S: Serializer>(
        conclusion: &Option<Conclusion>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match NAMES.iter().find(|(own, _)| Some(*own) == *conclusion) {
            Some((_, name)) => serializer.serialize_str(name),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::report::document) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Conclusion>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let found = NAMES.iter().find(|(_, own)| *own == name);
        let found = found.ok_or_else(|| format!("{name:?} is no conclusion"));
        found.map(|(own, _)| Some(*own)).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(printable("a\x1b[31m\r\nb\u{202E}é"), "a\\u{1b}[31m\\r\\nb\\u{202e}é");
    }
}
