//! The trailer fields behind a chunked body (RFC 9112 §7.1.2).

use bytes::{Buf, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::h1::fields::is_no_trailer;
use crate::h1::line::{self, Line};
use crate::observe::Reason;

/// How many trailer fields there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TrailerLimits {
    /// Bytes of the section, the empty line counted.
    pub(crate) bytes: usize,
    /// Field lines.
    pub(crate) fields: usize,
}

/// Takes the trailer section from the front, or nothing where it is not whole yet.
///
/// # Errors
///
/// 400 where a field is malformed or must not stand there, 431 where there are too many.
pub(super) fn take(
    unread: &mut BytesMut,
    limits: TrailerLimits,
) -> Result<Option<HeaderMap>, Reason> {
    let section = unread.get(..limits.bytes).unwrap_or(unread);
    let (mut at, mut trailers) = (0, HeaderMap::new());
    loop {
        match section.get(at..) {
            Some([b'\r', b'\n', ..]) => {
                unread.advance(at + 2);
                return Ok(Some(trailers));
            }
            Some([] | [b'\r']) | None => break,
            Some(_) => {}
        }
        let taken = line::field_line(section, at).map_err(|_| Reason::TrailerIllegal)?;
        let Some((line, next)) = taken else { break };
        if trailers.len() == limits.fields {
            return Err(Reason::TooManyTrailers);
        }
        append(&mut trailers, section, line)?;
        at = next;
    }
    if unread.len() > limits.bytes { Err(Reason::TrailersTooLong) } else { Ok(None) }
}

fn append(trailers: &mut HeaderMap, bytes: &[u8], line: Line) -> Result<(), Reason> {
    let name = HeaderName::from_bytes(line.name.of(bytes)).map_err(|_| Reason::TrailerIllegal)?;
    if is_no_trailer(&name) {
        return Err(Reason::TrailerForbidden);
    }
    let value =
        HeaderValue::from_bytes(line.value.of(bytes)).map_err(|_| Reason::TrailerIllegal)?;
    trailers.try_append(name, value).map_err(|_| Reason::TrailerIllegal)?;
    Ok(())
}
