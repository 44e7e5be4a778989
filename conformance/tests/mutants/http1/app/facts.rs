//! What the environment of a call on a mutant has.

use serde_json::{Map, Value, json};

use super::super::faults::Fault;
use super::super::server::Connection;

/// The keys of every call, with the types of their values.
const KEYS: [(&str, &str); 16] = [
    ("owin.RequestBody", "Body"),
    ("owin.RequestHeaders", "Fields"),
    ("owin.RequestMethod", "Text"),
    ("owin.RequestPath", "Text"),
    ("owin.RequestPathBase", "Text"),
    ("owin.RequestProtocol", "Text"),
    ("owin.RequestQueryString", "Text"),
    ("owin.RequestScheme", "Text"),
    ("owin.RequestId", "Text"),
    ("owin.ResponseBody", "Outlet"),
    ("owin.ResponseHeaders", "Fields"),
    ("owin.CallCancelled", "Token"),
    ("owin.Version", "Version"),
    ("server.Capabilities", "Map"),
    ("server.OnSendingHeaders", "Callbacks"),
    ("sendfile.SendAsync", "Files"),
];

pub(super) fn environment(connection: &mut Connection) -> Value {
    let has = |fault| connection.has(fault);
    let number = {
        let mut asked = connection.shared().asked.lock().unwrap();
        *asked += 1;
        *asked
    };
    let mut keys: Map<String, Value> =
        KEYS.map(|(name, own)| (name.to_owned(), Value::from(own))).into_iter().collect();
    if has(Fault::RequiredKeyMissing) {
        keys.remove("owin.ResponseBody");
    }
    if has(Fault::KeyOfItsOwn) {
        keys.insert("owin.Mutant".to_owned(), "Text".into());
    }
    if has(Fault::TypesChange) && number.is_multiple_of(2) {
        keys.insert("owin.RequestId".to_owned(), "Number".into());
    }
    let mut empty = vec!["owin.RequestQueryString", "owin.RequestPathBase"];
    if has(Fault::EmptyKeys) {
        keys.insert("server.ConnectionId".to_owned(), "Text".into());
        empty.push("server.ConnectionId");
    }
    if connection.was_marked() && has(Fault::EnvironmentStays) {
        keys.insert("probe.Mark".to_owned(), "Text".into());
    }
    connection.mark();
    let has = |fault| connection.has(fault);
    let id = if has(Fault::IdsRepeat) { 1 } else { number };
    json!({
        "keys": keys,
        "empty": empty,
        "version": "1.0",
        "id": id.to_string(),
        "cancelled": false,
        "capabilities": capabilities(connection, number),
    })
}

fn capabilities(connection: &Connection, number: u64) -> Map<String, Value> {
    let has = |fault| connection.has(fault);
    let mut said = Map::new();
    if !has(Fault::NamelessServer) {
        said.insert("server.Name".to_owned(), "a mutant".into());
    }
    if !has(Fault::ExtensionUnannounced) {
        said.insert("sendfile.Version".to_owned(), "1.0".into());
    }
    said.insert("opaque.Version".to_owned(), "1.0".into());
    if has(Fault::CapabilitiesChange) {
        said.insert("server.Calls".to_owned(), number.to_string().into());
    }
    said
}

pub(super) fn connection(connection: &Connection) -> Value {
    let has = |fault| connection.has(fault);
    let (local, remote) = (connection.local(), connection.remote());
    let remote_ip = remote.ip().to_string();
    json!({
        "remote_ip": if has(Fault::AddressInBrackets) { format!("[{remote_ip}]") } else { remote_ip },
        "remote_port": if has(Fault::PortsMixedUp) { local.port() } else { remote.port() }.to_string(),
        "local_ip": if has(Fault::LocalIsAny) { "0.0.0.0".to_owned() } else { local.ip().to_string() },
        "local_port": local.port().to_string(),
        "is_local": remote.ip().is_loopback() && !has(Fault::NobodyIsLocal),
    })
}
