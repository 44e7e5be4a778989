//! Bytes that tell where they stand, so that one too many, too few or elsewhere is seen.

use std::sync::LazyLock;

use bytes::Bytes;

/// After so many bytes the pattern begins again. The numbers in it go up to a prime, so it is not
/// the same from any place in the middle.
pub const PERIOD: usize = 65_536;

/// Two periods: from every place there is a whole one.
static TWICE: LazyLock<Bytes> = LazyLock::new(|| {
    let once = (0_u8..=250).cycle().take(PERIOD);
    once.clone().chain(once).collect::<Vec<u8>>().into()
});

/// The bytes from a place on: at most so many, and at most a period.
#[must_use]
pub fn piece(from: u64, max_bytes: u64) -> Bytes {
    let start = usize::try_from(from).unwrap_or(0) % PERIOD;
    let count = usize::try_from(max_bytes).unwrap_or(PERIOD).min(PERIOD);
    TWICE.slice(start..start + count)
}

/// All bytes from a place on, so many.
#[must_use]
pub fn bytes(from: u64, count: u64) -> Vec<u8> {
    let mut all = Vec::new();
    let (mut at, end) = (from, from.saturating_add(count));
    while at < end {
        let piece = piece(at, end - at);
        at += length(&piece);
        all.extend_from_slice(&piece);
    }
    all
}

/// Whether these are the bytes of that place.
#[must_use]
pub fn is_right(mut from: u64, mut data: &[u8]) -> bool {
    while !data.is_empty() {
        let wanted = piece(from, length(data));
        let Some((front, rest)) = data.split_at_checked(wanted.len()) else { return false };
        if front != wanted {
            return false;
        }
        from += length(front);
        data = rest;
    }
    true
}

/// How many bytes these are.
#[must_use]
pub fn length(data: &[u8]) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_place_are_right_there_and_nowhere_near() {
        for from in [0, 1, 250, 65_535, 65_536, 1 << 33] {
            let data = bytes(from, 200_000);
            assert_eq!(data.len(), 200_000);
            assert!(is_right(from, &data), "{from}");
            assert!(!is_right(from + 1, &data), "{from}");
        }
    }

    #[test]
    fn a_byte_that_is_missing_is_seen() {
        let mut data = bytes(0, 100_000);
        data.remove(70_000);
        assert!(!is_right(0, &data));
    }
}
