//! Every example program, started and called.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::process::{Command, Output};

use support::{Program, body, get, path, run, talk};

const FREE: &str = "http://127.0.0.1:0";

fn error_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "one clear line: {text:?}");
    text
}

#[test]
fn hello_says_who_hosts_it_where_and_what_was_asked() {
    for server in ["nowin", "custom"] {
        let mut hello = Program::start("hello", &["--server", server, "--urls", FREE]);
        let address = hello.address();
        let expected = format!(
            "Hello from an app on the server {server:?}.\nIt listens on http://{address}\n\
             You asked for http://{address}/?q=1\n"
        );
        assert_eq!(body(&get(&address, "/?q=1")), expected);
    }
}

#[test]
fn both_servers_send_the_same_bytes_but_for_their_own_fields_and_facts() {
    let answers = ["nowin", "custom"].map(|server| {
        let mut hello = Program::start("hello", &["--server", server, "--urls", FREE]);
        let address = hello.address();
        let echo = format!(
            "POST /echo HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\n12345"
        );
        let last = format!("GET /env HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let first = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let answers = talk(&address, &format!("{first}{echo}{last}"));
        without_own_facts(&answers, server, &address)
    });
    let [nowin, custom] = answers;
    assert_eq!(nowin, custom);
    assert_eq!(nowin.matches("HTTP/1.1 200 OK").count(), 3, "{nowin}");
}

/// Takes out what must differ: `Server`, `Date`, the server's name, what it can do, ports and ids, and
/// the length of bodies that hold them.
fn without_own_facts(answers: &str, server: &str, address: &str) -> String {
    let mut kept = String::new();
    let (mut is_own_fact, mut is_own_key) = (false, false);
    for line in answers.replace(address, "HOST:PORT").replace(server, "SERVER").lines() {
        is_own_key |= line.contains("\"sendfile.SendAsync\"");
        if is_own_key {
            is_own_key = line != "  },";
            continue;
        }
        let is_field = ["server: ", "date: "].iter().any(|name| line.starts_with(name));
        let is_own_length = line.starts_with("content-length: ") && line != "content-length: 5";
        let port = address.rsplit(':').next().unwrap();
        let is_own_value = is_own_fact && line.contains("\"value\"");
        if !is_field && !is_own_length && !is_own_value {
            kept += &line.replace(port, "PORT");
            kept.push('\n');
        }
        let own =
            ["server.Capabilities", "server.RemotePort", "server.ConnectionId", "owin.RequestId"];
        is_own_fact =
            own.iter().any(|key| line.contains(key)) || (is_own_fact && line.contains("\"type\""));
    }
    kept
}

#[test]
fn the_environment_is_shown_as_json_with_every_required_key() {
    let mut hello = Program::start("hello", &["--urls", FREE]);
    let address = hello.address();
    let answer = get(&address, "/env");
    assert!(answer.contains("content-type: application/json"), "{answer}");
    let shown: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    for info in owin_core::keys::all().filter(|info| {
        info.presence() == owin_core::keys::Presence::Required && info.name().starts_with("owin.")
    }) {
        assert!(shown[info.name()]["type"].is_string(), "{}", info.name());
    }
    assert_eq!(shown["owin.RequestPath"]["value"], "/env");
    assert_eq!(shown["owin.Version"]["type"], "Version");
}

#[test]
fn a_body_of_any_framing_is_echoed() {
    let mut hello = Program::start("hello", &["--urls", FREE]);
    let address = hello.address();
    let chunked = format!(
        "POST /echo HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    );
    let answer = talk(&address, &chunked);
    assert!(answer.contains("transfer-encoding: chunked"), "{answer}");
    let pieces: String = body(&answer).split("\r\n").skip(1).step_by(2).collect();
    assert_eq!(pieces, "abcdefg");
}

#[test]
fn what_is_not_there_is_404_and_a_wrong_method_405() {
    let mut hello = Program::start("hello", &["--urls", FREE]);
    let address = hello.address();
    assert!(get(&address, "/nowhere").starts_with("HTTP/1.1 404 Not Found\r\n"));
    let refused = get(&address, "/echo");
    assert!(refused.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{refused}");
    assert!(refused.contains("\r\nallow: POST\r\n"), "{refused}");
}

#[test]
fn a_malformed_head_is_400_and_the_server_goes_on() {
    for server in ["nowin", "custom"] {
        let mut hello = Program::start("hello", &["--server", server, "--urls", FREE]);
        let address = hello.address();
        for head in ["GET / HTTP/1.1\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nHost : h\r\n\r\n"]
        {
            let answer = talk(&address, head);
            assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{server}: {answer}");
        }
        assert!(get(&address, "/").starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[test]
fn two_addresses_are_both_listened_on() {
    let mut hello = Program::start("hello", &["--urls", &format!("{FREE};{FREE}")]);
    for address in [hello.address(), hello.address()] {
        assert!(body(&get(&address, "/")).contains(&format!("It listens on http://{address}\n")));
    }
}

#[test]
fn the_environment_variable_names_the_addresses() {
    let mut command = Command::new(path("hello"));
    command.env("OWIN_URLS", FREE);
    let mut hello = Program::spawn(command);
    let address = hello.address();
    assert!(get(&address, "/").starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn memory_prints_three_calls_and_ends() {
    let output = run("hello", &["--server", "memory"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in ["> GET /\n", "> POST /echo\n", "> GET /env\n", "\nwhat is said comes back\n"] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert_eq!(text.matches("< 200 OK").count(), 3);
}

#[test]
fn an_unknown_server_lists_the_known_ones() {
    let output = run("hello", &["--server", "iis"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        error_line(&output)
            .ends_with("there is no server \"iis\"; there are: nowin, custom, memory\n")
    );
}

#[test]
fn a_port_in_use_is_one_line_and_exit_code_2() {
    for server in ["nowin", "custom"] {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", taken.local_addr().unwrap());
        let output = run("hello", &["--server", server, "--urls", &url]);
        assert_eq!(output.status.code(), Some(2));
        let line = error_line(&output);
        assert!(line.contains(&url) && line.contains("in use"), "{line}");
    }
}

#[test]
fn an_address_that_cannot_be_used_is_one_line_and_exit_code_2() {
    for url in [
        "nonsense",
        "http://localhost:0",
        "ftp://h",
        "http://h:99999",
        "",
        "http://a.example:80",
        "https://127.0.0.1:0",
    ] {
        for server in ["nowin", "custom"] {
            let output = run("hello", &["--server", server, "--urls", url]);
            assert_eq!(output.status.code(), Some(2), "{url}");
            assert!(error_line(&output).starts_with("hello: "), "{url}");
        }
    }
}

#[test]
fn signals_stop_it_cleanly() {
    for signal in ["INT", "TERM"] {
        let mut hello = Program::start("hello", &["--urls", FREE]);
        let address = hello.address();
        assert!(get(&address, "/").starts_with("HTTP/1.1 200 OK\r\n"));
        hello.signal(signal);
        let (status, rest) = hello.end();
        assert!(status.success(), "{signal}: {status}");
        assert_eq!(rest, "");
    }
}

#[test]
fn plaintext_answers_thirteen_bytes() {
    let mut plaintext = Program::start("plaintext", &["--urls", FREE]);
    let address = plaintext.address();
    let answer = get(&address, "/whatever");
    assert!(answer.contains("content-type: text/plain\r\n"), "{answer}");
    assert!(answer.contains("content-length: 13\r\n"), "{answer}");
    assert_eq!(body(&answer), "Hello, World!");
}

#[test]
fn the_custom_server_hosts_hello() {
    let mut custom = Program::start("custom-server", &["--urls", FREE]);
    let address = custom.address();
    assert!(body(&get(&address, "/")).starts_with("Hello from an app on the server \"custom\".\n"));
}
