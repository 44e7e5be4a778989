//! The server behind Apache (`mod_proxy_fcgi`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "../../owin-cgi/tests/support/mod.rs"]
mod support;

mod program;

use std::process::Command;
use std::time::Duration;

use self::program::Program;
use self::support::client::{Client, ask, get, post};
use self::support::{WebServer, folder, free_port, installed, is_shown, now};

const APACHE: &str = "/usr/sbin/apache2";
const CONFIG: &str = include_str!("../configs/apache.conf");

/// Starts Apache with the configuration of the README, and the program.
fn apache() -> Option<(WebServer, Program)> {
    if !installed(APACHE) {
        return None;
    }
    let (folder, port) = (folder(), free_port());
    let place = folder.path().display().to_string();
    let program = Program::start(&folder, &format!("http://unix:{place}/shop.sock"));
    let mut config = format!(
        "ServerRoot {place}\nServerName localhost\nListen 127.0.0.1:{port}\n\
         PidFile {place}/pid\nErrorLog {place}/error.log\nUser www-data\nGroup www-data\n"
    );
    for name in ["mpm_event", "authz_core", "proxy", "proxy_fcgi"] {
        config += &format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
    }
    config += &CONFIG.replace("/run/shop", &place);
    let server = WebServer::start(folder, port, &config, |path| {
        let mut command = Command::new(APACHE);
        command.arg("-f").arg(path).arg("-DFOREGROUND");
        command
    });
    Some((server, program))
}

#[test]
fn the_readme_shows_the_configuration_of_these_tests() {
    is_shown(include_str!("../README.md"), CONFIG);
}

#[test]
fn the_environment_is_what_the_client_sent() {
    let Some((apache, _program)) = apache() else { return };
    let answer = ask(
        apache.port,
        "GET /shop/a%2Fb//caf%C3%A9/%FF%20x?q=%20 HTTP/1.1\r\nHost: shop.example\r\n\
         X-Note: one\r\nX-Note: two\r\nAuthorization: Basic eDp5\r\nProxy: http://evil\r\n\
         Connection: close\r\n\r\n",
    );
    assert_eq!((answer.status, answer.is_whole), (200, true), "{answer:?}");
    for line in [
        "method GET",
        "protocol HTTP/1.1",
        "scheme http",
        "base \"/shop\"",
        "path \"/a%2Fb//café/%FF x\"",
        "query q=%20",
        "raw Some(\"/shop/a%2Fb//caf%C3%A9/%FF%20x?q=%20\")",
        "field host: shop.example",
        "field x-note: one, two",
        "field authorization: Basic eDp5",
        "remote Some(\"127.0.0.1\") true",
        "local Some(\"127.0.0.1\")",
    ] {
        assert!(answer.has_line(line), "{line} is not in\n{}", answer.text());
    }
    assert!(!answer.text().contains("evil"), "{}", answer.text());
    assert_eq!(answer.fields("set-cookie"), ["a=1", "b=2"]);
}

#[test]
fn methods_and_statuses_are_carried() {
    let Some((apache, _program)) = apache() else { return };
    let head = "HEAD /shop/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = ask(apache.port, head);
    assert_eq!((answer.status, answer.fields("set-cookie").len()), (200, 2));
    assert_eq!(get(apache.port, "/shop/missing").status, 404);
    assert_eq!(get(apache.port, "/shop/fail").status, 500);
    assert!(get(apache.port, "/shop").has_line("path \"\""));
    assert!(get(apache.port, "/shop/").has_line("path \"/\""));
}

#[test]
fn a_body_comes_back_while_it_comes() {
    let Some((apache, _program)) = apache() else { return };
    let body: Vec<u8> = (0..1 << 20).map(|number: u32| number.to_le_bytes()[1]).collect();
    for is_chunked in [false, true] {
        for target in ["/shop/back", "/shop/echo"] {
            let answer = post(apache.port, target, &body, is_chunked);
            assert!(answer.body == body && answer.is_whole, "{}", answer.body.len());
        }
    }
}

#[test]
fn what_is_flushed_arrives_before_the_end() {
    let Some((apache, _program)) = apache() else { return };
    let mut client = Client::connect(apache.port);
    client.send(b"GET /shop/parts?1500 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client.read_until("first");
    let start = now();
    client.read_until("second");
    assert!(start.elapsed() > Duration::from_millis(700), "both came at once");
}

#[test]
fn a_response_that_breaks_off_does_not_look_whole() {
    let Some((apache, _program)) = apache() else { return };
    for target in ["/shop/break", "/shop/break?100"] {
        let answer = get(apache.port, target);
        assert_eq!((answer.status, answer.is_whole), (200, false), "{target}: {answer:?}");
        assert_eq!(answer.text(), "a part of it");
    }
    assert_eq!(get(apache.port, "/shop/").status, 200, "the next one is served");
}

#[test]
fn a_client_that_goes_in_the_middle_of_a_body_leaves_none_that_looks_whole() {
    for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let Some((apache, _program)) = apache() else { return };
        let mut client = Client::connect(apache.port);
        let head =
            format!("POST /shop/take HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n5\r\nhello\r\n");
        client.send(head.as_bytes());
        apache.note("taking");
        drop(client);
        let taken = apache.note("taken");
        assert!(taken.starts_with("broke off"), "{framing}: {taken}");
    }
}

#[test]
fn a_client_that_goes_is_noticed_when_something_is_sent_to_it() {
    let Some((apache, program)) = apache() else { return };
    let mut client = Client::connect(apache.port);
    client.send(b"GET /shop/give?1073741824 HTTP/1.1\r\nHost: h\r\n\r\n");
    client.skip(1 << 20);
    drop(client);
    let mut before = String::new();
    support::wait_until("the app to be stopped", || {
        std::thread::sleep(Duration::from_millis(300));
        let now = apache.note("given");
        std::mem::replace(&mut before, now.clone()) == now
    });
    assert!(!before.starts_with("1073741824 "), "{before}");
    assert!(program.alive());
}
