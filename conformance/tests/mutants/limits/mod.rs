//! Mutants that limit what a client may send, but for one thing, and tell their limits.

mod app;
mod body;
mod faults;
mod head;
mod server;

use owin_conformance::check::Profile;
use owin_conformance::run::Target;

use self::faults::{FAULTS, SPREADING, UNSEEN};
use self::server::Server;
use crate::family::{Broken, Family, Mutant, Row, Spoilt, rows_of};

pub(crate) const FAMILY: Family =
    Family { name: "limits", profiles: &[Profile::Limits], rows, start };

fn rows() -> Vec<Row> {
    rows_of(FAULTS, SPREADING, UNSEEN)
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
