//! Mutants that echo messages by WebSockets, right but for the fault.

mod echo;
mod faults;
mod frames;
mod handshake;
mod server;

use owin_conformance::check::Profile;
use owin_conformance::run::Target;

use self::faults::{FAULTS, Fault};
use self::server::Server;
use crate::family::{Broken, Family, Mutant, Row, Spoilt, rows_of};

pub(crate) const FAMILY: Family =
    Family { name: "websocket", profiles: &[Profile::WebSocket], rows, start };

fn rows() -> Vec<Row> {
    rows_of(FAULTS, &[Fault::DiesOfReset], &[])
}

fn start(broken: Broken) -> Box<dyn Mutant> {
    Box::new(Server::start(Spoilt::of(broken, FAULTS)))
}

impl Mutant for Server {
    fn target(&self) -> Target {
        self.target()
    }

    /// Without the probe nobody knows where the echo is.
    fn plain_target(&self) -> Option<Target> {
        None
    }
}
