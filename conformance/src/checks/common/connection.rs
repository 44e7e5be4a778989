//! Who is at the ends of the connection (CommonKeys, server).

use std::net::SocketAddr;

use serde_json::Value;

use crate::check::{Check, Feature, Level, Profile, Proof, standard};
use crate::judge::{Judged, Lapse, Trial, demand, text};
use crate::wire::Asked;

pub(in crate::checks) const CONNECTION: &[Check] = &[
    Check {
        id: "CM-01",
        slug: "remote-address",
        title: "The app sees the address of the client, without brackets and port",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[standard("CommonKeys", "server", "server.RemoteIpAddress is the client's")],
        seeds: "CK-030",
        means: "logs and limits are about somebody else",
        fix: "write the address alone, as the socket says it",
        proof: Proof::HoldsByProbe(|trial| {
            let (said, (own, _)) = ends(trial)?;
            same(&said, "remote_ip", &own.ip().to_canonical().to_string())
        }),
    },
    Check {
        id: "CM-02",
        slug: "remote-port",
        title: "The app sees the port of the client, as decimal digits",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[standard("CommonKeys", "server", "server.RemotePort is the client's port")],
        seeds: "CK-031",
        means: "logs cannot be matched with those of others",
        fix: "take the port of the other end of the socket, as text",
        proof: Proof::HoldsByProbe(|trial| {
            let (said, (own, _)) = ends(trial)?;
            same(&said, "remote_port", &own.port().to_string())
        }),
    },
    Check {
        id: "CM-03",
        slug: "local-address",
        title: "The app sees the address and the port that the client connected to",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[standard(
            "CommonKeys",
            "server",
            "server.LocalIpAddress and server.LocalPort are those the request arrived on",
        )],
        seeds: "CK-032",
        means: "apps that listen on more than one address cannot tell which it was",
        fix: "ask the connection and not the listener, which may be bound to all addresses",
        proof: Proof::HoldsByProbe(|trial| {
            let (said, (_, other)) = ends(trial)?;
            same(&said, "local_ip", &other.ip().to_canonical().to_string())?;
            same(&said, "local_port", &other.port().to_string())
        }),
    },
    Check {
        id: "CM-04",
        slug: "is-local",
        title: "The app is told that a client is on the same machine",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[standard("CommonKeys", "server", "server.IsLocal says whether it is local")],
        seeds: "CK-033",
        means: "pages for the operator are shown to nobody, or to everybody",
        fix: "take loopback addresses and one's own for local",
        proof: Proof::HoldsByProbe(|trial| {
            let (said, (own, other)) = ends(trial)?;
            let is_local = said.get("is_local").filter(|value| !value.is_null());
            let Some(is_local) = is_local else {
                return Err(Lapse::Skipped(
                    "the server does not say whether it is local".to_owned(),
                ));
            };
            let wanted = own.ip().is_loopback() || own.ip() == other.ip();
            if !wanted {
                let why = "whether this client is on the server's machine is not known here";
                return Err(Lapse::Skipped(why.to_owned()));
            }
            demand(is_local == &Value::Bool(true), || format!("it was told {is_local}"))
        }),
    },
];

/// What the app is told of the connection, and its real ends: the client's and the server's.
fn ends(trial: &Trial<'_>) -> Result<(Value, (SocketAddr, SocketAddr)), Lapse> {
    trial.claims(Feature::Addresses)?;
    let mut link = trial.connect()?;
    link.send(trial.for_probe("GET", "connection", "\r\n"));
    let answer = link.answer(Asked::Whole)?;
    let why = || Lapse::Skipped("the connection has no addresses".to_owned());
    Ok((trial.said("connection", &answer)?, link.ends().ok_or_else(why)?))
}

/// An address in IPv6's form of an IPv4 one counts as that.
fn same(said: &Value, name: &str, wanted: &str) -> Judged {
    let own = text(said, name);
    let plain = own.strip_prefix("::ffff:").unwrap_or(own);
    demand(plain == wanted, || format!("{name} is {own:?} and not {wanted:?}"))
}
