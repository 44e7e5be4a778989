//! The records of all checks, each beside its code; a folder for each profile.
//!
//! To add one: a record in the table of a file here, a fault for it in a family of `tests/mutants/`,
//! and `UPDATE_GOLDEN=1 cargo test -p owin-conformance --test cases --test in_process_list`.

mod common;
mod http1;
mod http2;
mod lifetime;
mod limits;
mod middleware;
mod opaque;
mod required;
mod sendfile;
mod smuggling;
mod tls;
mod websocket;

use crate::check::Check;

/// Every table, in the order of the profiles and the ids.
pub(crate) const TABLES: &[&[Check]] = &[
    required::REQUESTS,
    required::RESPONSES,
    required::BODIES,
    required::TARGETS,
    required::FRAMING,
    required::HEADS,
    required::CALLS,
    required::ANY,
    common::CONNECTION,
    common::KEYS,
    common::CALLBACKS,
    common::TRAILERS,
    lifetime::TOKENS,
    lifetime::PRESSURE,
    sendfile::FILES,
    opaque::OFFERS,
    opaque::STREAMS,
    websocket::HANDSHAKES,
    websocket::MESSAGES,
    websocket::VIOLATIONS,
    websocket::CLOSES,
    http1::HOSTS,
    http1::FIELDS,
    http1::REQUEST_LINES,
    http1::CONNECTIONS,
    http1::BODIES,
    http1::ANSWERS,
    http1::SEGMENTS,
    smuggling::LENGTHS,
    smuggling::CODINGS,
    smuggling::CHUNKS,
    smuggling::BORDERS,
    smuggling::PIPELINES,
    limits::HEADS,
    limits::BODIES,
    limits::TOLD,
    limits::TIMES,
    limits::CROWDS,
    http2::OPENINGS,
    http2::SETTINGS_FRAMES,
    http2::FRAMES,
    http2::STREAMS,
    http2::CONTINUATIONS,
    http2::BLOCKS,
    http2::WINDOW_UPDATES,
    http2::WINDOWS,
    http2::FIELDS,
    http2::PSEUDO_FIELDS,
    http2::CONTENT,
    http2::REQUESTS,
    http2::VIEWS,
    http2::FLOODS,
    tls::VERSIONS,
    tls::RECORDS,
    tls::NAMES,
    tls::ENDS,
    middleware::CALLS,
    middleware::MESSAGES,
    middleware::BODIES,
    middleware::ENDS,
];
