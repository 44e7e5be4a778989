//! Which bytes may stand where (RFC 9110 §5.5, §5.6.2; RFC 9112 §3.2).

/// A class of bytes: its bit in the table, and the letters of its usual words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class {
    bit: u8,
    /// Bits that are set in a byte before it is compared: with that of the small letters, case does
    /// not matter.
    folded: u8,
    /// All bytes from this one, once folded,
    first: u8,
    /// to this one are of the class; others may be.
    last: u8,
}

/// Bytes of a token: a method, the name of a field.
pub(super) const TOKEN: Class = Class { bit: 1, folded: 0x20, first: b'a', last: b'z' };

/// Bytes of a request target: what can be seen in ASCII. Its grammar is checked later.
pub(super) const TARGET: Class = Class { bit: 2, folded: 0, first: b'!', last: b'~' };

/// Bytes of the value of a field: what can be seen, blank and tab, and what lies beyond ASCII.
pub(super) const FIELD_VALUE: Class = Class { bit: 4, folded: 0, first: b' ', last: b'~' };

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || is_token_mark(byte) {
            class |= TOKEN.bit;
        }
        if byte.is_ascii_graphic() {
            class |= TARGET.bit;
        }
        if byte == b'\t' || (byte >= b' ' && byte != 0x7f) {
            class |= FIELD_VALUE.bit;
        }
        #[expect(
            clippy::indexing_slicing,
            clippy::as_conversions,
            reason = "a byte, in a constant"
        )]
        {
            classes[byte as usize] = class;
        }
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

const fn is_token_mark(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#'
            | b'$'
            | b'%'
            | b'&'
            | b'\''
            | b'*'
            | b'+'
            | b'-'
            | b'.'
            | b'^'
            | b'_'
            | b'`'
            | b'|'
            | b'~'
    )
}

/// Says whether a byte is of a class.
#[inline]
pub(super) fn is(byte: u8, class: Class) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class.bit != 0)
}

/// How many bytes at the front are of the class.
#[inline]
pub(super) fn run(bytes: &[u8], class: Class) -> usize {
    let (mut count, mut rest) = (0, bytes);
    while let Some((word, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let Some(place) = class.first_unusual(word) else {
            (count, rest) = (count + size_of::<u64>(), after);
            continue;
        };
        count += place;
        match rest.get(place..) {
            Some([byte, after @ ..]) if is(*byte, class) => (count, rest) = (count + 1, after),
            _ => return count,
        }
    }
    count + rest.iter().position(|byte| !is(*byte, class)).unwrap_or(rest.len())
}

impl Class {
    /// Where the first of eight bytes lies that is not between the first and the last of the usual
    /// ones: all eight are looked at together.
    #[inline]
    fn first_unusual(self, word: u64) -> Option<usize> {
        const ONES: u64 = u64::MAX / 0xff;
        const HIGHS: u64 = ONES * 0x80;
        let folded = word | (ONES * u64::from(self.folded));
        // Below the first the subtraction borrows into the high bit; what is above the last carries
        // into it. Both go on to later bytes only, so that the first one found is right.
        let below = folded.wrapping_sub(ONES * u64::from(self.first));
        let above = folded.wrapping_add(ONES * u64::from(0x7f - self.last));
        let unusual = (below | above | word) & HIGHS;
        let place = usize::try_from(unusual.trailing_zeros() / u8::BITS).unwrap_or_default();
        (unusual != 0).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_unusual_byte_of_a_word_is_found() {
        for (class, usual) in
            [(TOKEN, *b"aBzZAxyb"), (TARGET, *b"aB~!zZ09"), (FIELD_VALUE, *b"a ~!zZ09")]
        {
            let is_usual = |byte| (class.first..=class.last).contains(&(byte | class.folded));
            for (byte, place) in
                (0..=u8::MAX).flat_map(|byte| (0..8).map(move |place| (byte, place)))
            {
                let mut word = usual;
                word[place] = byte;
                let expected = if is_usual(byte) && byte < 0x80 { None } else { Some(place) };
                assert_eq!(class.first_unusual(u64::from_le_bytes(word)), expected, "{byte:#x}");
                assert!(expected.is_some() || is(byte, class), "{byte:#x}");
                word[7] = 0xff;
                let found = class.first_unusual(u64::from_le_bytes(word));
                assert_eq!(found, expected.or(Some(7)), "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn unusual_bytes_of_the_class_do_not_end_a_run() {
        for class in [TOKEN, TARGET, FIELD_VALUE] {
            for byte in (0..=u8::MAX).filter(|byte| is(*byte, class)) {
                for length in 1..20 {
                    assert_eq!(run(&vec![byte; length], class), length, "{byte:#x}");
                }
            }
        }
    }

    #[test]
    fn a_run_ends_before_the_first_other_byte() {
        for class in [TOKEN, TARGET, FIELD_VALUE] {
            for length in 0..40 {
                for byte in (0..=u8::MAX).filter(|byte| !is(*byte, class)) {
                    let mut bytes = vec![b'a'; length];
                    assert_eq!(run(&bytes, class), length);
                    bytes.extend_from_slice(&[byte, b'a', b'a', b'a', b'a', b'a', b'a', b'a']);
                    assert_eq!(run(&bytes, class), length);
                }
            }
        }
    }

    #[test]
    fn the_classes_are_those_of_the_grammar() {
        let of = |class| (0..=u8::MAX).filter(|byte| is(*byte, class)).count();
        assert_eq!((of(TOKEN), of(TARGET), of(FIELD_VALUE)), (77, 94, 224));
        assert!(!is(b' ', TARGET) && is(b' ', FIELD_VALUE) && is(b'\t', FIELD_VALUE));
        assert!(!is(0x7f, FIELD_VALUE) && is(0x80, FIELD_VALUE) && !is(0x80, TARGET));
    }
}
