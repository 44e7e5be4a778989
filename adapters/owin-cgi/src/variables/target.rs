//! Variables that say what is asked for: path base, path, query, and the target as it was sent.

use owin_core::http::StatusCode;
use owin_core::path::{self, Target};
use owin_core::{Environment, Error};

use super::{Mount, Variables, wrong};

/// Sets path base, path and query, and the raw target where it is known.
pub(super) fn fill(
    variables: &Variables<'_>,
    env: &mut Environment,
    mount: &Mount,
) -> Result<(), Error> {
    let sent = sent_target(variables)?;
    if let Some((raw, _)) = sent {
        env.request_mut().set_target(raw)?;
    }
    if let Some(query) = query(variables, sent)? {
        env.request_mut().set_query_string(query);
    }
    let script = variables.raw("SCRIPT_NAME").unwrap_or_default();
    let info = variables.raw("PATH_INFO").unwrap_or_default();
    let named = [script, info].concat();
    if !named.is_empty() && named.first() != Some(&b'/') {
        return Err(wrong(if script.is_empty() { "PATH_INFO" } else { "SCRIPT_NAME" }));
    }
    let (base, path) = match (mount, sent) {
        // `*` of `OPTIONS` is below everything.
        (Mount::Script, Some((_, Target::Asterisk))) => (String::new(), "/".to_owned()),
        (Mount::At(base), Some((_, Target::Asterisk))) => (base.clone(), "/".to_owned()),
        (Mount::Script, _) => split_at_script(&[script, info], sent_path(&named, sent, env))?,
        (Mount::At(base), _) => split_at_base(base, &named, sent_path(&named, sent, env))?,
    };
    env.request_mut().set_path_base(&base);
    env.request_mut().set_path(&path);
    Ok(())
}

/// The target as the client sent it, where the web server tells.
fn sent_target<'a>(variables: &Variables<'a>) -> Result<Option<(&'a str, Target<'a>)>, Error> {
    let Some(raw) = variables.text("REQUEST_URI")? else { return Ok(None) };
    match Target::parse(raw)? {
        Target::Authority(_) => Err(wrong("REQUEST_URI")),
        target => Ok(Some((raw, target))),
    }
}

/// The query: what the web server says, which may have rewritten it.
fn query<'a>(
    variables: &Variables<'a>,
    sent: Option<(&str, Target<'_>)>,
) -> Result<Option<&'a str>, Error> {
    if sent.is_some() && !variables.all.iter().any(|(name, _)| *name == b"QUERY_STRING") {
        return Ok(None);
    }
    let query = variables.text("QUERY_STRING")?.unwrap_or_default();
    let is_legal = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    if query.bytes().all(is_legal) { Ok(Some(query)) } else { Err(wrong("QUERY_STRING")) }
}

/// The path as the app would see it by the target that was sent, where that names the same as the
/// web server does. A web server that names nothing leaves it to the target.
fn sent_path<'e>(
    named: &[u8],
    sent: Option<(&str, Target<'_>)>,
    env: &'e Environment,
) -> Option<&'e str> {
    let (_, target) = sent?;
    let is_same = || with_single_slashes(&decoded(target.path())) == with_single_slashes(named);
    (named.is_empty() || is_same()).then(|| env.request().path())
}

fn split_at_script(named: &[&[u8]; 2], sent: Option<&str>) -> Result<(String, String), Error> {
    let [script, info] = named;
    let base = path_of(script)?.trim_end_matches('/').to_owned();
    if let Some((base, path)) = sent.and_then(|sent| path::split_base(sent, &base)) {
        return Ok((base.to_owned(), rooted(base, path)));
    }
    // The slash at the end of a script's name belongs to what follows.
    let slashes = script.iter().rev().take_while(|byte| **byte == b'/').count();
    let below = [script.get(script.len() - slashes..).unwrap_or_default(), info].concat();
    if !below.is_empty() && below.first() != Some(&b'/') {
        return Err(wrong("PATH_INFO"));
    }
    let path = if below.is_empty() { String::new() } else { path_of(&below)? };
    let path = rooted(&base, &path);
    Ok((base, path))
}

fn split_at_base(base: &str, named: &[u8], sent: Option<&str>) -> Result<(String, String), Error> {
    let whole = match sent {
        Some(sent) => sent.to_owned(),
        None => path_of(named)?,
    };
    let Some((base, path)) = path::split_base(&whole, base) else {
        let outside = Error::peer("the path is not below the path base");
        return Err(outside.with_status(StatusCode::NOT_FOUND));
    };
    Ok((base.to_owned(), rooted(base, path)))
}

/// A path is empty only below a base (OWIN 1.0 §5.3).
fn rooted(base: &str, path: &str) -> String {
    if base.is_empty() && path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

/// What the app sees of a path that a web server has decoded: the same as of one that was sent in
/// escapes. Bytes that are no UTF-8 become escapes, dot segments are removed, NUL is refused.
fn path_of(decoded: &[u8]) -> Result<String, Error> {
    if decoded.is_empty() {
        return Ok(String::new());
    }
    let mut escaped = String::with_capacity(decoded.len());
    for byte in decoded {
        match byte {
            b'/' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(*byte));
            }
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    path::decode(&escaped)
}

/// A path as web servers decode it, `%2F` too; dot segments are removed as in [`path::decode`], to
/// which `%2F` is no separator.
pub(super) fn decoded(sent: &str) -> Vec<u8> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut ends_with_dots = false;
    for segment in sent.split('/').skip(1) {
        let segment = unescaped(segment);
        ends_with_dots = matches!(segment.as_slice(), b"." | b"..");
        match segment.as_slice() {
            b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    if ends_with_dots {
        kept.push(Vec::new());
    }
    kept.iter().fold(Vec::new(), |mut path, segment| {
        path.push(b'/');
        path.extend_from_slice(segment);
        path
    })
}

fn unescaped(segment: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        let byte = escape.and_then(|(digits, after)| Some((hexadecimal(digits)?, after)));
        let (byte, after) = byte.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hexadecimal.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// Web servers merge slashes, or do not.
fn with_single_slashes(path: &[u8]) -> Vec<u8> {
    let mut single = path.to_owned();
    single.dedup_by(|next, before| (*next, *before) == (b'/', b'/'));
    single
}
