#![doc = include_str!("../README.md")]

mod app;
mod place;
mod service;

pub use self::app::{RouterApp, app};
pub use self::service::{Mounted, MountedFuture, mount};
