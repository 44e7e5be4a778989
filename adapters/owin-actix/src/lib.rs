#![doc = include_str!("../README.md")]

mod answer;
mod body;
mod capabilities;
mod connection;
mod error;
mod feed;
mod gate;
mod line;
mod listeners;
mod phrase;
mod request;
mod response;
mod running;
mod serve;
mod service;
mod stop;
mod thread;
mod transport;
mod upgrade;
mod worker;

pub use self::connection::on_connect;
pub use self::serve::ActixServer;
pub use self::service::{Mounted, MountedService, OwinService, service};
