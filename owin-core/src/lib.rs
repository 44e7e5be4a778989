#![doc = include_str!("../README.md")]

pub mod address;
mod app;
pub mod body;
mod builder;
mod call;
mod cancel;
mod classes;
mod environment;
mod error;
mod exclusive;
pub mod features;
pub mod headers;
pub mod keys;
pub mod lint;
pub mod middleware;
pub mod path;
mod properties;
pub mod send_file;
pub mod server;
pub mod testing;
pub mod upgrade;
mod version;

pub use self::address::Address;
pub use self::app::{App, AppExt, BoxApp, Caller};
pub use self::body::{RequestBody, ResponseBody};
pub use self::builder::{AppBuilder, NotFound};
pub use self::call::{BodyLength, Call, Canceller, Event, Head, InnerCall, Start};
pub use self::cancel::{CallCancelled, CancelReason, CancelSource, Cancelled};
pub use self::environment::{AnyValue, Dictionary, Environment, ResponseState, Value, ValueRef};
pub use self::error::{Error, ErrorKind};
pub use self::features::{Feature, FeatureMut, Request, Response};
pub use self::headers::Headers;
pub use self::keys::{Key, KeyInfo};
pub use self::lint::Lint;
pub use self::middleware::{Middleware, from_fn};
pub use self::properties::{Addresses, Capabilities, OnInit, Properties};
pub use self::server::{Running, Server};
pub use self::version::Version;

/// Makes the impls of [`Server`] and [`Running`] writable with `async fn`.
pub use async_trait::async_trait;
#[doc(no_inline)]
pub use bytes;
#[doc(no_inline)]
pub use http;
#[doc(no_inline)]
pub use http_body;
