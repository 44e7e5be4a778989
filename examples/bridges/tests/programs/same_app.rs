//! One app, every server.

use crate::support::{Program, body, get, send};

const SERVERS: [&str; 5] = ["nowin", "hyper", "actix", "tiny-http", "custom"];

#[test]
fn the_same_app_says_on_every_server_who_hosts_it_and_echoes() {
    for server in SERVERS {
        let program = Program::start(env!("CARGO_BIN_EXE_same-app-everywhere"), server);
        let answer = get(&program.address, "/?q=1");
        let said = body(&answer);
        assert!(
            said.starts_with(&format!("Hello from an app on the server {server:?}.")),
            "{said}"
        );
        assert!(said.ends_with(&format!("http://{}/?q=1\n", program.address)), "{said}");
        let echo = send(&program.address, "POST /echo", "", "it comes back");
        assert_eq!(body(&echo), "it comes back", "{server}: {echo}");
    }
}
