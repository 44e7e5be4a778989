//! Which bytes may stand where (RFC 9110 §5.5, §5.6.2; RFC 9112 §3.2).

/// Bytes of a token: a method, the name of a field.
pub(super) const TOKEN: u8 = 1;

/// Bytes of a request target: what can be seen in ASCII. Its grammar is checked later.
pub(super) const TARGET: u8 = 2;

/// Bytes of the value of a field: what can be seen, blank and tab, and what lies beyond ASCII.
pub(super) const FIELD_VALUE: u8 = 4;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || is_token_mark(byte) {
            class |= TOKEN;
        }
        if byte.is_ascii_graphic() {
            class |= TARGET;
        }
        if byte == b'\t' || (byte >= b' ' && byte != 0x7f) {
            class |= FIELD_VALUE;
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
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class != 0)
}

/// How many bytes at the front are of the class.
#[inline]
pub(super) fn run(bytes: &[u8], class: u8) -> usize {
    let known = match class {
        TARGET => plain_words(bytes, b'!'),
        FIELD_VALUE => plain_words(bytes, b' '),
        // Tokens are short.
        _ => 0,
    };
    let rest = bytes.get(known..).unwrap_or_default();
    known + rest.iter().position(|byte| !is(*byte, class)).unwrap_or(rest.len())
}

/// How many bytes at the front stand in words of eight that are plain: what follows may be of the
/// class too.
#[inline]
fn plain_words(bytes: &[u8], least: u8) -> usize {
    let words = bytes.chunks_exact(size_of::<u64>());
    let is_plain = |word: &&[u8]| <[u8; 8]>::try_from(*word).is_ok_and(|w| is_plain(w, least));
    words.take_while(is_plain).count() * size_of::<u64>()
}

/// Says whether all eight bytes lie between `least`, at most 0x7f, and `~`.
#[inline]
fn is_plain(word: [u8; 8], least: u8) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHS: u64 = ONES * 0x80;
    let word = u64::from_le_bytes(word);
    // Below the least the subtraction borrows into the high bit; DEL carries into it.
    let below = word.wrapping_sub(ONES * u64::from(least));
    let above = word.wrapping_add(ONES);
    (below | above | word) & HIGHS == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_plain_where_every_byte_is() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut word = *b"aB~!zZ09";
                word[place] = byte;
                for least in [b' ', b'!'] {
                    let expected = (least..=b'~').contains(&byte);
                    assert_eq!(is_plain(word, least), expected, "{byte:#x} at {place}");
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
