//! The two bodies of a call: the request's is pulled, the response's is pushed or handed over whole.

mod channel;
mod erased;
mod request;
mod response;
#[cfg(feature = "tokio")]
mod tokio_io;
mod whole;

pub use self::channel::BodySender;
pub(crate) use self::channel::Watch;
pub use self::request::RequestBody;
pub use self::response::{ResponseBody, ResponseSink};
pub use self::whole::Whole;

pub(crate) use self::erased::BoxBody;
pub(crate) use self::response::Outlet;
