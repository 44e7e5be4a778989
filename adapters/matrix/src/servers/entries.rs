//! The rows of the table. A server more is an entry more.

use examples::custom_server::CustomServer;
use nowin_like_server::NowinServer;

use crate::proof::Column;
use crate::servers::{Entry, Lack, Place, Protocol, Started, Unstarted, nginx};

/// The rows, in the order of the table.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

const NO_TLS: Lack = Lack {
    column: Column::TlsFacts,
    evidence: "no certificate",
    reason: "it speaks clear text only",
};

const NO_WEBSOCKET: Lack = Lack {
    column: Column::WebSocket,
    evidence: "501 this call offers no websocket.Accept",
    reason: "it does not offer `websocket.Accept`; an app can speak it over `opaque.Upgrade`",
};

static ENTRIES: [Entry; 3] = [
    Entry {
        name: "nowin",
        page: "../nowin-like-server/README.md",
        protocol: Protocol::Http1,
        server: |servers| servers.with(NowinServer::new()),
        front: None,
        lacks: &[NO_WEBSOCKET, NO_TLS],
    },
    Entry {
        name: "nowin behind nginx",
        page: "../nowin-like-server/README.md",
        protocol: Protocol::Http1,
        server: |servers| servers.with(NowinServer::new()),
        front: Some(nowin_behind_nginx),
        lacks: &[
            Lack {
                column: Column::BothWays,
                evidence: "while much goes both ways: ",
                reason: "nginx stops taking the request once its buffers for the answer are full, \
                    and does not always go on",
            },
            Lack {
                column: Column::Cancellation,
                evidence: "the app did not note \"fired\"",
                reason: "nginx closes its side in good order, which nowin takes for a client that \
                    has sent all and still wants its answer",
            },
            NO_WEBSOCKET,
            Lack {
                column: Column::TrailersIn,
                evidence: "the app saw no trailer field",
                reason: "nginx drops them",
            },
            Lack {
                column: Column::TrailersOut,
                evidence: "no trailer field came",
                reason: "nginx drops them",
            },
            Lack {
                column: Column::ClientAddress,
                evidence: "it knows another port",
                reason: "the app sees the address of nginx; the client's is in a field that nobody \
                    reads here",
            },
            Lack {
                column: Column::TlsFacts,
                evidence: "the app knows nothing of the handshake",
                reason: "nginx makes the handshake, and tells nothing of it",
            },
        ],
    },
    Entry {
        name: "custom",
        page: "../examples/src/custom_server.rs",
        protocol: Protocol::Http1,
        server: |servers| servers.with(CustomServer),
        front: None,
        lacks: &[
            Lack {
                column: Column::UnknownLengthIn,
                evidence: "the answer is 411",
                reason: "it refuses chunks, so that it fits on a page",
            },
            Lack {
                column: Column::Upgrade,
                evidence: "501 this call offers no opaque.Upgrade",
                reason: "it leaves upgrades out",
            },
            Lack {
                column: Column::WebSocket,
                evidence: "501 this call offers no websocket.Accept",
                reason: "it leaves upgrades out",
            },
            Lack {
                column: Column::TrailersIn,
                evidence: "the answer is 411",
                reason: "trailer fields follow chunks, which it refuses",
            },
            Lack {
                column: Column::TrailersOut,
                evidence: "no trailer field came",
                reason: "trailer fields follow chunks, which it does not send",
            },
            Lack {
                column: Column::SendFile,
                evidence: "501 this call offers no sendfile.SendAsync",
                reason: "it leaves `sendfile.SendAsync` out",
            },
            NO_TLS,
        ],
    },
];

/// A proxy that passes on what it can, as it comes.
fn nowin_behind_nginx(place: &Place) -> Result<Started, Unstarted> {
    let (nowin, address) = place.server("nowin", "http://127.0.0.1:0")?;
    let nginx = nginx::start(
        place,
        &format!(
            "proxy_pass http://{address}; proxy_http_version 1.1;\n\
             proxy_buffering off; proxy_request_buffering off;\n\
             proxy_set_header Host $http_host; proxy_set_header TE $http_te;\n\
             proxy_set_header Connection $http_connection;\n\
             proxy_set_header Upgrade $http_upgrade;"
        ),
    )?;
    Ok(nginx.started(place, vec![nowin]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_rows_have_one_name() {
        let names: BTreeSet<&str> = entries().iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), entries().len());
    }

    #[test]
    fn nothing_is_lacked_twice_and_every_lack_has_a_reason_and_its_evidence() {
        for entry in entries() {
            let columns: BTreeSet<&str> =
                entry.lacks.iter().map(|lack| lack.column.title()).collect();
            assert_eq!(columns.len(), entry.lacks.len(), "{}", entry.name);
            for lack in entry.lacks {
                let texts = [lack.evidence, lack.reason];
                assert!(texts.iter().all(|text| !text.is_empty() && !text.contains('|')));
            }
        }
    }
}
