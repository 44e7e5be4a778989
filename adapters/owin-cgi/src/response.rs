//! The head of a response as CGI has it (RFC 3875 §6).

use owin_core::Head;
use owin_core::bytes::BufMut;

/// Writes the head of a response for a web server: `Status`, the fields, an empty line.
///
/// The status is always said, so that a `Location` is never taken for a redirection within the web
/// server (RFC 3875 §6.2.2). Neither `Date` nor `Connection` is added: those are the web server's.
///
/// ```
/// use owin_core::{Head, http::StatusCode};
///
/// let mut out = Vec::new();
/// owin_cgi::write_head(&Head::refusal(StatusCode::BAD_REQUEST), &mut out);
/// assert_eq!(out, b"Status: 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
/// ```
pub fn write_head(head: &Head<'_>, out: &mut impl BufMut) {
    out.put_slice(b"Status: ");
    out.put_slice(head.status().as_str().as_bytes());
    out.put_slice(b" ");
    out.put_slice(head.reason_phrase().as_bytes());
    out.put_slice(b"\r\n");
    head.write_fields(out);
    out.put_slice(b"\r\n");
}
