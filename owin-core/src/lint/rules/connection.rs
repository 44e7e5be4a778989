//! Rules about what a server tells of the connection.

use std::net::IpAddr;

use super::declare;
use crate::lint::judge::Judge;
use crate::{Environment, Key, keys};

declare! {
    CERTIFICATE_NEEDS_TLS: "CK-029", Text, Server, Some("ssl.ClientCertificate"),
        "CommonKeys, ssl",
        "a client certificate on TLS only",
        "leave the key out on clear text";
    REMOTE_ADDRESS: "CK-030", Text, Server, Some("server.RemoteIpAddress"), "CommonKeys, server",
        "an IP address as text, without brackets and port",
        "leave the key out where the transport has no IP addresses";
    REMOTE_PORT: "CK-031", Text, Server, Some("server.RemotePort"), "CommonKeys, server",
        "a port in decimal",
        "leave the key out where the transport has no ports";
    LOCAL_END: "CK-032", Text, Server, None, "CommonKeys, server",
        "the local IP address as text and the local port in decimal",
        "leave both keys out where the transport has no such thing";
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    let has_certificate = env.get(keys::SSL_CLIENT_CERTIFICATE).is_some();
    let is_tls = env.get(keys::SSL_HANDSHAKE).is_some() || env.request().scheme() == "https";
    if has_certificate && !is_tls {
        judge.found(&CERTIFICATE_NEEDS_TLS, "one on clear text");
    }
    if let Some(text) = wrong(env, keys::SERVER_REMOTE_IP_ADDRESS, is_address) {
        judge.found(&REMOTE_ADDRESS, text);
    }
    if let Some(text) = wrong(env, keys::SERVER_REMOTE_PORT, is_port) {
        judge.found(&REMOTE_PORT, text);
    }
    let local_address = wrong(env, keys::SERVER_LOCAL_IP_ADDRESS, is_address);
    let local_port = wrong(env, keys::SERVER_LOCAL_PORT, is_port);
    let local =
        [(keys::SERVER_LOCAL_IP_ADDRESS, local_address), (keys::SERVER_LOCAL_PORT, local_port)];
    for (key, text) in local {
        if let Some(text) = text {
            judge.found_at(&LOCAL_END, key.name(), text);
        }
    }
}

/// The text of a key that is not as it should be. An empty one has a rule of its own, CK-016.
fn wrong(env: &Environment, key: Key<str>, is_right: fn(&str) -> bool) -> Option<String> {
    let text = env.get(key).filter(|text| !text.is_empty() && !is_right(text))?;
    Some(format!("{text:?}"))
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
