//! How long the body of a request is (RFC 9112 §6).

use http::StatusCode;

use crate::h1::Refusal;

/// How the body of a request is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes; 0 where there is no body.
    Length(u64),
    /// In chunks.
    Chunked,
}

/// The fields that say how a body is framed, collected line by line.
#[derive(Debug, Default)]
pub(super) struct FramingFields {
    length: Option<u64>,
    is_chunked: bool,
}

impl FramingFields {
    /// Takes a `Content-Length` line. A sign, a list or a second line is refused, also where the
    /// numbers agree: somebody in front may read them otherwise.
    pub(super) fn content_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::bad("the Content-Length is not one decimal number");
        let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(value).ok().filter(|_| is_number).ok_or(WRONG)?;
        let length = text.parse().map_err(|_| WRONG)?;
        if self.length.replace(length).is_some() {
            return Err(Refusal::bad("there is more than one Content-Length"));
        }
        Ok(())
    }

    /// Takes a `Transfer-Encoding` line: `chunked`, alone and once, is all that we know.
    pub(super) fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
            const WHY: &str = "a transfer coding other than chunked is not implemented";
            return Err(Refusal::with(StatusCode::NOT_IMPLEMENTED, WHY));
        }
        if std::mem::replace(&mut self.is_chunked, true) {
            return Err(Refusal::bad("the body is chunked more than once"));
        }
        Ok(())
    }

    /// The framing, from all lines together.
    pub(super) fn decide(&self, is_http_10: bool) -> Result<Framing, Refusal> {
        match (self.is_chunked, self.length) {
            (true, Some(_)) => {
                Err(Refusal::bad("Content-Length and Transfer-Encoding are both there"))
            }
            (true, None) if is_http_10 => {
                Err(Refusal::bad("HTTP/1.0 does not know Transfer-Encoding"))
            }
            (true, None) => Ok(Framing::Chunked),
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(lines: &[(&str, &str)], is_http_10: bool) -> Result<Framing, u16> {
        let mut fields = FramingFields::default();
        let taken = lines.iter().try_for_each(|(name, value)| match *name {
            "cl" => fields.content_length(value.as_bytes()),
            _ => fields.transfer_encoding(value.as_bytes()),
        });
        taken.and_then(|()| fields.decide(is_http_10)).map_err(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn a_plain_length_and_plain_chunks_are_taken() {
        assert_eq!(decide(&[], false), Ok(Framing::Length(0)));
        assert_eq!(decide(&[("cl", "5")], false), Ok(Framing::Length(5)));
        assert_eq!(decide(&[("te", "Chunked")], false), Ok(Framing::Chunked));
    }

    #[test]
    fn lengths_that_two_readers_may_read_differently_are_refused() {
        // HT-01, HT-02, HT-03, HT-05.
        for value in ["+5", "-1", "5 5", "5,5", "0x5", "", "18446744073709551616", "5;"] {
            assert_eq!(decide(&[("cl", value)], false), Err(400), "{value}");
        }
        assert_eq!(decide(&[("cl", "5"), ("cl", "5")], false), Err(400));
        assert_eq!(decide(&[("cl", "5"), ("te", "chunked")], false), Err(400));
        assert_eq!(decide(&[("te", "chunked"), ("te", "chunked")], false), Err(400));
        assert_eq!(decide(&[("te", "chunked")], true), Err(400));
    }

    #[test]
    fn codings_that_we_do_not_know_are_not_implemented() {
        // HT-04.
        for value in ["gzip, chunked", "xchunked", "chunked, identity", "identity", ""] {
            assert_eq!(decide(&[("te", value)], false), Err(501), "{value}");
        }
    }
}
