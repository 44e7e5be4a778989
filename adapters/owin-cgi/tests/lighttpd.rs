//! The program behind lighttpd.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use self::support::client::{Client, ask, get, post};
use self::support::{WebServer, example, folder, free_port, installed, is_shown, now, with_notes};

const LIGHTTPD: &str = "/usr/sbin/lighttpd";
const CONFIG: &str = include_str!("../configs/lighttpd.conf");

/// Starts lighttpd with the configuration of the README.
fn lighttpd() -> Option<WebServer> {
    if !installed(LIGHTTPD) {
        return None;
    }
    let (folder, port) = (folder(), free_port());
    let place = folder.path().display().to_string();
    let program = folder.path().join("shop.cgi");
    fs::copy(example("cgi_app"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let notes = with_notes(&folder);
    let mut config = format!(
        "server.document-root = \"{place}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
         server.upload-dirs = ( \"{place}\" )\nserver.modules = ( \"mod_setenv\" )\n\
         server.errorlog = \"{place}/error.log\"\n\
         setenv.add-environment = ( \"OWIN_NOTES\" => \"{}\" )\n",
        notes.display()
    );
    config += &CONFIG.replace("/srv/shop", &place);
    Some(WebServer::start(folder, port, &config, |path| {
        let mut command = Command::new(LIGHTTPD);
        command.arg("-D").arg("-f").arg(path);
        command
    }))
}

#[test]
fn the_readme_shows_the_configuration_of_these_tests() {
    is_shown(include_str!("../README.md"), CONFIG);
}

#[test]
fn the_environment_is_what_the_client_sent() {
    let Some(lighttpd) = lighttpd() else { return };
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
}

#[test]
fn a_body_comes_whole_with_a_length_and_in_chunks() {
    let Some(lighttpd) = lighttpd() else { return };
    let body: Vec<u8> = (0..1 << 20).map(|number: u32| number.to_le_bytes()[1]).collect();
    for is_chunked in [false, true] {
        let answer = post(lighttpd.port, "/shop/echo", &body, is_chunked);
        assert!(answer.body == body && answer.is_whole, "{}", answer.body.len());
    }
}

#[test]
fn failures_and_missing_pages_have_their_status() {
    let Some(lighttpd) = lighttpd() else { return };
    assert_eq!(get(lighttpd.port, "/shop/missing").status, 404);
    assert_eq!(get(lighttpd.port, "/shop/fail").status, 500);
}

#[test]
fn what_is_flushed_arrives_before_the_end() {
    let Some(lighttpd) = lighttpd() else { return };
    let mut client = Client::connect(lighttpd.port);
    client.send(b"GET /shop/parts?1500 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client.read_until("first");
    let start = now();
    client.read_until("second");
    assert!(start.elapsed() > Duration::from_millis(700), "both came at once");
}

/// One that closes without having read everything resets the connection.
#[test]
fn a_client_that_resets_ends_the_call_at_once() {
    let Some(lighttpd) = lighttpd() else { return };
    let mut client = Client::connect(lighttpd.port);
    client.send(b"GET /shop/wait HTTP/1.1\r\nHost: h\r\n\r\n");
    lighttpd.note("waiting");
    std::thread::sleep(Duration::from_millis(300));
    let start = now();
    drop(client);
    let reason = lighttpd.note("cancelled");
    assert!(matches!(reason.as_str(), "PeerReset" | "Shutdown"), "{reason}");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn a_response_that_breaks_off_looks_so_only_by_its_length() {
    let Some(lighttpd) = lighttpd() else { return };
    let answer = get(lighttpd.port, "/shop/break?100");
    assert_eq!((answer.status, answer.is_whole), (200, false), "{answer:?}");
    let answer = get(lighttpd.port, "/shop/break");
    assert_eq!((answer.status, answer.is_whole), (200, true), "lighttpd has learnt it: {answer:?}");
}
