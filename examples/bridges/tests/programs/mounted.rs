//! An OWIN app inside an axum router.

use crate::support::{Program, body, get, send};

#[test]
fn an_app_in_a_router_knows_where_it_is_mounted_and_who_asks() {
    let program = Program::start_with(env!("CARGO_BIN_EXE_mount-in-axum"), &["127.0.0.1:0"]);
    let address = &program.address;
    assert!(body(&get(address, "/")).starts_with("Hello from axum"));
    let said = body(&get(address, "/owin/?q"));
    assert!(said.ends_with(&format!("You asked for http://{address}/owin/?q\n")), "{said}");
    let env = body(&get(address, "/owin/env"));
    assert!(env.contains(r#""owin.RequestPathBase""#) && env.contains(r#""127.0.0.1""#), "{env}");
    assert_eq!(body(&send(address, "POST /owin/echo", "", "back")), "back");
}

#[test]
fn an_address_that_cannot_be_used_is_one_clear_line() {
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_mount-in-axum"))
        .arg("nowhere")
        .output()
        .unwrap();
    let words = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), words.lines().count()), (Some(2), 1), "{words}");
}
