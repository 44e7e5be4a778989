//! An axum router, on servers that are not hyper, and behind nginx.

use crate::nginx::Nginx;
use crate::support::{Program, body, get, send};

fn check(address: &str, what: &str) {
    assert_eq!(body(&get(address, "/hello/Ada?times=2")), "Hello, Ada!\nHello, Ada!\n", "{what}");
    let json = "Content-Type: application/json\r\n";
    let sum = send(address, "POST /sum", json, r#"{"a":1,"b":2}"#);
    assert_eq!(body(&sum), "3", "{what}: {sum}");
    let wrong = send(address, "POST /sum", json, r#"{"a":1}"#);
    assert!(wrong.starts_with("HTTP/1.1 422 "), "{what}: {wrong}");
    assert!(get(address, "/nowhere").starts_with("HTTP/1.1 404 "), "{what}");
    let ticks = get(address, "/ticks");
    assert!(ticks.contains("text/event-stream"), "{what}: {ticks}");
    assert_eq!(body(&ticks), "data: 1\n\ndata: 2\n\ndata: 3\n\n", "{what}");
}

#[test]
fn a_router_runs_unchanged_on_every_server() {
    for server in ["nowin", "hyper", "actix", "tiny-http", "custom"] {
        let program = Program::start(env!("CARGO_BIN_EXE_axum-app"), server);
        check(&program.address, server);
    }
}

#[test]
fn a_router_runs_unchanged_behind_nginx() {
    let program = Program::start(env!("CARGO_BIN_EXE_axum-app"), "fastcgi");
    let Some(nginx) = Nginx::before(&program.address) else { return };
    check(&nginx.address, "nginx");
}
