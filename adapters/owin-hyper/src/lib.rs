#![doc = include_str!("../README.md")]

#[cfg(not(any(feature = "http1", feature = "http2")))]
compile_error!("owin-hyper speaks no protocol: choose its feature http1 or http2, or both");

mod accept;
mod body;
mod cookies;
mod drive;
#[cfg(feature = "http1")]
mod http1;
#[cfg(feature = "http2")]
mod http2;
#[cfg(feature = "http1")]
mod idle;
mod io;
mod line;
#[cfg(feature = "http1")]
mod on_upgrade;
mod out;
mod serve;
mod server;
mod service;
#[cfg(all(feature = "http1", feature = "http2"))]
mod sniff;
mod stop;
#[cfg(feature = "http1")]
mod switch;
mod turn_away;
mod upgrade;

pub use self::body::AnswerBody;
#[cfg(feature = "http1")]
pub use self::on_upgrade::{OfferUpgrade, OfferUpgradeApp, Upgrading, offer_upgrade};
pub use self::server::HyperServer;
pub use self::service::{Answer, AppService};
