//! Mutants that speak HTTP/1.1 and host the probe.

mod app;
mod before;
mod chunks;
mod client;
mod faults;
mod head;
mod kinds;
mod server;
mod strict;

use owin_conformance::check::Profile;
use owin_conformance::run::Target;

use self::faults::FAULTS;
pub(crate) use self::faults::Fault;
use self::kinds::{SPREADING, UNSEEN};
pub(crate) use self::server::Server;
pub(crate) use self::strict::is_like;
use crate::family::{Broken, Family, Mutant, Row, Spoilt, rows_of};

pub(crate) const FAMILY: Family = Family {
    name: "http1",
    profiles: &[
        Profile::Required,
        Profile::Common,
        Profile::Lifetime,
        Profile::SendFile,
        Profile::Opaque,
        Profile::Http1,
        Profile::Smuggling,
    ],
    rows,
    start,
};

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
