//! Responses that are made as the query says.

use std::time::Duration;

use super::super::faults::Fault;
use super::super::server::Connection;
use super::response::{Callback, Response};
use super::{Call, Failed};

/// How many bytes `bytes` writes at once.
const PIECE: usize = 16 * 1024;

/// How long a call that waits does so before it looks again.
const PAUSE: Duration = Duration::from_millis(3);

/// Does what the parameters say, in their order.
pub(super) fn shaped(
    connection: &mut Connection,
    call: &mut Call<'_>,
    response: &mut Response,
) -> Result<(), Failed> {
    let nonce = call.nonce();
    let is_held = connection.has(Fault::CallsWaitForOthers);
    while is_held && *connection.shared().waiting.lock().unwrap() > 0 {
        std::thread::sleep(PAUSE);
    }
    for (name, value) in call.parameters.clone() {
        match name.as_str() {
            "chunk" | "write" | "flush" | "bytes" => {
                let written = writes(connection, call, response, (&name, &value));
                written.inspect_err(|_| lost(connection, &nonce, "write"))?;
            }
            "read" => {
                let read = reads(connection, call, value.is_empty());
                read.inspect_err(|_| lost(connection, &nonce, "read"))?;
            }
            "wait" | "blind" => waits(connection, call, &value, name == "wait"),
            "file" => file(connection, response, &value)?,
            _ => told(connection, response, &name, &value)?,
        }
    }
    Ok(())
}

/// The steps that need not wait.
fn told(
    connection: &mut Connection,
    response: &mut Response,
    name: &str,
    value: &str,
) -> Result<(), Failed> {
    let has = |fault| connection.has(fault);
    let is_text = |text: &str| !text.bytes().any(|byte| byte.is_ascii_control());
    match name {
        "status" => response.status = Some(value.parse().map_err(|_| Failed::App)?),
        "reason" if is_text(value) || has(Fault::AnyPhraseSent) => {
            response.reason = Some(value.to_owned());
        }
        "reason" => return Err(Failed::App),
        "header" if response.has_started() && has(Fault::LateFieldsInBody) => {
            connection.write(format!("{value}\r\n"));
        }
        "header" if response.has_started() => {}
        "header" | "trailer" => {
            let (name_, value) = value.split_once(':').ok_or(Failed::App)?;
            let is_tchar =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let is_name = !name_.is_empty() && name_.bytes().all(is_tchar);
            let takes_name = is_name || has(Fault::AnyNameSent);
            if !takes_name || !(is_text(value) || has(Fault::AnyValueSent)) {
                return Err(Failed::App);
            }
            let lines =
                if name == "header" { &mut response.fields } else { &mut response.trailers };
            lines.push((name_.to_owned(), value.to_owned()));
        }
        "body" => response.write(value.as_bytes()),
        "callback" | "callback-status" | "callback-fail" if response.has_started() => {
            return if has(Fault::LateCallbacksTaken) { Ok(()) } else { Err(Failed::App) };
        }
        "callback" => response.callbacks.push(Callback::Appends(value.to_owned())),
        "callback-status" => {
            let status = value.parse().map_err(|_| Failed::App)?;
            response.callbacks.push(Callback::Sets(status));
        }
        "callback-fail" => response.callbacks.push(Callback::Fails),
        _ => {}
    }
    Ok(())
}

fn writes(
    connection: &mut Connection,
    call: &Call<'_>,
    response: &mut Response,
    (name, value): (&str, &str),
) -> Result<(), Failed> {
    let nonce = call.nonce();
    let swallows = connection.has(Fault::WritesSwallowed);
    if name == "bytes" {
        let mut length: usize = value.parse().map_err(|_| Failed::App)?;
        if connection.has(Fault::LargeBodiesCut) {
            length = length.min(1024 * 1024);
        }
        for from in (0..length).step_by(PIECE) {
            let piece = pattern(from, PIECE.min(length - from));
            response.write(&piece);
            connection.shared().fate(&nonce, |fate| fate.written += piece.len());
            let is_lost = connection.has(Fault::WritesNeverFail) && connection.is_known_lost();
            if response.is_full() && !swallows {
                let sent = response.flush(connection, call.head);
                if is_lost && sent == Err(Failed::Write) { Ok(()) } else { sent }?;
            }
        }
        return Ok(());
    }
    response.write(value.as_bytes());
    if matches!(name, "chunk" | "flush") { response.flush(connection, call.head) } else { Ok(()) }
}

