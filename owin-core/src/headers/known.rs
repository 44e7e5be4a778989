//! Field lines of which a map was made before.

use http::header::HeaderMap;

use crate::headers::RawFields;

/// Lines of more bytes than these are not remembered, as long ones are rare, and seldom the same.
const MAX_KNOWN_BYTES: usize = 2 * 1024;

/// A map of no more fields than these is filled field by field, where there is memory for it: to hash
/// so few names costs less than to ask for memory. Of more the whole table is copied.
const MAX_FILLED_FIELDS: usize = 3;

/// Memory for more fields than these is not kept: one large answer must not weigh on a connection for
/// the rest of its life.
const MAX_KEPT_FIELDS: usize = 64;

/// The lines that were seen last, and their map once they were seen twice: what differs from call to
/// call costs one copy of the bytes.
#[derive(Default)]
pub(super) struct Known {
    lines: RawFields,
    map: Option<HeaderMap>,
    /// The memory of a map that nobody needs any more.
    spare: Option<HeaderMap>,
}

impl Known {
    /// A map of those lines, and they are remembered.
    pub(super) fn map_of(&mut self, lines: &RawFields) -> HeaderMap {
        if !self.lines.is_same(lines) {
            self.map = None;
            self.lines.copy_short(lines, MAX_KNOWN_BYTES);
            return lines.to_map();
        }
        let map = self.map.get_or_insert_with(|| lines.to_map());
        if map.len() > MAX_FILLED_FIELDS {
            return map.clone();
        }
        let Some(mut filled) = self.spare.take() else { return map.clone() };
        for (name, value) in &*map {
            filled.append(name.clone(), value.clone());
        }
        filled
    }

    /// Keeps the memory of an empty map for the next one.
    pub(super) fn keep(&mut self, spare: HeaderMap) {
        if spare.is_empty() && (MAX_FILLED_FIELDS..=MAX_KEPT_FIELDS).contains(&spare.capacity()) {
            self.spare = Some(spare);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: &[(&str, &[u8])]) -> RawFields {
        let mut raw = RawFields::default();
        of.iter().for_each(|(name, value)| raw.push(name, value));
        raw
    }

    #[test]
    fn the_map_is_that_of_the_lines_whatever_came_before() {
        let long = [b'x'; MAX_KNOWN_BYTES + 1];
        let rows: [&[(&str, &[u8])]; 6] = [
            &[("ab", b"c"), ("d", b"")],
            &[("a", b"bc"), ("d", b"")],
            &[("a", b"bcd")],
            &[("a", &long)],
            &[("a", b"1"), ("a", b"2"), ("A", b"3")],
            &[],
        ];
        let mut known = Known::default();
        for row in rows.iter().chain(rows.iter().rev()) {
            for _again in 0..3 {
                assert_eq!(known.map_of(&lines(row)), lines(row).to_map(), "{row:?}");
                known.keep(HeaderMap::with_capacity(8));
            }
        }
    }

    #[test]
    fn only_memory_of_the_usual_size_is_kept() {
        let mut known = Known::default();
        for (fields, is_kept) in [(0, false), (8, true), (1_000, false)] {
            known.spare = None;
            known.keep(HeaderMap::with_capacity(fields));
            assert_eq!(known.spare.is_some(), is_kept, "{fields}");
        }
        known.spare = None;
        known.keep(lines(&[("a", b"b")]).to_map());
        assert!(known.spare.is_none(), "what is in a map is never seen again");
    }

    #[test]
    fn a_map_that_was_given_away_does_not_change_the_next() {
        let mut known = Known::default();
        for _again in 0..3 {
            assert!(known.map_of(&lines(&[("a", b"b")])).remove("a").is_some());
        }
    }
}
