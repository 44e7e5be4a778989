//! The rows of the table. A server more is an entry more.

use examples::custom_server::CustomServer;
use nowin_like_server::NowinServer;

use crate::proof::Column;
use crate::servers::{Entry, Lack, Protocol, Start};

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

static ENTRIES: [Entry; 2] = [
    Entry {
        name: "nowin",
        page: "../nowin-like-server/README.md",
        protocol: Protocol::Http1,
        start: Start::Server(|servers| servers.with(NowinServer::new())),
        lacks: &[NO_WEBSOCKET, NO_TLS],
    },
    Entry {
        name: "custom",
        page: "../examples/src/custom_server.rs",
        protocol: Protocol::Http1,
        start: Start::Server(|servers| servers.with(CustomServer)),
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
