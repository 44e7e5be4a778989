//! What every server must do, a test for each check of the suite.

use owin_hyper::HyperServer;

owin_conformance::server_tests!(required: HyperServer::new());
