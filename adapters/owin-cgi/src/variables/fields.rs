//! Variables that are field lines: `HTTP_…`, `CONTENT_TYPE`, `CONTENT_LENGTH` (RFC 3875 §4.1.18).

use owin_core::address::is_host_and_port;
use owin_core::http::{HeaderName, HeaderValue, Version};
use owin_core::{BodyLength, Environment, Error};

use super::{Variables, wrong};

const PREFIX: &[u8] = b"HTTP_";

/// Adds the field lines.
pub(super) fn fill(variables: &Variables<'_>, env: &mut Environment) -> Result<(), Error> {
    let body = variables.body_length()?;
    let is_http_11 = env.request().protocol() == Version::HTTP_11;
    let headers = env.request_mut().headers_mut();
    for (variable, value) in &variables.all {
        let Some(name) = variable.strip_prefix(PREFIX) else { continue };
        let is_wanted = match name {
            // No client means it, and programs take the variable of that name for a proxy to use
            // ("httpoxy"); those of the body have variables of their own.
            b"PROXY" | b"CONTENT_LENGTH" | b"CONTENT_TYPE" => false,
            // The web server has decoded the chunks. The field stays as long as it says something.
            b"TRANSFER_ENCODING" => is_http_11 && body == BodyLength::Unknown,
            b"HOST" => !value.is_empty(),
            _ => true,
        };
        if is_wanted {
            let name = field_name(name).ok_or_else(|| unreadable(variable))?;
            let value = field_value(value).ok_or_else(|| unreadable(variable))?;
            headers.append(name, value)?;
        }
    }
    if let Some(value) = variables.raw("CONTENT_TYPE") {
        headers.set("content-type", field_value(value).ok_or_else(|| wrong("CONTENT_TYPE"))?)?;
    }
    if let (BodyLength::Known(length), true) = (body, variables.raw("CONTENT_LENGTH").is_some()) {
        headers.set("content-length", HeaderValue::from(length))?;
    }
    Ok(())
}

/// The name of a field, of which `-` has become `_` and all letters are large.
fn field_name(name: &[u8]) -> Option<HeaderName> {
    let name: Vec<u8> = name.iter().map(|byte| if *byte == b'_' { b'-' } else { *byte }).collect();
    HeaderName::from_bytes(&name).ok()
}

fn field_value(value: &[u8]) -> Option<HeaderValue> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let Some(start) = value.iter().position(|byte| !is_blank(byte)) else {
        return Some(HeaderValue::from_static(""));
    };
    let end = value.iter().rposition(|byte| !is_blank(byte))?;
    HeaderValue::from_bytes(value.get(start..=end)?).ok()
}

fn unreadable(variable: &[u8]) -> Error {
    wrong(&String::from_utf8_lossy(variable))
}

/// Sees to it that the app finds exactly one `Host` (OWIN 1.0 §5.2): the web server knows under which
/// name it was asked, where the client did not say, or said it in another way than by a field.
pub(super) fn settle_host(variables: &Variables<'_>, env: &mut Environment) -> Result<(), Error> {
    let mut lines = env.request().headers().lines().filter(|(name, _)| *name == "host");
    let (first, second) = (lines.next(), lines.next());
    let is_legal = |value: &[u8]| std::str::from_utf8(value).is_ok_and(is_host_and_port);
    match first {
        Some((_, value)) if second.is_none() && is_legal(value) => return Ok(()),
        // Several that a web server joined to one line are not legal either.
        Some(_) => return Err(Error::peer("there is not one legal Host")),
        None => {}
    }
    drop(lines);
    let host = server_host(variables)?.filter(|host| is_host_and_port(host));
    let host = host.ok_or_else(|| Error::peer("there is neither a Host nor a SERVER_NAME"))?;
    env.request_mut().headers_mut().set("host", host)
}

/// The name of the web server, with its port unless that is the usual one.
fn server_host(variables: &Variables<'_>) -> Result<Option<String>, Error> {
    let name = match variables.text("SERVER_NAME")? {
        Some(name) => Some(name),
        None => variables.text("SERVER_ADDR")?,
    };
    let Some(name) = name else { return Ok(None) };
    let is_bare_v6 = name.parse::<std::net::Ipv6Addr>().is_ok();
    let name = if is_bare_v6 { format!("[{name}]") } else { name.to_owned() };
    let usual = if variables.is_https() { "443" } else { "80" };
    Ok(Some(match variables.text("SERVER_PORT")? {
        Some(port) if port != usual => format!("{name}:{port}"),
        _ => name,
    }))
}
