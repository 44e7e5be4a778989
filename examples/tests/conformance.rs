//! What every server must do, a test for each check of the suite.

use examples::custom_server::CustomServer;

owin_conformance::server_tests!(required: CustomServer);
