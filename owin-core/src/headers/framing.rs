//! What the fields of a request say of its body (RFC 9112 §6.3).

use std::fmt;

use http::{StatusCode, Version as Protocol};

use crate::headers::Headers;
use crate::{BodyLength, Error};

/// The fields that say how long a body is, taken line by line.
///
/// Strict: what two readers may read differently is refused, since one of them may stand in front.
/// Whoever has the whole header asks [`Request::body_length`](crate::Request::body_length).
///
/// ```
/// use owin_core::{BodyLength, headers::BodyFraming};
///
/// let mut framing = BodyFraming::default();
/// framing.content_length(b"13")?;
/// assert_eq!(framing.decide(false)?, BodyLength::Known(13));
/// framing.transfer_encoding(b"chunked")?;
/// assert!(framing.decide(false).is_err(), "both are there");
/// # Ok::<_, owin_core::headers::FramingError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct BodyFraming {
    length: Option<u64>,
    is_chunked: bool,
}

impl BodyFraming {
    /// Takes a `Content-Length` line.
    ///
    /// # Errors
    ///
    /// 400 for a sign, a list, and for a second line, also where the numbers agree.
    pub fn content_length(&mut self, value: &[u8]) -> Result<(), FramingError> {
        const WRONG: FramingError =
            FramingError::bad("the Content-Length is not one decimal number");
        let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(value).ok().filter(|_| is_number).ok_or(WRONG)?;
        let length = text.parse().map_err(|_| WRONG)?;
        if self.length.replace(length).is_some() {
            return Err(FramingError::bad("there is more than one Content-Length"));
        }
        Ok(())
    }

    /// Takes a `Transfer-Encoding` line: `chunked`, alone and once, is all that is known.
    ///
    /// # Errors
    ///
    /// 501 for another coding, 400 for a second line.
    pub fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), FramingError> {
        if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
            let why = "a transfer coding other than chunked is not implemented";
            return Err(FramingError { status: StatusCode::NOT_IMPLEMENTED, why });
        }
        if std::mem::replace(&mut self.is_chunked, true) {
            return Err(FramingError::bad("the body is chunked more than once"));
        }
        Ok(())
    }

    /// How long the body is, from all lines together; `Unknown` where it is chunked.
    ///
    /// # Errors
    ///
    /// 400 where a length stands beside chunks, or HTTP/1.0 has chunks.
    pub fn decide(&self, is_http_10: bool) -> Result<BodyLength, FramingError> {
        match (self.is_chunked, self.length) {
            (true, Some(_)) => {
                Err(FramingError::bad("Content-Length and Transfer-Encoding are both there"))
            }
            (true, None) if is_http_10 => {
                Err(FramingError::bad("HTTP/1.0 does not know Transfer-Encoding"))
            }
            (true, None) => Ok(BodyLength::Unknown),
            (false, length) => Ok(BodyLength::Known(length.unwrap_or(0))),
        }
    }
}

/// Fields of which two readers could make different bodies; always the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramingError {
    status: StatusCode,
    why: &'static str,
}

impl FramingError {
    const fn bad(why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why }
    }

    /// The status that answers it; the connection closes.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.status
    }

    /// What is wrong.
    #[must_use]
    pub fn why(self) -> &'static str {
        self.why
    }
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl std::error::Error for FramingError {}

impl From<FramingError> for Error {
    fn from(error: FramingError) -> Self {
        Self::peer(error.why).with_status(error.status)
    }
}

/// How long the body of a request with that header is.
pub(crate) fn body_length(headers: &Headers, protocol: Protocol) -> Result<BodyLength, Error> {
    let mut framing = BodyFraming::default();
    for (name, value) in headers.lines() {
        if name.eq_ignore_ascii_case("content-length") {
            framing.content_length(value)?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            framing.transfer_encoding(value)?;
        }
    }
    Ok(framing.decide(protocol < Protocol::HTTP_11)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(lines: &[(&str, &str)]) -> Result<BodyLength, u16> {
        length_over(Protocol::HTTP_11, lines)
    }

    fn length_over(protocol: Protocol, lines: &[(&str, &str)]) -> Result<BodyLength, u16> {
        let mut headers = Headers::new();
        for (name, value) in lines {
            headers.append(*name, *value).unwrap();
        }
        body_length(&headers, protocol).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn a_plain_length_and_plain_chunks_are_taken() {
        assert_eq!(length(&[]), Ok(BodyLength::Known(0)));
        assert_eq!(length(&[("content-length", "5")]), Ok(BodyLength::Known(5)));
        assert_eq!(length(&[("transfer-encoding", "Chunked")]), Ok(BodyLength::Unknown));
    }

    #[test]
    fn lengths_that_two_readers_may_read_differently_are_refused() {
        // HT-01, HT-02, HT-03, HT-05.
        for value in ["+5", "-1", "5 5", "5,5", "0x5", "", "18446744073709551616", "5;"] {
            assert_eq!(length(&[("content-length", value)]), Err(400), "{value}");
        }
        let (five, chunked) = (("content-length", "5"), ("transfer-encoding", "chunked"));
        assert_eq!(length(&[five, five]), Err(400));
        assert_eq!(length(&[five, chunked]), Err(400));
        assert_eq!(length(&[chunked, chunked]), Err(400));
        assert_eq!(length_over(Protocol::HTTP_10, &[chunked]), Err(400));
    }

    #[test]
    fn codings_that_are_not_known_are_not_implemented() {
        // HT-04.
        for value in ["gzip, chunked", "xchunked", "chunked, identity", "identity", ""] {
            assert_eq!(length(&[("transfer-encoding", value)]), Err(501), "{value}");
        }
    }
}
