//! What the fields of a request say of its body (RFC 9112 §6.3).

use http::StatusCode;

use crate::headers::Headers;
use crate::{BodyLength, Error};

/// How long the body of a request is; `Unknown` where it is chunked.
pub(crate) fn body_length(headers: &Headers) -> Result<BodyLength, Error> {
    let codings: Vec<&[u8]> = values(headers, "transfer-encoding").collect();
    let lengths: Vec<&[u8]> = values(headers, "content-length").collect();
    match (&codings[..], &lengths[..]) {
        ([], []) => Ok(BodyLength::Known(0)),
        ([], [length]) => decimal(length).map(BodyLength::Known),
        ([coding], []) if coding.eq_ignore_ascii_case(b"chunked") => Ok(BodyLength::Unknown),
        ([_], []) => Err(Error::peer("a transfer coding other than chunked is not implemented")
            .with_status(StatusCode::NOT_IMPLEMENTED)),
        _ => Err(Error::peer("more than one field says where the body ends")),
    }
}

fn values<'a>(headers: &'a Headers, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.lines().filter(move |(line, _)| line.eq_ignore_ascii_case(name));
    lines.map(|(_, value)| value)
}

fn decimal(value: &[u8]) -> Result<u64, Error> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_number);
    let length = text.and_then(|text| text.parse().ok());
    length.ok_or_else(|| Error::peer("the Content-Length is not one decimal number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(lines: &[(&str, &str)]) -> Result<BodyLength, u16> {
        let mut headers = Headers::new();
        for (name, value) in lines {
            headers.append(*name, *value).unwrap();
        }
        body_length(&headers).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn one_framing_is_read() {
        assert_eq!(length(&[]), Ok(BodyLength::Known(0)));
        assert_eq!(length(&[("content-length", "5")]), Ok(BodyLength::Known(5)));
        assert_eq!(length(&[("transfer-encoding", "Chunked")]), Ok(BodyLength::Unknown));
    }

    #[test]
    fn framings_that_two_readers_may_read_differently_are_refused() {
        // HT-01, HT-02, HT-03, HT-04.
        for value in ["+5", "-1", "5 5", "5,5", "0x5", "", "18446744073709551616"] {
            assert_eq!(length(&[("content-length", value)]), Err(400), "{value}");
        }
        for value in ["gzip, chunked", "xchunked", "chunked, identity", "identity", ""] {
            assert_eq!(length(&[("transfer-encoding", value)]), Err(501), "{value}");
        }
        let two = [("content-length", "5"), ("content-length", "5")];
        assert_eq!(length(&two), Err(400));
        let both = [("content-length", "5"), ("transfer-encoding", "chunked")];
        assert_eq!(length(&both), Err(400));
        let twice = [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")];
        assert_eq!(length(&twice), Err(400));
    }
}
