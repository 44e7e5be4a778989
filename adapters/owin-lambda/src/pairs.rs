//! Names with one value or several, in the order of the event.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A JSON object of texts, of lists of texts, or `null`: fields and query parameters come so.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Several(Vec<String>),
    None(()),
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts or lists of texts")
    }

    fn visit_unit<E>(self) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some((name, values)) = map.next_entry::<String, Values>()? {
            match values {
                Values::One(value) => pairs.push((name, value)),
                Values::Several(values) => {
                    pairs.extend(values.into_iter().map(|value| (name.clone(), value)));
                }
                Values::None(()) => {}
            }
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        serde_json::from_str::<Pairs>(text).unwrap().0
    }

    #[test]
    fn values_stand_in_the_order_of_the_event() {
        let pairs = read(r#"{"z": ["1", "2"], "a": "3", "n": null}"#);
        let expected = [("z", "1"), ("z", "2"), ("a", "3")];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn null_is_no_pair() {
        assert!(read("null").is_empty());
    }

    #[test]
    fn a_number_is_refused() {
        assert!(serde_json::from_str::<Pairs>(r#"{"a": 1}"#).is_err());
    }
}
