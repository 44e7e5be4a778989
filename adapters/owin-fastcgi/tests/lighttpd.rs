//! The server behind lighttpd.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "../../owin-cgi/tests/support/mod.rs"]
mod support;

mod program;

use std::process::Command;
use std::time::Duration;

use self::program::Program;
use self::support::client::{Client, ask, get, post};
use self::support::{WebServer, folder, free_port, installed, is_shown, now};

const LIGHTTPD: &str = "/usr/sbin/lighttpd";
const CONFIG: &str = include_str!("../configs/lighttpd.conf");

/// Starts lighttpd with the configuration of the README, and the program.
fn lighttpd() -> Option<(WebServer, Program)> {
    if !installed(LIGHTTPD) {
        return None;
    }
    let (folder, port) = (folder(), free_port());
    let place = folder.path().display().to_string();
    let program = Program::start(&folder, &format!("http://unix:{place}/shop.sock"));
    let mut config = format!(
        "server.document-root = \"{place}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
         server.upload-dirs = ( \"{place}\" )\nserver.errorlog = \"{place}/error.log\"\n"
    );
    config += &CONFIG.replace("/run/shop", &place);
    let server = WebServer::start(folder, port, &config, |path| {
        let mut command = Command::new(LIGHTTPD);
        command.arg("-D").arg("-f").arg(path);
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
    let Some((lighttpd, _program)) = lighttpd() else { return };
    let answer = ask(
        lighttpd.port,
        "GET /shop/a//caf%C3%A9/x%20y?q=%20 HTTP/1.1\r\nHost: shop.example\r\nX-Note: one\r\n\
         X-Note: two\r\nAuthorization: Basic eDp5\r\nProxy: http://evil\r\nConnection: close\r\n\r\n",
    );
    assert_eq!((answer.status, answer.is_whole), (200, true), "{answer:?}");
    for line in [
        "method GET",
        "base \"/shop\"",
        "path \"/a//café/x y\"",
        "query q=%20",
        "field host: shop.example",
        "field x-note: one, two",
        "field authorization: Basic eDp5",
        "remote Some(\"127.0.0.1\") true",
    ] {
        assert!(answer.has_line(line), "{line} is not in\n{}", answer.text());
    }
    assert!(!answer.text().contains("evil"), "{}", answer.text());
    assert_eq!(answer.fields("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(get(lighttpd.port, "/shop/missing").status, 404);
    assert_eq!(get(lighttpd.port, "/shop/fail").status, 500);
    assert!(get(lighttpd.port, "/shop").has_line("path \"\""));
}

#[test]
fn a_body_comes_whole_with_a_length_and_in_chunks() {
    let Some((lighttpd, _program)) = lighttpd() else { return };
    let body: Vec<u8> = (0..1 << 20).map(|number: u32| number.to_le_bytes()[1]).collect();
    for is_chunked in [false, true] {
        for target in ["/shop/back", "/shop/echo"] {
            let answer = post(lighttpd.port, target, &body, is_chunked);
            assert!(answer.body == body && answer.is_whole, "{}", answer.body.len());
        }
    }
}

#[test]
fn what_is_flushed_arrives_before_the_end() {
    let Some((lighttpd, _program)) = lighttpd() else { return };
    let mut client = Client::connect(lighttpd.port);
    client.send(b"GET /shop/parts?1500 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client.read_until("first");
    let start = now();
    client.read_until("second");
    assert!(start.elapsed() > Duration::from_millis(700), "both came at once");
}

#[test]
fn a_response_that_breaks_off_does_not_look_whole() {
    let Some((lighttpd, _program)) = lighttpd() else { return };
    for target in ["/shop/break", "/shop/break?100"] {
        let answer = get(lighttpd.port, target);
        assert_eq!((answer.status, answer.is_whole), (200, false), "{target}: {answer:?}");
    }
    assert_eq!(get(lighttpd.port, "/shop/").status, 200, "the next one is served");
}

/// One that closes without having read everything resets the connection.
#[test]
fn a_client_that_resets_is_noticed_at_once() {
    let Some((lighttpd, _program)) = lighttpd() else { return };
    let mut client = Client::connect(lighttpd.port);
    client.send(b"GET /shop/wait HTTP/1.1\r\nHost: h\r\n\r\n");
    lighttpd.note("waiting");
    std::thread::sleep(Duration::from_millis(300));
    let start = now();
    drop(client);
    assert_eq!(lighttpd.note("cancelled"), "PeerReset");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}
