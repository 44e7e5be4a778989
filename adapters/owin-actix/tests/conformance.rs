//! What every server must do, a test for each check of the suite.

use owin_actix::ActixServer;

owin_conformance::server_tests!(required: ActixServer::new());
