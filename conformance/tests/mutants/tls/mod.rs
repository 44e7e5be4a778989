//! Mutants that speak TLS: an ending of it in front of a mutant of HTTP/1.1, and one in front of a server of
//! HTTP/2.

mod certificate;
mod faults;
mod front;
mod hello;
mod scripted;
mod server;
mod store;
mod tunnel;

use owin_conformance::check::Profile;
use owin_conformance::run::Target;

use self::faults::{FAULTS, SPREADING};
pub(crate) use self::server::Server;
use crate::family::{Broken, Family, Mutant, Row, rows_of};

pub(crate) const FAMILY: Family = Family {
    name: "tls",
    profiles: &[Profile::Tls, Profile::Required, Profile::Http1, Profile::Smuggling],
    rows,
    start,
};

fn rows() -> Vec<Row> {
    rows_of(FAULTS, &SPREADING, &[])
}

fn start(broken: Broken) -> Box<dyn Mutant> {
    Box::new(match broken {
        Broken::Not => Server::start(None),
        Broken::TooStrict(_) => Server::start_too_strict(),
        Broken::By(row) => Server::start(Some(FAULTS[row].0)),
    })
}

impl Mutant for Server {
    fn target(&self) -> Target {
        self.target_of("")
    }

    fn plain_target(&self) -> Option<Target> {
        None
    }
}

#[test]
fn a_certificate_is_verified_by_the_roots_that_are_given() {
    use crate::tried::report_of;
    use owin_conformance::run::Plan;

    let server = Server::start(None);
    let plan = Plan::new().with_only(["https-scheme"]).unwrap();
    let report = report_of(&server.target_of(""), &plan);
    assert!(report.remarks.iter().any(|remark| remark.contains("any certificate")), "{report:?}");

    let known = server.target_of("").with_roots(certificate::root().as_bytes()).unwrap();
    let report = report_of(&known, &plan);
    assert_eq!((report.exit_code(), report.remarks.len()), (0, 0), "{report:?}");

    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let unknown = server.target_of("").with_roots(other.cert.pem().as_bytes()).unwrap();
    assert_eq!(report_of(&unknown, &plan).exit_code(), 3);
}

/// The checks that send beginnings of their own: without a twin that is taken they prove nothing.
const WITH_TWINS: [&str; 9] =
    ["TL-03", "TL-04", "TL-05", "TL-06", "TL-07", "TL-08", "TL-09", "TL-10", "TL-11"];

#[test]
fn a_server_that_refuses_the_twins_of_bad_beginnings_blocks_the_checks() {
    use crate::tried::{report_of, with_verdict};
    use owin_conformance::run::{Plan, Verdict};

    let server = Server::start_too_strict();
    let report = report_of(&server.target(), &Plan::new().with_profiles([Profile::Tls]));
    let blocked = with_verdict(&report, |verdict| verdict == Verdict::Blocked);
    assert_eq!(blocked, WITH_TWINS.into());
}

/// What only the probe can see is skipped, and nothing is taken for wrong.
#[test]
fn without_the_probe_a_server_without_a_fault_passes_too() {
    use crate::tried::{report_of, with_verdict};
    use owin_conformance::run::{Plan, Verdict};

    let server = Server::start(None);
    let plan = Plan::new().with_profiles([Profile::Tls]);
    let report = report_of(&server.target_of("/plain"), &plan);
    assert_eq!(report.exit_code(), 0, "{report:?}");
    let skipped = with_verdict(&report, |verdict| verdict != Verdict::Pass);
    assert_eq!(skipped, ["TL-21", "TL-23", "TL-24"].into());
}

/// It agrees on nothing but HTTP/2, so that a handshake for HTTP/1.1 fails.
#[test]
fn http2_is_tried_over_tls_where_the_server_agrees_on_it() {
    use crate::tried::{report_of, with_verdict};
    use owin_conformance::run::{Plan, Verdict};

    let server = Server::start_http2();
    let target = server.target_of("").with_roots(certificate::root().as_bytes()).unwrap();
    let report = report_of(&target, &Plan::new().with_profiles([Profile::Http2]));
    let text = owin_conformance::report::console(&report);
    assert!(with_verdict(&report, |verdict| verdict != Verdict::Pass).is_empty(), "{text}");
    assert!(report.has_probe && report.exit_code() == 0, "{text}");

    let report = report_of(&target, &Plan::new().with_only(["two-lengths", "alpn-h2"]).unwrap());
    assert_eq!(with_verdict(&report, |verdict| verdict == Verdict::Skipped).len(), 2, "{report:?}");
}
