//! What every server must do, a test for each check of the suite.

use examples::custom_server::CustomServer;
use owin_conformance::in_process::Subject;

owin_conformance::server_tests!(required: Subject::of(CustomServer));
