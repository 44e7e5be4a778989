//! Any row of operations on a header does what it would do on a `HeaderMap`, whether the lines are
//! kept as bytes or in a map.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

use http::{HeaderMap, HeaderName, HeaderValue};
use owin_core::Headers;
use owin_core::headers::RawFields;
use proptest::prelude::*;

/// What is done to a header.
#[derive(Clone, Debug)]
enum Operation {
    Set(&'static str, String),
    Append(&'static str, String),
    /// A line whose value must not be indexed.
    AppendSecret(&'static str, String),
    Remove(&'static str),
    /// Makes the header build its map.
    Build,
    Clone,
    Clear,
}

const NAMES: [&str; 6] = ["Host", "X-A", "x-a", "x-aa", "Set-Cookie", "x-b"];

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let name = || prop::sample::select(&NAMES[..]);
    let value = || "[ -~\u{e9}]{0,12}";
    let operation = prop_oneof![
        6 => (name(), value()).prop_map(|(n, v)| Operation::Set(n, v)),
        6 => (name(), value()).prop_map(|(n, v)| Operation::Append(n, v)),
        1 => (name(), value()).prop_map(|(n, v)| Operation::AppendSecret(n, v)),
        4 => name().prop_map(Operation::Remove),
        1 => Just(Operation::Build),
        1 => Just(Operation::Clone),
        1 => Just(Operation::Clear),
    ];
    prop::collection::vec(operation, 0..60)
}

impl Operation {
    fn apply(&self, headers: &mut Headers, model: &mut HeaderMap) {
        match self {
            Self::Set(name, text) => {
                headers.set(*name, value(text)).unwrap();
                model.insert(lower(name), value(text));
            }
            Self::Append(name, text) => {
                headers.append(*name, value(text)).unwrap();
                model.append(lower(name), value(text));
            }
            Self::AppendSecret(name, text) => {
                let mut secret = value(text);
                secret.set_sensitive(true);
                headers.append(*name, secret.clone()).unwrap();
                model.append(lower(name), secret);
            }
            Self::Remove(name) => {
                let count = model.get_all(lower(name)).iter().count();
                assert_eq!(headers.remove(name), count);
                model.remove(lower(name));
            }
            Self::Build => assert_eq!(headers.map(), &*model),
            Self::Clone => *headers = headers.clone(),
            Self::Clear => {
                headers.clear();
                model.clear();
            }
        }
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).unwrap()
}

fn lower(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).unwrap()
}

/// Compares everything that can be asked without building the map, then the map of a copy.
fn assert_same(headers: &Headers, model: &HeaderMap) {
    assert_eq!(headers.len(), model.len());
    assert_eq!(headers.is_empty(), model.is_empty());
    for name in NAMES {
        assert_eq!(headers.bytes(name), model.get(name).map(HeaderValue::as_bytes), "{name}");
        let lines = headers.lines().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let values = lines.map(|(_, value)| value);
        assert!(values.eq(model.get_all(name).iter().map(HeaderValue::as_bytes)), "{name}");
    }
    assert!(headers.lines().all(|(name, _)| name == name.to_ascii_lowercase()));
    let copy = headers.clone();
    assert_eq!(copy.map(), model);
    let are_secret = |map: &HeaderMap| map.values().filter(|value| value.is_sensitive()).count();
    assert_eq!(are_secret(copy.map()), are_secret(model));
}

proptest! {
    #[test]
    fn a_header_is_a_map_of_lines(row in operations()) {
        let (mut headers, mut model) = (Headers::new(), HeaderMap::new());
        for operation in &row {
            operation.apply(&mut headers, &mut model);
            assert_same(&headers, &model);
        }
    }

    #[test]
    fn ranges_that_are_not_in_the_block_give_no_line(
        block in "[ -~]{0,20}", starts in any::<[u8; 2]>(), lengths in any::<[i8; 2]>(),
    ) {
        let mut headers = Headers::new();
        let raw: &mut RawFields = headers.raw_mut();
        raw.set_block(block.as_bytes());
        let [name, value] = [0, 1].map(|at| {
            let start = u32::from(starts[at]) % 24;
            start..start.saturating_add_signed(i32::from(lengths[at]) % 24)
        });
        raw.push_range(name.clone(), value.clone());
        let part = |range: &std::ops::Range<u32>| {
            block.as_bytes().get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
        };
        let expected = part(&name).zip(part(&value));
        let lines: Vec<_> = headers.lines().map(|(name, value)| (name.as_bytes(), value)).collect();
        prop_assert_eq!(lines, expected.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(headers.len(), usize::from(expected.is_some()));
    }
}

#[test]
fn the_lines_keep_their_order() {
    let mut headers = Headers::new();
    for (name, value) in [("b", "1"), ("a", "2"), ("b", "3"), ("c", "4")] {
        headers.append(name, value).unwrap();
    }
    let lines: [(&str, &[u8]); 4] = [("b", b"1"), ("a", b"2"), ("b", b"3"), ("c", b"4")];
    assert!(headers.lines().eq(lines));
}

#[test]
fn many_lines_and_long_ones_are_kept_too() {
    let (mut headers, long) = (Headers::new(), "x".repeat(10_000));
    for number in 0..100 {
        headers.append(format!("x-{number}"), number.to_string()).unwrap();
    }
    headers.set("x-long", long.as_str()).unwrap();
    headers.set("x-7", "other").unwrap();
    assert_eq!((headers.len(), headers.text("x-99")), (101, Some("99")));
    assert_eq!((headers.text("x-long"), headers.text("x-7")), (Some(long.as_str()), Some("other")));
}

#[test]
fn lines_of_a_server_keep_their_case_until_they_are_changed() {
    let mut headers = Headers::new();
    headers.raw_mut().push("X-Note", b"one");
    assert!(headers.lines().eq([("X-Note", &b"one"[..])]));
    assert_eq!(headers.remove("x-other"), 0);
    headers.set("x-note", "two").unwrap();
    assert!(headers.lines().eq([("x-note", &b"two"[..])]));
}

#[test]
fn a_cleared_header_takes_lines_as_a_new_one_does() {
    let mut headers = Headers::new();
    headers.raw_mut().push("not a token", b"a\r\nb: c");
    headers.clear();
    headers.set("x-a", "1").unwrap();
    assert!(headers.lines().eq([("x-a", &b"1"[..])]));
}
