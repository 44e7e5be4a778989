//! What every server must do, a test for each check of the suite.

use examples::custom_server::CustomServer;
use owin_conformance::in_process::Subject;

/// What a server of a hundred lines leaves out.
const KNOWN: &str = "RQ-20 fail it asks for no body: a client that waits for 100 goes on by itself\n\
                     RQ-27 fail it makes no guess of the host for HTTP/1.0";

owin_conformance::server_tests!(required: Subject::of(CustomServer).with_known(KNOWN));
