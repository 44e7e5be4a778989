//! HTTP/2 on the wire (RFC 9113), against any server.

mod blocks;
mod content;
mod continuations;
mod fields;
mod floods;
mod frames;
mod openings;
mod pseudo_fields;
mod requests;
mod settings;
mod streams;
mod views;
mod window_updates;
mod windows;

pub(super) use self::blocks::BLOCKS;
pub(super) use self::content::CONTENT;
pub(super) use self::continuations::CONTINUATIONS;
pub(super) use self::fields::FIELDS;
pub(super) use self::floods::FLOODS;
pub(super) use self::frames::FRAMES;
pub(super) use self::openings::OPENINGS;
pub(super) use self::pseudo_fields::PSEUDO_FIELDS;
pub(super) use self::requests::REQUESTS;
pub(super) use self::settings::SETTINGS_FRAMES;
pub(super) use self::streams::STREAMS;
pub(super) use self::views::VIEWS;
pub(super) use self::window_updates::WINDOW_UPDATES;
pub(super) use self::windows::WINDOWS;

use crate::wire::http2::{END_HEADERS, END_STREAM};

/// The flags of a HEADERS frame that is a whole request.
const WHOLE: u8 = END_STREAM | END_HEADERS;
