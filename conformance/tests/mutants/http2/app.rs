//! The probe contract on the mutant, right but for the fault.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::connection::Connection;
use super::faults::Fault;
use super::fields::Request;
use super::packed::plain;
use super::rules::text;

/// Calls the app; the block of its answer's head, and the body.
pub(crate) fn answer(connection: &mut Connection, request: &Request) -> (Vec<u8>, Vec<u8>) {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let parameters: Vec<(&str, &str)> =
        query.split('&').map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
    let name = path.strip_prefix("/.probe/").unwrap_or_default();
    let name = name.split('/').next().unwrap_or_default();
    let nonce = parameters.iter().find(|(own, _)| *own == "nonce").map_or("", |(_, own)| *own);
    let mut calls = connection.shared.calls.lock().unwrap();
    if !matches!(name, "count" | "version") {
        *calls.entry(nonce.to_owned()).or_default() += 1;
    }
    let count = calls.get(nonce).copied().unwrap_or_default();
    drop(calls);
    let (mut fields, mut body) = (Vec::new(), String::new());
    match name {
        "version" => {
            let says = json!({ "probe": 1, "app": "a mutant", "features": ["trailers"] });
            body = says.to_string();
        }
        "count" => body = json!({ "count": count }).to_string(),
        "reply" => {
            for (name, value) in parameters {
                match name {
                    "header" => fields.extend(value.split_once(':')),
                    "body" | "chunk" => body += value,
                    _ => {}
                }
            }
        }
        _ => body = seen(connection.shared.fault(), request, path, query).to_string(),
    }
    let is_head = request.method == "HEAD" && !connection.has(Fault::HeadWithBody);
    let head = head(connection, &fields, body.len());
    (head, if is_head { Vec::new() } else { body.into_bytes() })
}

/// The block of a head.
fn head(connection: &mut Connection, fields: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut block = Vec::new();
    plain(&mut block, ":status", "200");
    let is_upper = connection.has(Fault::UpperCaseInAnswers);
    let length = length + usize::from(connection.has(Fault::LengthOfOneMore));
    plain(&mut block, "content-length", &length.to_string());
    for (name, value) in fields {
        let name = if is_upper { (*name).to_owned() } else { name.to_lowercase() };
        plain(&mut block, &name, value);
    }
    if is_upper {
        plain(&mut block, "Server", "a mutant");
    }
    if connection.has(Fault::TableInAnswers) {
        let own: &[u8] = if connection.has_used_table { b"\xBE" } else { b"\x40\x01x\x01y" };
        block.extend(own);
        connection.has_used_table = true;
    }
    block
}

fn seen(fault: Option<Fault>, request: &Request, path: &str, query: &str) -> Value {
    let body = &request.body;
    json!({
        "method": request.method,
        "target": request.path,
        "scheme": request.scheme,
        "path_base": "",
        "path": decoded(path),
        "query": query,
        "protocol": "HTTP/2.0",
        "headers": lines(fault, request),
        "trailers": request.trailers.iter().map(|(n, v)| [text(n), text(v)]).collect::<Vec<_>>(),
        "body_length": body.len(),
        "body_sha256": Sha256::digest(body).iter().map(|b| format!("{b:02x}")).collect::<String>(),
    })
}

fn lines(fault: Option<Fault>, request: &Request) -> Vec<[String; 2]> {
    let has = |own| fault == Some(own);
    let mut lines: Vec<[String; 2]> = Vec::new();
    if !has(Fault::HostNotMade) {
        lines.push(["host".to_owned(), request.authority.clone()]);
    }
    for (name, value) in &request.lines {
        let (name, value) = (text(name), text(value));
        let crumb = lines.iter_mut().find(|[own, _]| name == "cookie" && *own == name);
        match crumb {
            Some([_, whole]) if !has(Fault::CrumbsStay) => *whole += &format!("; {value}"),
            _ if name == "host" || (value.is_empty() && has(Fault::EmptyFieldsDropped)) => {}
            _ => lines.push([name, value]),
        }
    }
    lines
}

fn decoded(path: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), path.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        rest = if hex.is_some() { &tail[2..] } else { tail };
        bytes.push(hex.unwrap_or(*first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
