//! What the app of a mutant saw of its request.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::faults::Fault;
use super::super::server::Connection;
use super::{Call, Failed, decoded};

pub(super) fn seen(connection: &mut Connection, call: &mut Call<'_>) -> Result<Value, Failed> {
    let fault = connection.fault();
    let has = |own| fault == Some(own);
    *connection.shared().newest.lock().unwrap() = call.query.to_owned();
    let was_there = connection.is_there(call.head);
    let pieces = match call.body.take() {
        Some(pieces) => pieces,
        None => connection.body(call.head).map_err(Failed::Read)?,
    };
    call.has_read = true;
    call.trailers = connection.trailers();
    let mut query = call.query.to_owned();
    if has(Fault::NewestQueryCounts) && !was_there {
        query.clone_from(&connection.shared().newest.lock().unwrap());
    }
    if has(Fault::QueryDecoded) {
        query = decoded(&query, None);
    }
    let mut path = call.path.clone();
    if has(Fault::PathDecodedTwice) {
        path = decoded(&path, None);
    }
    if has(Fault::AuthorityInPath)
        && let Some(authority) = &call.head.authority
    {
        path = format!("/{authority}{path}");
    }
    let body = body(&pieces, fault);
    let version = format!("HTTP/1.{}", call.head.minor);
    let method = call.head.method.clone();
    let lines = lines(connection, call);
    let trailers: Vec<[String; 2]> = call.trailers.iter().map(line).collect();
    Ok(json!({
        "method": if has(Fault::MethodInUpperCase) { method.to_uppercase() } else { method },
        "target": call.head.target,
        "scheme": if has(Fault::SchemeInUpperCase) { "HTTP" } else { connection.shared().scheme },
        "path_base": if has(Fault::BaseIsASlash) { "/" } else { "" },
        "path": path,
        "query": query,
        "protocol": if has(Fault::VersionIsAlwaysNewest) { "HTTP/1.1".to_owned() } else { version },
        "headers": lines,
        "trailers": if has(Fault::TrailersLost) { Vec::new() } else { trailers },
        "body_length": body.len(),
        "body_sha256": Sha256::digest(&body).iter().map(|b| format!("{b:02x}")).collect::<String>(),
    }))
}

fn body(pieces: &[Vec<u8>], fault: Option<Fault>) -> Vec<u8> {
    let has = |own| fault == Some(own);
    let mut body = pieces.concat();
    if has(Fault::ChunksCut) && pieces.len() > 1 {
        body = pieces[0].clone();
    }
    if has(Fault::BodyCut) && pieces.len() == 1 {
        body.truncate(4096);
    }
    let is_paged = body.len() >= 8192 && body.len().is_multiple_of(4096);
    if has(Fault::LastByteOfPageLost) && is_paged && pieces.len() == 1 {
        body.pop();
    }
    body
}

/// The field lines that the app is shown, and those that it should not be shown.
fn lines(connection: &mut Connection, call: &Call<'_>) -> Vec<[String; 2]> {
    let head = call.head;
    let mut lines: Vec<[String; 2]> = head.fields.iter().map(line).collect();
    if connection.has(Fault::LinesJoined) {
        lines = joined(lines);
    }
    if connection.has(Fault::TrailersAmongFields) {
        lines.extend(call.trailers.iter().map(line));
    }
    let authority = head.authority.as_ref().filter(|_| !connection.has(Fault::HostFieldCounts));
    if let Some(authority) = authority {
        lines.retain(|[name, _]| !name.eq_ignore_ascii_case("host"));
        lines.push(["Host".to_owned(), authority.clone()]);
    }
    let is_host = |[name, _]: &[String; 2]| name.eq_ignore_ascii_case("host");
    if connection.has(Fault::GuessReplacesHost) && head.minor == 0 {
        lines.retain(|line| !is_host(line));
    }
    if !lines.iter().any(is_host) && !connection.has(Fault::NoGuessOfHost) {
        lines.push(["Host".to_owned(), connection.local().to_string()]);
    }
    for [name, value] in &mut lines {
        if connection.has(Fault::PortOfHostLost)
            && authority.is_none()
            && name.eq_ignore_ascii_case("host")
        {
            *value = value.split(':').next().unwrap_or_default().to_owned();
        }
        if connection.has(Fault::LongValueCut) {
            *value = value.chars().take(64).collect();
        }
        if connection.has(Fault::HighBytesReplaced) {
            *value = value.replace(|letter: char| !letter.is_ascii(), "?");
        }
    }
    connection.with_fields_of_before(lines)
}

pub(super) fn line((name, value): &(String, Vec<u8>)) -> [String; 2] {
    [name.clone(), value.iter().map(|byte| char::from(*byte)).collect()]
}

fn joined(lines: Vec<[String; 2]>) -> Vec<[String; 2]> {
    let mut joined: Vec<[String; 2]> = Vec::new();
    for [name, value] in lines {
        match joined.iter_mut().find(|[own, _]| own.eq_ignore_ascii_case(&name)) {
            Some([_, whole]) => *whole += &format!(", {value}"),
            None => joined.push([name, value]),
        }
    }
    joined
}
