//! Connections that the app of a mutant takes over.

use super::super::faults::Fault;
use super::super::head::Framing;
use super::super::server::Connection;
use super::response::Response;
use super::{Call, Failed};

/// Takes the connection over where that was asked for; whether there is a response to finish.
pub(super) fn taken(
    connection: &mut Connection,
    call: &Call<'_>,
    response: &mut Response,
) -> Result<bool, Failed> {
    let is_refused = call.named("refuse").is_some() && !connection.has(Fault::RefusalSwitches);
    if !is_offered(connection, call) || is_refused {
        response.write(b"plain\n");
        return Ok(true);
    }
    connection.write(head(connection));
    connection.write("ready\n");
    let has = |fault| connection.has(fault);
    let (ends, fails) = (call.named("end").is_some(), call.named("fail").is_some());
    if (fails && has(Fault::FailureKeepsStream)) || (ends && has(Fault::EndKeepsStream)) {
        connection.linger();
    } else if !ends && !fails {
        connection.echo();
    }
    Ok(false)
}

fn is_offered(connection: &Connection, call: &Call<'_>) -> bool {
    let has = |fault| connection.has(fault);
    let head = call.head;
    let options = head.values("Connection", None).join(&b","[..]).to_ascii_lowercase();
    let mut options = options.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let has_option = match connection.fault() {
        Some(Fault::OptionAlone) => head.values("Connection", None) == [b"Upgrade"],
        Some(Fault::OptionNotNeeded) => true,
        _ => options.any(|option| option == b"upgrade"),
    };
    let asks = !head.values("Upgrade", None).is_empty() && has_option;
    let is_new = head.minor == 1 || has(Fault::UpgradeForAll);
    let has_body = head.framing != Framing::None && !has(Fault::BodyIsStream);
    let is_bare = head.values("Upgrade", None).is_empty() && head.minor == 1;
    (asks && is_new && !has_body) || (is_bare && has(Fault::UpgradeUnasked))
}

fn head(connection: &Connection) -> String {
    let mut text = "HTTP/1.1 101 Well\r\nConnection: Upgrade\r\n".to_owned();
    if !connection.has(Fault::ProtocolUnsaid) {
        text += "Upgrade: probe\r\n";
    }
    if !connection.has(Fault::SwitchForgetsFields) {
        text += "X-Probe: taken over\r\n";
    }
    text + "\r\n"
}
