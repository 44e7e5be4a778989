//! The probe contract on the mutant server, right but for the fault.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::faults::Fault;
use super::head::{Head, Refused};
use super::server::Connection;

/// How often the app was called with a nonce.
pub(crate) type Calls = HashMap<String, u64>;

/// What became of a request.
pub(crate) struct Answered {
    pub(crate) keeps: bool,
    pub(crate) has_read: bool,
}

/// A response, before it is framed.
#[derive(Debug, Default)]
struct Response {
    status: Option<u16>,
    reason: Option<String>,
    fields: Vec<(String, String)>,
    pieces: Vec<String>,
    is_streamed: bool,
    breaks_off: bool,
}

/// Calls the app and writes its answer; `body` is there where it was read before.
pub(crate) fn answer(
    connection: &mut Connection,
    head: &Head,
    mut body: Option<Vec<Vec<u8>>>,
) -> Result<Answered, Refused> {
    let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
    let path = decoded(path);
    let parameters: Vec<(String, String)> = query
        .split('&')
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect();
    let named = |name: &str| {
        parameters.iter().find(|(own, _)| own == name).map(|(_, v)| v.clone()).unwrap_or_default()
    };
    let name = path.strip_prefix("/.probe/").unwrap_or_default();
    let name = name.split('/').next().unwrap_or_default();
    if !matches!(name, "count" | "version") {
        let calls = if connection.has(Fault::CalledTwice) { 2 } else { 1 };
        *connection.calls().lock().unwrap().entry(named("nonce")).or_default() += calls;
    }
    let mut response = Response::default();
    match name {
        "version" => response.say(&json!({ "probe": 1, "app": "a mutant" })),
        "count" => {
            let count = connection.calls().lock().unwrap().get(&named("nonce")).copied();
            response.say(&json!({ "count": count.unwrap_or_default() }));
        }
        "echo" | "" => {
            let pieces = match body.take() {
                Some(pieces) => pieces,
                None => connection.body(head)?,
            };
            body = Some(Vec::new());
            response.say(&seen(connection.fault(), head, &path, query, &pieces));
        }
        "reply" => response.shape(&parameters),
        "unread" => response.pieces.push("unread\n".to_owned()),
        "fail" => response.fail(&named("chunk"), connection.fault()),
        _ => response.status = Some(404),
    }
    let keeps = write(connection, head, response);
    Ok(Answered { keeps, has_read: body.is_some() })
}

fn seen(fault: Option<Fault>, head: &Head, path: &str, query: &str, pieces: &[Vec<u8>]) -> Value {
    let has = |own| fault == Some(own);
    let mut body = pieces.concat();
    if has(Fault::ChunksCut) && pieces.len() > 1 {
        body = pieces[0].clone();
    }
    if has(Fault::BodyCut) && pieces.len() == 1 {
        body.truncate(4096);
    }
    let mut lines: Vec<[String; 2]> = head.fields.iter().map(line).collect();
    if has(Fault::LinesJoined) {
        lines = joined(lines);
    }
    let method = head.method.clone();
    let version = format!("HTTP/1.{}", head.minor);
    json!({
        "method": if has(Fault::MethodInUpperCase) { method.to_uppercase() } else { method },
        "target": head.target,
        "scheme": "http",
        "path_base": "",
        "path": if has(Fault::PathDecodedTwice) { decoded(path) } else { path.to_owned() },
        "query": if has(Fault::QueryDecoded) { decoded(query) } else { query.to_owned() },
        "protocol": if has(Fault::VersionIsAlwaysNewest) { "HTTP/1.1".to_owned() } else { version },
        "headers": lines,
        "trailers": [],
        "body_length": body.len(),
        "body_sha256": Sha256::digest(&body).iter().map(|b| format!("{b:02x}")).collect::<String>(),
    })
}

fn line((name, value): &(String, Vec<u8>)) -> [String; 2] {
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

impl Response {
    fn say(&mut self, value: &Value) {
        self.pieces.push(value.to_string());
    }

    fn shape(&mut self, parameters: &[(String, String)]) {
        for (name, value) in parameters {
            match name.as_str() {
                "status" => self.status = value.parse().ok(),
                "reason" => self.reason = Some(value.clone()),
                "header" => {
                    let (name, value) = value.split_once(':').unwrap();
                    self.fields.push((name.to_owned(), value.to_owned()));
                }
                "body" => self.pieces.push(value.clone()),
                "chunk" => {
                    self.is_streamed = true;
                    self.pieces.push(value.clone());
                }
                _ => {}
            }
        }
    }

    fn fail(&mut self, chunk: &str, fault: Option<Fault>) {
        if chunk.is_empty() {
            let status = if fault == Some(Fault::FailureIs200) { 200 } else { 500 };
            self.status = Some(status);
        } else {
            self.pieces.push(chunk.to_owned());
            self.is_streamed = true;
            self.breaks_off = fault != Some(Fault::BrokenOffLooksWhole);
        }
    }
}

/// Frames and writes a response; says whether the connection goes on.
fn write(connection: &mut Connection, head: &Head, mut response: Response) -> bool {
    let has = |fault| connection.has(fault);
    let is_unset = response.status.is_none() && response.pieces.is_empty();
    let mut status = response.status.unwrap_or(200);
    if is_unset && has(Fault::NothingIs204) {
        status = 204;
    }
    if status == 299 && has(Fault::UnknownStatusIs200) {
        status = 200;
    }
    if has(Fault::LastPieceLost) && response.is_streamed && response.pieces.len() > 1 {
        response.pieces.pop();
    }
    let reason = response.reason.take().filter(|_| !has(Fault::PhraseLost));
    let keeps = head.keeps(connection.fault()) && !response.breaks_off;
    let has_no_body = matches!(status, 204 | 304) && !(status == 204 && has(Fault::BodyWith204));
    let is_chunked = response.is_streamed && head.minor == 1 && !has_no_body;
    let mut text = format!("HTTP/1.1 {status} {}\r\n", reason.as_deref().unwrap_or("Well"));
    if !has(Fault::NoDate) {
        text += "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    }
    let lines = response.fields.iter().map(|(n, v)| [n.clone(), v.clone()]).collect();
    let lines = if has(Fault::CookiesJoined) { joined(lines) } else { lines };
    for [name, value] in lines {
        text += &format!("{name}: {value}\r\n");
    }
    let body = response.pieces.concat();
    if is_chunked {
        text += "Transfer-Encoding: chunked\r\n";
    } else if !has_no_body {
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    text += if keeps { "Connection: keep-alive\r\n" } else { "Connection: close\r\n" };
    text += if has(Fault::HeadEndsWithLineFeed) { "\n" } else { "\r\n" };
    if has_no_body || (head.method == "HEAD" && !has(Fault::HeadWithBody)) {
    } else if is_chunked {
        for piece in &response.pieces {
            text += &format!("{:x}\r\n{piece}\r\n", piece.len());
        }
        text += if response.breaks_off { "" } else { "0\r\n\r\n" };
    } else {
        text += &body;
    }
    connection.write(text);
    keeps
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        rest = if hex.is_some() { &tail[2..] } else { tail };
        bytes.push(hex.unwrap_or(*first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
