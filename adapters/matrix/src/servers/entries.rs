//! The rows of the table. A server more is an entry more.

use examples::custom_server::CustomServer;
use nowin_like_server::NowinServer;
use owin_actix::ActixServer;
use owin_cgi::Cgi;
use owin_fastcgi::FastCgi;
use owin_hyper::HyperServer;
use owin_tiny_http::TinyHttpServer;

use crate::proof::Column;
use crate::servers::named::Named;
use crate::servers::{Entry, Lack, Protocol, behind};

/// The rows, in the order of the table.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

static ENTRIES: [Entry; 11] = [
    NOWIN,
    NOWIN_AND_NGINX,
    CUSTOM,
    TINY_HTTP,
    HYPER,
    HYPER_H2,
    ACTIX,
    FASTCGI_AND_NGINX,
    FASTCGI_AND_APACHE,
    CGI_AND_APACHE,
    CGI_AND_LIGHTTPD,
];

const fn lack(column: Column, evidence: &'static str, reason: &'static str) -> Lack {
    Lack { column, evidence, reason }
}

/// What the probe app says where a call does not offer a key.
const NO_OPAQUE: &str = "501 this call offers no opaque.Upgrade";
const NO_SOCKET: &str = "501 this call offers no websocket.Accept";
const NO_FILES: &str = "501 this call offers no sendfile.SendAsync";

/// What a server says that is told to listen for TLS.
const NO_CERTIFICATE: &str = "no certificate";

const NO_FIELDS_IN: &str = "the app saw no trailer field";
const NO_FIELDS_OUT: &str = "no trailer field came";
const NOT_FIRED: &str = "the app did not note \"fired\"";
const STUCK: &str = "while much goes both ways: ";
const NO_HEAD: &str = "the head of the answer did not come";

const CLEAR_TEXT: &str = "it speaks clear text only";

const NOWIN: Entry = Entry {
    name: "nowin",
    page: "../nowin-like-server/README.md",
    protocol: Protocol::Http1,
    server: |servers| servers.with(NowinServer::new()),
    front: None,
    lacks: &[
        lack(Column::WebSocket, NO_SOCKET, "an app can speak it over `opaque.Upgrade`"),
        lack(Column::TlsFacts, NO_CERTIFICATE, CLEAR_TEXT),
    ],
};

const NOWIN_AND_NGINX: Entry = Entry {
    name: "nowin behind nginx",
    server: |servers| servers.with(Named::behind_nginx()),
    front: Some(behind::nowin_and_nginx),
    lacks: &[
        lack(
            Column::BothWays,
            STUCK,
            "nginx stops taking the request once its buffers for the answer are full, and does not \
             always go on",
        ),
        lack(Column::WebSocket, NO_SOCKET, "an app can speak it over `opaque.Upgrade`"),
        lack(Column::TrailersIn, NO_FIELDS_IN, "nginx drops them"),
        lack(Column::TrailersOut, NO_FIELDS_OUT, "nginx drops them"),
        lack(
            Column::ClientAddress,
            "it knows another port",
            "the app sees the address of nginx; the client's is in a field that nobody reads here",
        ),
        lack(
            Column::TlsFacts,
            "the app knows nothing of the handshake",
            "nginx makes the handshake, and tells nothing of it",
        ),
    ],
    ..NOWIN
};

const CUSTOM: Entry = Entry {
    name: "custom",
    page: "../examples/src/custom_server.rs",
    protocol: Protocol::Http1,
    server: |servers| servers.with(CustomServer),
    front: None,
    lacks: &[
        lack(
            Column::UnknownLengthIn,
            "the answer is 411",
            "it refuses chunks, so that it fits on a page",
        ),
        lack(Column::Upgrade, NO_OPAQUE, "it leaves upgrades out"),
        lack(Column::WebSocket, NO_SOCKET, "it leaves upgrades out"),
        lack(
            Column::TrailersIn,
            "the answer is 411",
            "trailer fields follow chunks, which it refuses",
        ),
        lack(
            Column::TrailersOut,
            NO_FIELDS_OUT,
            "trailer fields follow chunks, which it does not send",
        ),
        lack(Column::SendFile, NO_FILES, "it leaves `sendfile.SendAsync` out"),
        lack(Column::TlsFacts, NO_CERTIFICATE, CLEAR_TEXT),
    ],
};

const TINY_HTTP: Entry = Entry {
    name: "tiny-http",
    page: "owin-tiny-http/README.md",
    protocol: Protocol::Http1,
    server: |servers| servers.with(TinyHttpServer::new()),
    front: None,
    lacks: &[
        lack(Column::Upgrade, NO_OPAQUE, "the adapter does not offer it"),
        lack(Column::WebSocket, NO_SOCKET, "the adapter does not offer it"),
        lack(
            Column::TrailersIn,
            "the answer is 400",
            "tiny_http takes trailer fields for malformed chunks",
        ),
        lack(Column::SendFile, NO_FILES, "the adapter does not offer it"),
        lack(Column::TlsFacts, NO_CERTIFICATE, "the adapter speaks clear text only"),
    ],
};

