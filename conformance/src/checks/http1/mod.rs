//! HTTP/1.1 on the wire (RFC 9112), against any server.

mod answers;
mod bodies;
mod connections;
mod fields;
mod hosts;
mod request_lines;
mod segments;

pub(super) use self::answers::ANSWERS;
pub(super) use self::bodies::BODIES;
pub(super) use self::connections::CONNECTIONS;
pub(super) use self::fields::FIELDS;
pub(super) use self::hosts::HOSTS;
pub(super) use self::request_lines::REQUEST_LINES;
pub(super) use self::segments::SEGMENTS;
