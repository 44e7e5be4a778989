//! Mutants that speak HTTP/2 and host the probe. They share no code with the suite's client, so that
//! a mistake is not made twice.

mod app;
mod connection;
mod faults;
mod fields;
mod frames;
mod packed;
mod rules;
mod server;
mod streams;
mod strict;

use owin_conformance::check::Profile;
use owin_conformance::run::Target;

use self::faults::{FAULTS, SPREADING, UNSEEN};
use self::server::Server;
use crate::family::{Broken, Family, Mutant, Row, Spoilt, rows_of};

pub(crate) const FAMILY: Family =
    Family { name: "http2", profiles: &[Profile::Http2], rows, start };

fn rows() -> Vec<Row> {
    rows_of(FAULTS, &SPREADING, &UNSEEN)
}

fn start(broken: Broken) -> Box<dyn Mutant> {
    Box::new(Server::start(Spoilt::of(broken, FAULTS)))
}

impl Mutant for Server {
    fn target(&self) -> Target {
        self.target_of("")
    }

    fn plain_target(&self) -> Option<Target> {
        Some(self.target_of("/plain"))
    }
}
