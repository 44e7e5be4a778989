//! What every server must do, a test for each check of the suite.

use owin_tiny_http::TinyHttpServer;

owin_conformance::server_tests!(required: TinyHttpServer::new());
