//! What a field section must be (RFC 9113 §8.2, §8.3).

use super::faults::Fault;
use super::fields::Request;
use super::packed::Line;

/// Reads the head of a request; `None` where it is malformed.
pub(crate) fn request(lines: Vec<Line>, fault: Option<Fault>) -> Option<Request> {
    let has = |own: Fault| fault == Some(own);
    let mut request = Request::default();
    let mut pseudo: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in lines {
        if name.starts_with(b":") {
            let known = [":method", ":scheme", ":path", ":authority"];
            let known = known.into_iter().find(|own| own.as_bytes() == name);
            let is_late = !request.lines.is_empty() && !has(Fault::LatePseudoFieldTaken);
            let is_odd = !is_value(&value) && !has(Fault::LinesInPseudoFieldsTaken);
            if is_late || is_odd {
                return None;
            }
            match known {
                Some(name) => {
                    let is_twice = pseudo.iter().any(|(own, _)| *own == name);
                    if is_twice && !has(Fault::LastPseudoFieldCounts) {
                        return None;
                    }
                    pseudo.retain(|(own, _)| *own != name);
                    pseudo.push((name, text(&value)));
                }
                None if has(Fault::UnknownPseudoFieldTaken) => {}
                None => return None,
            }
            continue;
        }
        let line = field(name, value, fault)?;
        request.lines.push(line);
    }
    let part = |name: &str, instead: &str| {
        let found = pseudo.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone());
        let instead = has(Fault::MissingPseudoFieldTaken).then(|| instead.to_owned());
        found.or(instead)
    };
    request.method = part(":method", "GET")?;
    request.scheme = part(":scheme", "http")?;
    request.path = part(":path", "/")?;
    request.authority = part(":authority", "").unwrap_or_default();
    is_request(&request, fault).then_some(request)
}

/// What concerns a head as a whole.
fn is_request(request: &Request, fault: Option<Fault>) -> bool {
    let has = |own: Fault| fault == Some(own);
    let is_blank = |value: &str| value.contains(' ') && !value.contains('\n');
    let blanks = is_blank(&request.path) || is_blank(&request.method);
    let hosts = request.values("host");
    let is_other = hosts.iter().any(|own| *own != request.authority);
    !(request.path.is_empty() && !has(Fault::EmptyPathTaken)
        || request.method == "CONNECT" && !has(Fault::ConnectTaken)
        || blanks && !has(Fault::BlanksInPseudoFieldsTaken)
        || is_other && !has(Fault::OtherHostTaken)
        || request.has_odd_length() && !has(Fault::OddLengthTaken))
}

/// Reads the lines of trailers.
pub(crate) fn trailers(lines: Vec<Line>, fault: Option<Fault>) -> Option<Vec<Line>> {
    let mut read = Vec::new();
    for (name, value) in lines {
        if name.starts_with(b":") {
            if fault != Some(Fault::PseudoFieldInTrailersTaken) {
                return None;
            }
        } else if fault == Some(Fault::TrailersUnchecked) {
            read.push((name, value));
        } else {
            read.push(field(name, value, None)?);
        }
    }
    Some(read)
}

fn field(mut name: Vec<u8>, value: Vec<u8>, fault: Option<Fault>) -> Option<Line> {
    let has = |own: Fault| fault == Some(own);
    let is_upper = name.iter().any(u8::is_ascii_uppercase);
    if is_upper && !has(Fault::UpperCaseTaken) {
        return None;
    }
    name.make_ascii_lowercase();
    let is_odd = name.iter().any(|byte| matches!(byte, 0..=0x20 | b':' | 0x7F..));
    if is_odd && !has(Fault::OddNameTaken) {
        return None;
    }
    if !is_value(&value) && !has(Fault::OddValueTaken) {
        return None;
    }
    let has_blanks = value.trim_ascii() != value && is_value(&value);
    if has_blanks && !has(Fault::BlanksAroundTaken) {
        return None;
    }
    let of_connections: [&[u8]; 5] =
        [b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"];
    if of_connections.contains(&name.as_slice()) && !has(Fault::ConnectionFieldsTaken) {
        return None;
    }
    let is_odd_te = name == b"te" && value != b"trailers";
    (!is_odd_te || has(Fault::AnyTeTaken)).then_some((name, value))
}

fn is_value(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
}

pub(crate) fn text(value: &[u8]) -> String {
    value.iter().map(|byte| char::from(*byte)).collect()
}
