//! Names with one value or several, in the order of the event.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A JSON object of texts, of lists of texts, or `null`: fields and query parameters come so.
///
/// The texts are kept as bytes: a load balancer copies those of a field as they came, which need be no
/// UTF-8 (RFC 9110 §5.5), as in <https://github.com/aws/aws-lambda-rust-runtime/issues/509>.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Vec<(String, Vec<u8>)>);

impl Pairs {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }
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
            pairs.extend(values.0.into_iter().map(|value| (name.clone(), value)));
        }
        Ok(Pairs(pairs))
    }
}

/// The values of a name: a text, a list of texts, or `null` for none.
struct Values(Vec<Vec<u8>>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_none<E>(self) -> Result<Values, E> {
        Ok(Values(Vec::new()))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Values, D::Error> {
        // Asked for bytes, JSON gives those of a text unchecked.
        deserializer.deserialize_byte_buf(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Values, E> {
        self.visit_bytes(text.as_bytes())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Values, E> {
        Ok(Values(vec![bytes.to_vec()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(Text(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

/// One text of a list.
struct Text(Vec<u8>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        self.visit_bytes(text.as_bytes())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
        Ok(Text(bytes.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: impl AsRef<[u8]>) -> Vec<(String, Vec<u8>)> {
        serde_json::from_slice::<Pairs>(json.as_ref()).unwrap().0
    }

    #[test]
    fn values_stand_in_the_order_of_the_event() {
        let pairs = read(r#"{"z": ["1", "2"], "a": "3", "n": null}"#);
        let expected = [("z", "1"), ("z", "2"), ("a", "3")];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.into())));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_kept() {
        for json in [&b"{\"a\": \"caf\xe9\\n\"}"[..], b"{\"a\": [\"caf\xe9\\n\"]}"] {
            assert_eq!(read(json), [("a".to_owned(), b"caf\xe9\n".to_vec())]);
        }
    }

    #[test]
    fn a_value_that_was_read_before_is_the_same() {
        let value = serde_json::json!({"a": ["1", "2"], "b": "\u{e9}", "c": null});
        let pairs = serde_json::from_value::<Pairs>(value).unwrap().0;
        let expected = [("a", "1"), ("a", "2"), ("b", "\u{e9}")];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.into())));
    }

    #[test]
    fn null_is_no_pair() {
        assert!(read("null").is_empty());
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for json in [r#"{"a": 1}"#, r#"{"a": [1]}"#, r#"{"a": [["1"]]}"#, r#"{"a": {}}"#, "1"] {
            assert!(serde_json::from_str::<Pairs>(json).is_err(), "{json}");
        }
    }
}
