//! Which bytes actix may have: one request at a time.
//!
//! actix takes pipelined requests apart as they come, and frames a response by what it read last: a
//! `HEAD` behind a `GET` that is not answered yet takes the body of its answer away. So it is given
//! no head before the call before has ended.

/// What may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// A head, up to the empty line at its end (RFC 9112 §2.1).
    Head {
        /// Whether there is anything of it yet: empty lines before a request are skipped.
        has_begun: bool,
        is_line_start: bool,
    },
    /// So many bytes of a body.
    Body(u64),
    /// Everything: only actix knows where a body in chunks ends.
    Open,
    /// Everything, to the end of the connection.
    Raw,
    /// Nothing.
    Closed,
}

impl Gate {
    /// Lets one head pass.
    pub(crate) const HEAD: Self = Self::Head { has_begun: false, is_line_start: true };

    /// Says how many of the bytes may pass, and counts them.
    pub(crate) fn admit(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Open | Self::Raw => bytes.len(),
            Self::Closed => 0,
            Self::Body(left) => {
                let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
                if *left == 0 {
                    *self = Self::Closed;
                }
                count
            }
            Self::Head { has_begun, is_line_start } => {
                let end = bytes.iter().position(|byte| ends(*byte, has_begun, is_line_start));
                if end.is_some() {
                    *self = Self::Closed;
                }
                end.map_or(bytes.len(), |end| end + 1)
            }
        }
    }

    /// What may pass once the call has ended, which had the whole body of the request or not.
    pub(crate) fn reopened(self, is_whole: bool) -> Self {
        match self {
            Self::Raw => Self::Raw,
            // actix skips the rest.
            Self::Body(_) | Self::Open if !is_whole => Self::Open,
            _ => Self::HEAD,
        }
    }
}

/// Whether a byte ends the head of which it is the next one. A line may end without CR.
fn ends(byte: u8, has_begun: &mut bool, is_line_start: &mut bool) -> bool {
    match byte {
        b'\r' => false,
        b'\n' => *has_begun && std::mem::replace(is_line_start, true),
        _ => {
            (*has_begun, *is_line_start) = (true, false);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much passes, however the bytes are split.
    fn passes(gate: Gate, bytes: &str) -> usize {
        let mut whole = gate;
        let count = whole.admit(bytes.as_bytes());
        for split in 0..=bytes.len() {
            let (front, back) = bytes.as_bytes().split_at(split);
            let mut gate = gate;
            let first = gate.admit(front);
            let second = if first == front.len() { gate.admit(back) } else { 0 };
            assert_eq!((first + second, gate), (count, whole), "split at {split}");
        }
        count
    }

    #[test]
    fn a_head_passes_to_its_empty_line() {
        for head in ["GET / HTTP/1.1\r\nhost: h\r\n\r\n", "GET / HTTP/1.1\nhost: h\n\n"] {
            assert_eq!(passes(Gate::HEAD, &format!("{head}HEAD / HTTP/1.1\r\n\r\n")), head.len());
            assert_eq!(passes(Gate::HEAD, head), head.len());
            let half = head.trim_end();
            assert_eq!(passes(Gate::HEAD, half), half.len());
        }
    }

    #[test]
    fn empty_lines_before_a_head_are_none_of_it() {
        assert_eq!(passes(Gate::HEAD, "\r\n\r\n\nGET / HTTP/1.1\r\n\r\nGET"), 23);
    }

    #[test]
    fn a_body_passes_to_its_last_byte() {
        assert_eq!(passes(Gate::Body(3), "abcGET /"), 3);
        let mut gate = Gate::Body(3);
        assert_eq!((gate.admit(b"abc"), gate), (3, Gate::Closed));
        assert_eq!((gate.admit(b"GET"), gate.reopened(true)), (0, Gate::HEAD));
    }

    #[test]
    fn what_is_left_of_a_body_passes_without_being_looked_at() {
        assert_eq!(Gate::Body(1).reopened(false), Gate::Open);
        assert_eq!(Gate::Open.reopened(false), Gate::Open);
        assert_eq!(Gate::Open.reopened(true), Gate::HEAD);
        assert_eq!((Gate::Raw.reopened(true), Gate::Raw.admit(b"\n\n\n")), (Gate::Raw, 3));
    }
}
