//! Rust source taken apart: what the compiler reads, and what people read.

/// The two halves of a source: each has its lines where the source has them, and blanks where the
/// other half stands. The contents of literals are in neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) code: String,
    pub(super) comments: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Takes a source apart.
pub(super) fn parts(source: &str) -> Parts {
    let mut parts = Parts { code: String::new(), comments: String::new() };
    let mut rest = source;
    while !rest.is_empty() {
        let (kind, length) = front(rest, parts.code.ends_with(is_word));
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match kind {
            Kind::Code => parts.code.push_str(piece),
            Kind::Comment | Kind::Literal => parts.code.extend(blanks(piece)),
        }
        match kind {
            Kind::Comment => parts.comments.push_str(piece),
            Kind::Code | Kind::Literal => parts.comments.extend(blanks(piece)),
        }
        rest = after;
    }
    parts
}

/// The words of a line: what identifiers and keywords are made of.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter| !is_word(letter)).filter(|word| !word.is_empty())
}

/// The lines with their numbers, counted from 1.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// As many blanks as the piece has characters; its line ends stay.
fn blanks(piece: &str) -> impl Iterator<Item = char> {
    piece.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' })
}

/// What stands at the front, and how many bytes it takes.
fn front(rest: &str, is_in_word: bool) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_length(rest));
    }
    if rest.starts_with('"') {
        return (Kind::Literal, quoted_length(rest, '"'));
    }
    if let Some(length) = letter_length(rest) {
        return (Kind::Literal, length);
    }
    if let (false, Some(length)) = (is_in_word, raw_length(rest)) {
        return (Kind::Literal, length);
    }
    (Kind::Code, rest.chars().next().map_or(1, char::len_utf8))
}

/// The length of a block comment; such comments nest.
fn block_length(rest: &str) -> usize {
    let (mut depth, mut length) = (0_usize, 0);
    while let Some(tail) = rest.get(length..).filter(|tail| !tail.is_empty()) {
        let step = tail.chars().next().map_or(1, char::len_utf8);
        if tail.starts_with("/*") {
            depth += 1;
            length += 2;
        } else if tail.starts_with("*/") {
            depth = depth.saturating_sub(1);
            length += 2;
        } else {
            length += step;
        }
        if depth == 0 {
            break;
        }
    }
    length
}

/// The length of a literal between two quotes, in which a backslash hides what follows.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut is_hidden = false;
    for (at, letter) in rest.char_indices().skip(1) {
        if letter == quote && !is_hidden {
            return at + letter.len_utf8();
        }
        is_hidden = letter == '\\' && !is_hidden;
    }
    rest.len()
}

/// The length of a character literal; `None` for a lifetime.
fn letter_length(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\'')?;
    let mut letters = after.chars();
    let first = letters.next()?;
    let is_literal = first == '\\' || letters.next() == Some('\'');
    is_literal.then(|| quoted_length(rest, '\''))
}

/// The length of a raw string, as in `r#"…"#`.
fn raw_length(rest: &str) -> Option<usize> {
    let start = ["br", "cr", "r"].into_iter().find(|start| rest.starts_with(start))?;
    let after = rest.get(start.len()..)?;
    let marks = after.find('"').filter(|at| after.bytes().take(*at).all(|byte| byte == b'#'))?;
    let opened = start.len() + marks + 1;
    let end = format!("\"{}", "#".repeat(marks));
    let closed = rest.get(opened..)?.find(&end).map(|at| opened + at + end.len());
    Some(closed.unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        let parts = parts(source);
        assert_eq!(parts.code.lines().count(), source.lines().count());
        assert_eq!(parts.comments.lines().count(), source.lines().count());
        parts.code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_no_code() {
        assert_eq!(code("a // b\nc /* d /* e */ f */ g\n/// h\ni"), "a c g i");
        assert_eq!(parts("a // b").comments.trim(), "// b");
    }

    #[test]
    fn the_contents_of_literals_are_neither() {
        assert_eq!(code(r#"a("b // c", 'd', '\'', b"\"e") f"#), "a( , , , b ) f");
        assert_eq!(code("a(r#\"b \" c\"#, br\"d\\\") e"), "a( , ) e");
    }

    #[test]
    fn a_lifetime_is_code() {
        assert_eq!(
            code("fn a<'b>(c: &'b str, d: &'_ u8) {}"),
            "fn a<'b>(c: &'b str, d: &'_ u8) {}"
        );
    }

    #[test]
    fn a_name_that_ends_with_r_starts_no_raw_string() {
        assert_eq!(code("for\"x\" y"), "for y");
        assert_eq!(code("r#type = 1"), "r#type = 1");
    }

    #[test]
    fn what_never_ends_goes_to_the_end() {
        for source in ["\"a", "/* a", "r#\"a\"", "'\\"] {
            assert_eq!(code(source), "", "{source}");
        }
    }
}
