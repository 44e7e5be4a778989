//! The body of a response (RFC 9112 §6, §7).

use crate::wire::answer::{self, Answer, Framing};
use crate::wire::lines::Lines;

/// Reads the body that the framing says; says whether all of it has come.
pub(super) fn read(
    lines: &mut Lines<'_>,
    answer: &mut Answer,
    has_ended: bool,
) -> Result<bool, String> {
    match answer.framing {
        Framing::None => Ok(true),
        Framing::Length(length) => {
            let body = lines.take(length);
            answer.body = body.unwrap_or_default().to_vec();
            Ok(body.is_some())
        }
        Framing::Chunked => chunks(lines, answer),
        Framing::Close => {
            answer.body = lines.take_all().to_vec();
            Ok(has_ended)
        }
    }
}

fn chunks(lines: &mut Lines<'_>, answer: &mut Answer) -> Result<bool, String> {
    loop {
        let Some(line) = lines.line() else { return Ok(false) };
        let size = line.bytes.split(|byte| *byte == b';').next().unwrap_or_default();
        let is_number = !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit);
        let size = std::str::from_utf8(size).ok().and_then(|s| usize::from_str_radix(s, 16).ok());
        let Some(size) = size.filter(|_| is_number && line.has_cr) else {
            return Err(format!("no size of a chunk: {}", line.bytes.escape_ascii()));
        };
        if size == 0 {
            return trailers(lines, answer);
        }
        let Some(data) = lines.take(size) else { return Ok(false) };
        answer.body.extend(data);
        let Some(end) = lines.take(2) else { return Ok(false) };
        if end != b"\r\n" {
            return Err("there is no CRLF behind the data of a chunk".to_owned());
        }
    }
}

fn trailers(lines: &mut Lines<'_>, answer: &mut Answer) -> Result<bool, String> {
    loop {
        let Some(line) = lines.line() else { return Ok(false) };
        if line.bytes.is_empty() {
            return Ok(true);
        }
        answer.trailers.push(answer::field(line.bytes)?);
    }
}
