#![doc = include_str!("../README.md")]

mod body;
mod calls;
mod entries;
mod foreign;
mod lease;
mod request;
mod respond;
mod response;
mod target;
mod unfinished;

pub use self::body::CallBody;
pub use self::calls::{Calls, Framing};
pub use self::entries::{
    OriginalUri, PathBase, REQUEST_EXTENSIONS, REQUEST_URI, RESPONSE_EXTENSIONS,
};
pub use self::request::{put_request, take_request};
pub use self::respond::{Respond, respond};
pub use self::response::{put_response, take_response};
pub use self::unfinished::Unfinished;

#[doc(no_inline)]
pub use owin_core::features::ReasonPhrase;