fn reads(connection: &mut Connection, call: &mut Call<'_>, is_whole: bool) -> Result<(), Failed> {
    if !is_whole {
        return Ok(());
    }
    if !call.has_read {
        let read = connection.body(call.head);
        if connection.has(Fault::ReadsNeverFail) && read.is_err() {
            return Ok(());
        }
        read.map_err(Failed::Read)?;
        call.has_read = true;
    } else if connection.has(Fault::ContinueTwice) {
        connection.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    Ok(())
}

/// Waits until the gate is open or, unless the app is blind, the client has gone.
fn waits(connection: &mut Connection, call: &Call<'_>, gate: &str, looks: bool) {
    let nonce = call.nonce();
    *connection.shared().waiting.lock().unwrap() += 1;
    while !connection.shared().is_open(gate) && !connection.is_dead() {
        let before = connection.unread_bytes();
        let is_lost = connection.is_lost(call.head, call.has_read);
        let is_told = looks || !connection.has(Fault::LateLookSeesNothing);
        if is_lost && is_told {
            connection.shared().cancel(&nonce);
            if looks {
                break;
            }
        }
        if connection.unread_bytes() == before {
            std::thread::sleep(PAUSE);
        }
    }
    *connection.shared().waiting.lock().unwrap() -= 1;
    if !looks && connection.has(Fault::LateLookSeesNothing) {
        connection.forget_loss();
    }
}

fn lost(connection: &Connection, nonce: &str, what: &'static str) {
    connection.shared().fate(nonce, |fate| fate.failed = Some(what));
    if !(what == "write" && connection.has(Fault::WriteFailureUntold)) {
        connection.shared().cancel(nonce);
    }
}

/// Hands a range of a file over.
fn file(connection: &Connection, response: &mut Response, said: &str) -> Result<(), Failed> {
    let has = |fault| connection.has(fault);
    if said == "missing" {
        return if has(Fault::MissingFileIsEmpty) { Ok(()) } else { Err(Failed::App) };
    }
    let numbers: Vec<usize> = said.split(',').map(|number| number.parse().unwrap()).collect();
    let length = numbers[0];
    let offset = numbers.get(1).copied().filter(|_| !has(Fault::OffsetIgnored)).unwrap_or(0);
    let rest = length.checked_sub(offset);
    let count = numbers.get(2).copied().filter(|_| !has(Fault::CountIgnored));
    let count = match (rest, count) {
        (Some(rest), None) => rest,
        (Some(rest), Some(count)) if count <= rest => count,
        (rest, _) if has(Fault::RangeIsCut) => rest.unwrap_or(0),
        _ => return Err(Failed::App),
    };
    if count == 0 && has(Fault::NoBytesFail) {
        return Err(Failed::App);
    }
    let is_open = numbers.len() < 3 && has(Fault::LastByteOfFileLost);
    let mut bytes = pattern(offset, if is_open { count.saturating_sub(1) } else { count });
    if has(Fault::LargeFilesCut) {
        bytes.truncate(1024 * 1024);
    }
    if has(Fault::FileIsAllThereIs) {
        response.drop_pieces();
    }
    if has(Fault::FileForgetsHead) {
        response.fields.clear();
    }
    response.write(&bytes);
    response.is_file = true;
    Ok(())
}

/// The bytes from one place of the pattern on.
pub(super) fn pattern(from: usize, length: usize) -> Vec<u8> {
    let one: Vec<u8> =
        (from..from + 251).map(|at| u8::try_from(at % 251 * 31 % 251).unwrap()).collect();
    let mut bytes = one.repeat(length.div_ceil(251));
    bytes.truncate(length);
    bytes
}
