//! From a name to the slot of a known key, without hashing the whole name.

use super::{IN_CALL, Known};

/// Slots of the table; a power of two, four times the number of keys at least.
const SIZE: usize = 256;

/// Marks a free place of the table.
const FREE: u8 = u8::MAX;

static TABLE: [u8; SIZE] = build();

/// Finds the known key of that name. Ordinal: byte by byte, case kept.
pub(crate) fn find(name: &str) -> Option<Known> {
    let mut place = place_of(name.as_bytes());
    loop {
        let index = *TABLE.get(place)?;
        let known = *Known::ALL.get(usize::from(index))?;
        if known.info().name == name {
            return Some(known);
        }
        place = (place + 1) % SIZE;
    }
}

/// The same at compile time, for the constants.
#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a miss is a build error")]
pub(super) const fn find_in_const(name: &str) -> Option<Known> {
    let mut index = 0;
    while index < IN_CALL.len() {
        if equal(name.as_bytes(), IN_CALL[index].name.as_bytes()) {
            return Some(Known::ALL[index]);
        }
        index += 1;
    }
    None
}

/// A place from the length and three bytes: enough to tell the keys of the contract apart.
#[expect(clippy::indexing_slicing, reason = "every index is below the length, which is not 0")]
#[expect(clippy::as_conversions, reason = "a byte always fits")]
const fn place_of(name: &[u8]) -> usize {
    let length = name.len();
    if length == 0 {
        return 0;
    }
    let last = name[length - 1] as usize;
    let middle = name[length / 2] as usize;
    let early = name[length * 5 / 8] as usize;
    (length * 31 + last * 7 + middle * 17 + early * 61) % SIZE
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a miss is a build error")]
#[expect(clippy::as_conversions, reason = "the number of keys is asserted to fit a byte")]
const fn build() -> [u8; SIZE] {
    assert!(IN_CALL.len() * 4 <= SIZE, "the table of known names is too full");
    let mut table = [FREE; SIZE];
    let mut index = 0;
    while index < IN_CALL.len() {
        let mut place = place_of(IN_CALL[index].name.as_bytes());
        while table[place] != FREE {
            place = (place + 1) % SIZE;
        }
        table[place] = index as u8;
        index += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "the lengths were compared")]
const fn equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found() {
        for known in Known::ALL {
            assert_eq!(find(known.info().name), Some(*known));
            assert_eq!(find_in_const(known.info().name), Some(*known));
        }
    }

    #[test]
    fn names_compare_byte_by_byte() {
        assert_eq!(find("owin.requestmethod"), None);
        assert_eq!(find("owin.RequestMethod "), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn hardly_any_two_names_share_a_place() {
        let mut places: Vec<usize> =
            IN_CALL.iter().map(|info| place_of(info.name.as_bytes())).collect();
        places.sort_unstable();
        let all = places.len();
        places.dedup();
        assert!(all - places.len() <= 6, "{} of {all} share a place", all - places.len());
    }
}
