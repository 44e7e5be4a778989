#![doc = include_str!("../README.md")]

mod answer;
mod encode;
mod entries;
mod error;
mod event;
mod pairs;
mod request;
mod serve;
mod service;
mod stop;

pub use self::entries::{CONTEXT, REQUEST_CONTEXT, STAGE_VARIABLES};
pub use self::serve::LambdaServer;