const HYPER: Entry = Entry {
    name: "hyper",
    page: "owin-hyper/README.md",
    protocol: Protocol::Http1,
    server: |servers| servers.with(HyperServer::new()),
    front: None,
    lacks: &[
        lack(Column::WebSocket, NO_SOCKET, "an app can speak it over `opaque.Upgrade`"),
        lack(Column::SendFile, NO_FILES, "the adapter does not offer it"),
        lack(Column::TlsFacts, NO_CERTIFICATE, "the adapter speaks clear text only"),
    ],
};

const HYPER_H2: Entry = Entry {
    name: "hyper over HTTP/2",
    protocol: Protocol::Http2,
    front: Some(behind::hyper_alone),
    ..HYPER
};

const ACTIX: Entry = Entry {
    name: "actix",
    page: "owin-actix/README.md",
    protocol: Protocol::Http1,
    server: |servers| servers.with(ActixServer::new()),
    front: None,
    lacks: &[
        lack(Column::WebSocket, NO_SOCKET, "an app can speak it over `opaque.Upgrade`"),
        lack(Column::TrailersIn, NO_FIELDS_IN, "actix-http drops them"),
        lack(Column::TrailersOut, NO_FIELDS_OUT, "actix-http has no room for them"),
        lack(Column::SendFile, NO_FILES, "the adapter does not offer it"),
        lack(Column::TlsFacts, NO_CERTIFICATE, "the adapter speaks clear text only"),
    ],
};

const NO_STREAM: &str = "the protocol gives a program no connection";

const FASTCGI_AND_NGINX: Entry = Entry {
    name: "fastcgi behind nginx",
    page: "owin-fastcgi/README.md",
    protocol: Protocol::Http1,
    server: |servers| servers.with(FastCgi::new()),
    front: Some(behind::fastcgi_and_nginx),
    lacks: &[
        lack(
            Column::BothWays,
            STUCK,
            "nginx sends no more of a body that it had to wait with, once the answer has begun",
        ),
        lack(Column::Upgrade, NO_OPAQUE, NO_STREAM),
        lack(Column::WebSocket, NO_SOCKET, NO_STREAM),
        lack(Column::TrailersIn, NO_FIELDS_IN, "the protocol has none"),
        lack(Column::TrailersOut, NO_FIELDS_OUT, "the protocol has none"),
        lack(Column::SendFile, NO_FILES, "the adapter does not offer it"),
    ],
};

const FASTCGI_AND_APACHE: Entry = Entry {
    name: "fastcgi behind Apache",
    front: Some(behind::fastcgi_and_apache),
    lacks: &[
        lack(Column::BothWays, NO_HEAD, "Apache sends the whole body before it reads the answer"),
        lack(
            Column::Cancellation,
            NOT_FIRED,
            "Apache notices that the client went only when it writes to it",
        ),
        lack(Column::Upgrade, NO_OPAQUE, NO_STREAM),
        lack(Column::WebSocket, NO_SOCKET, NO_STREAM),
        lack(Column::TrailersIn, NO_FIELDS_IN, "the protocol has none"),
        lack(Column::TrailersOut, NO_FIELDS_OUT, "the protocol has none"),
        lack(Column::SendFile, NO_FILES, "the adapter does not offer it"),
    ],
    ..FASTCGI_AND_NGINX
};

const CGI_AND_APACHE: Entry = Entry {
    name: "cgi behind Apache",
    page: "owin-cgi/README.md",
    protocol: Protocol::Http1,
    server: |servers| servers.with(Cgi::new()),
    front: Some(behind::cgi_and_apache),
    lacks: &[
        lack(
            Column::UnknownLengthIn,
            "the app did not note \"read\"",
            "Apache gives such a body no length, and CGI has no other way to say where it ends",
        ),
        lack(Column::BothWays, NO_HEAD, "Apache sends the whole body before it reads the answer"),
        lack(
            Column::Cancellation,
            NOT_FIRED,
            "Apache notices that the client went only when it writes to it",
        ),
        lack(Column::Upgrade, NO_OPAQUE, NO_STREAM),
        lack(Column::WebSocket, NO_SOCKET, NO_STREAM),
        lack(
            Column::TrailersIn,
            "no 200: ", // a 411, which is lost where the connection is reset behind it
            "trailer fields follow chunks, which Apache does not pass on",
        ),
        lack(Column::TrailersOut, NO_FIELDS_OUT, "the protocol has none"),
        lack(Column::SendFile, NO_FILES, "the adapter does not offer it"),
    ],
};

const CGI_AND_LIGHTTPD: Entry = Entry {
    name: "cgi behind lighttpd",
    front: Some(behind::cgi_and_lighttpd),
    lacks: &[
        lack(
            Column::UnknownLengthIn,
            "the answer is 411",
            "lighttpd passes a body on as it comes only where it has a length",
        ),
        lack(
            Column::Cancellation,
            NOT_FIRED,
            "lighttpd tells of few clients that they went, and only when it writes of the others",
        ),
        lack(Column::Upgrade, NO_OPAQUE, NO_STREAM),
        lack(Column::WebSocket, NO_SOCKET, NO_STREAM),
        lack(Column::TrailersIn, NO_FIELDS_IN, "the protocol has none"),
        lack(Column::TrailersOut, NO_FIELDS_OUT, "the protocol has none"),
        lack(Column::SendFile, NO_FILES, "the adapter does not offer it"),
    ],
    ..CGI_AND_APACHE
};

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
