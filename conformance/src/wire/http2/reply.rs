//! What came on one stream.

use crate::wire::Answer;
use crate::wire::http2::frame::code;
use crate::wire::http2::hpack::Field;

/// What is kept of one body; no answer that the suite asks for is longer.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Interim answers before the final one; who sends more sends no final one.
const MAX_INTERIM: usize = 8;

/// Fields that say something of a connection of HTTP/1.1 only (RFC 9113 §8.2.2).
const OF_CONNECTIONS: [&str; 5] =
    ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"];

/// What came on one stream so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// The final answer, as far as it came.
    pub(crate) answer: Answer,
    pub(crate) has_head: bool,
    /// Its end came.
    pub(crate) is_whole: bool,
    /// The code of the reset that came.
    pub(crate) reset: Option<u32>,
    /// Interim answers.
    pub(crate) interim: Vec<u16>,
    /// How much may be sent on the stream, besides what the first settings allow.
    pub(crate) credit: i64,
    /// The longest payload of DATA.
    pub(crate) longest: usize,
}

impl Reply {
    /// Whether nothing more is to be waited for.
    pub(crate) fn is_over(&self) -> bool {
        self.is_whole || self.reset.is_some()
    }

    /// Why no answer will come, where that is so.
    pub(super) fn reason(&self) -> Option<String> {
        let reset = self.reset.filter(|_| !self.is_whole)?;
        Some(format!("the stream was reset with {}", code(reset)))
    }

    /// Whether the server has refused it by a reset; one without an error asks for no more of a body.
    pub(crate) fn is_refused(&self) -> bool {
        self.reset.is_some_and(|code| code != 0)
    }

    /// Takes a field section.
    pub(super) fn head(&mut self, fields: Vec<Field>, is_last: bool) -> Result<(), String> {
        if self.is_whole {
            return Err("a field section came behind the end of its stream".to_owned());
        }
        if self.has_head {
            if !is_last {
                return Err("trailers came without END_STREAM (RFC 9113 §8.1)".to_owned());
            }
            self.answer.trailers = fields;
            self.is_whole = true;
            return Ok(());
        }
        let status = status(&fields)?;
        if matches!(status, 100..=199) {
            self.interim.push(status);
            if is_last || self.interim.len() > MAX_INTERIM {
                return Err("an interim answer ends a stream, or there are too many".to_owned());
            }
            return Ok(());
        }
        self.answer.status = status;
        self.answer.defects = defects(&fields);
        self.answer.fields = fields.into_iter().filter(|(name, _)| name != ":status").collect();
        self.answer.minor = 1;
        (self.has_head, self.is_whole) = (true, is_last);
        Ok(())
    }

    /// Takes a piece of the body.
    pub(super) fn data(&mut self, bytes: &[u8], is_last: bool) -> Result<(), String> {
        if self.is_whole || !self.has_head {
            return Err("DATA came outside of an answer".to_owned());
        }
        self.longest = self.longest.max(bytes.len());
        self.answer.body.extend(bytes);
        self.is_whole = is_last;
        if self.answer.body.len() > MAX_BODY_BYTES {
            return Err("an answer has no end".to_owned());
        }
        Ok(())
    }
}

fn status(fields: &[Field]) -> Result<u16, String> {
    let all: Vec<_> = fields.iter().filter(|(name, _)| name == ":status").collect();
    let [(_, value)] = all.as_slice() else {
        return Err(format!("an answer has {} fields :status (RFC 9113 §8.3.2)", all.len()));
    };
    let is_code = value.len() == 3 && value.iter().all(u8::is_ascii_digit);
    let code = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    code.filter(|_| is_code).ok_or_else(|| "an answer has no status of three digits".to_owned())
}

/// What makes an answer malformed, but leaves no doubt about what was meant.
fn defects(fields: &[Field]) -> Vec<&'static str> {
    let mut defects = Vec::new();
    if fields.iter().any(|(name, _)| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        defects.push("the name of a field has upper-case letters (RFC 9113 §8.2.1)");
    }
    let of_connections =
        |name: &String| OF_CONNECTIONS.iter().any(|own| name.eq_ignore_ascii_case(own));
    if fields.iter().any(|(name, _)| of_connections(name)) {
        defects.push("there is a field of a connection of HTTP/1.1 (RFC 9113 §8.2.2)");
    }
    let behind = fields.iter().skip_while(|(name, _)| name.starts_with(':'));
    let is_late = behind.clone().any(|(name, _)| name.starts_with(':'));
    if is_late || fields.iter().any(|(name, _)| name.starts_with(':') && name != ":status") {
        defects.push("there is a pseudo-field that no answer has there (RFC 9113 §8.3)");
    }
    defects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[(&str, &str)]) -> Vec<Field> {
        let field = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
        lines.iter().map(field).collect()
    }

    #[test]
    fn an_answer_is_its_head_its_body_and_its_trailers() {
        let mut reply = Reply::default();
        reply.head(fields(&[(":status", "103")]), false).unwrap();
        reply.head(fields(&[(":status", "200"), ("a", "b")]), false).unwrap();
        reply.data(b"he", false).unwrap();
        reply.data(b"llo", false).unwrap();
        reply.head(fields(&[("t", "u")]), true).unwrap();
        assert!(reply.is_whole && reply.answer.defects.is_empty());
        assert_eq!(
            (reply.answer.body.as_slice(), reply.interim.as_slice()),
            (&b"hello"[..], &[103][..])
        );
        assert!(reply.data(b"", true).is_err() && reply.head(Vec::new(), true).is_err());
    }

    #[test]
    fn what_is_no_answer_is_seen() {
        for odd in [&[][..], &[(":status", "20")], &[(":status", "200"), (":status", "200")]] {
            assert!(Reply::default().head(fields(odd), true).is_err(), "{odd:?}");
        }
        for odd in [("A", "b"), ("connection", "close"), (":path", "/")] {
            let mut reply = Reply::default();
            reply.head(fields(&[(":status", "200"), odd]), true).unwrap();
            assert_eq!(reply.answer.defects.len(), 1, "{odd:?}");
        }
    }
}
