//! Bytes that are easy to make anew and to compare.

/// After so many bytes the pattern begins again; no power of two, and no usual size of a buffer.
const PERIOD: usize = 251;

/// The bytes from one place of the pattern on; no piece of it is like its neighbour.
pub(crate) fn pattern(from: usize, length: usize) -> Vec<u8> {
    let byte = |at: usize| u8::try_from(at * 31 % PERIOD).unwrap_or_default();
    let mut bytes: Vec<u8> = (from % PERIOD..from % PERIOD + PERIOD).map(byte).collect();
    bytes = bytes.repeat(length.div_ceil(PERIOD));
    bytes.truncate(length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_the_pattern_make_the_whole() {
        let whole = pattern(0, 1000);
        assert_eq!([pattern(0, 300), pattern(300, 700)].concat(), whole);
        assert_ne!(whole[..250], whole[250..500]);
    }
}
