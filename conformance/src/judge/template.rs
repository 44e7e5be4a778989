//! Templates of messages: what stands in braces becomes something else.

/// The most that a template becomes; more would cost the suite, and no server takes as much.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The bytes with every `name` replaced.
pub(super) fn replaced(bytes: &[u8], name: &[u8], by: &[u8]) -> Vec<u8> {
    let (mut done, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some((first, tail)) = rest.split_first() {
        if let Some(tail) = rest.strip_prefix(name) {
            done.extend(by);
            rest = tail;
        } else {
            done.push(*first);
            rest = tail;
        }
    }
    done
}

/// The bytes with `{3*ab}` become `ababab`; what is repeated may itself have such parts.
pub(super) fn repeated(bytes: &[u8]) -> Vec<u8> {
    let (mut done, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some((first, tail)) = rest.split_first() {
        if let Some((count, inner, tail)) = repetition(rest) {
            let piece = repeated(inner);
            let count = count.min(MOST_BYTES / piece.len().max(1));
            done.extend(piece.repeat(count));
            rest = tail;
        } else {
            done.push(*first);
            rest = tail;
        }
    }
    done
}

/// The count, what is repeated, and what follows; `None` where no repetition begins here.
fn repetition(bytes: &[u8]) -> Option<(usize, &[u8], &[u8])> {
    let rest = bytes.strip_prefix(b"{")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (count, rest) = rest.split_at_checked(digits)?;
    let count = std::str::from_utf8(count).ok()?.parse().ok()?;
    let rest = rest.strip_prefix(b"*")?;
    let mut depth = 0_usize;
    let is_end = |byte: &u8| match byte {
        b'{' => {
            depth += 1;
            false
        }
        b'}' if depth > 0 => {
            depth -= 1;
            false
        }
        byte => *byte == b'}',
    };
    let end = rest.iter().position(is_end)?;
    let (inner, rest) = rest.split_at_checked(end)?;
    Some((count, inner, rest.strip_prefix(b"}")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_other_braces_stay() {
        assert_eq!(replaced(b"{a} {b} {a", b"{a}", b"x"), b"x {b} {a");
    }

    #[test]
    fn a_repetition_may_have_others_in_it_and_what_is_none_stays() {
        assert_eq!(repeated(b"a{3*bc}d"), b"abcbcbcd");
        assert_eq!(repeated(b"{2*{3*a}\r\n}"), b"aaa\r\naaa\r\n");
        assert_eq!(repeated(b"{0*a}{b} {2*a {*a}"), b"{b} {2*a {*a}");
    }

    #[test]
    fn no_repetition_is_endless() {
        assert_eq!(repeated(b"{99999999999*a}").len(), MOST_BYTES);
    }
}
