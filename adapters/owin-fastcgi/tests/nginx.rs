//! The server behind nginx, over TCP and over a Unix socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "../../owin-cgi/tests/support/mod.rs"]
mod support;

mod program;

use std::process::Command;
use std::time::Duration;

use self::program::Program;
use self::support::client::{Client, ask, get, post};
use self::support::{WebServer, folder, free_port, installed, is_shown, now, wait_until};

const NGINX: &str = "/usr/sbin/nginx";
const CONFIG: &str = include_str!("../configs/nginx.conf");

/// How the web server reaches the program.
#[derive(Clone, Copy, Debug)]
enum By {
    Tcp,
    Unix,
}

/// Starts nginx with the configuration of the README, and the program.
fn nginx(by: By) -> Option<(WebServer, Program)> {
    if !installed(NGINX) {
        return None;
    }
    let (folder, port) = (folder(), free_port());
    let place = folder.path().display().to_string();
    let (url, upstream) = match by {
        By::Unix => (format!("http://unix:{place}/shop.sock"), format!("unix:{place}/shop.sock")),
        By::Tcp => {
            let at = format!("127.0.0.1:{}", free_port());
            (format!("http://{at}"), at)
        }
    };
    let program = Program::start(&folder, &url);
    let mut config = format!(
        "daemon off;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_max_body_size 0;\n"
    );
    for name in ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"] {
        config += &format!("{name}_temp_path {place}/{name};\n");
    }
    let ours = CONFIG.replace("unix:/run/shop/shop.sock", &upstream);
    config += &ours.replace("listen 80;", &format!("listen 127.0.0.1:{port};"));
    config += "}\n";
    let server = WebServer::start(folder, port, &config, |path| {
        let mut command = Command::new(NGINX);
        command.arg("-c").arg(path).arg("-e").arg(path.with_file_name("error.log"));
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
    for by in [By::Tcp, By::Unix] {
        let Some((nginx, _program)) = nginx(by) else { return };
        let answer = ask(
            nginx.port,
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
            "field x-note: one",
            "field authorization: Basic eDp5",
            "remote Some(\"127.0.0.1\") true",
            "local Some(\"127.0.0.1\")",
        ] {
            assert!(answer.has_line(line), "{line} is not in\n{}", answer.text());
        }
        assert!(!answer.text().contains("evil"), "{}", answer.text());
        assert_eq!(answer.fields("set-cookie"), ["a=1", "b=2"]);
    }
}

#[test]
fn methods_and_statuses_are_carried() {
    let Some((nginx, _program)) = nginx(By::Unix) else { return };
    let head = "HEAD /shop/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = ask(nginx.port, head);
    assert_eq!((answer.status, answer.fields("set-cookie").len()), (200, 2));
    assert_eq!(get(nginx.port, "/shop/missing").status, 404);
    assert_eq!(get(nginx.port, "/shop/fail").status, 500);
    assert!(get(nginx.port, "/shop").has_line("path \"\""));
    assert!(get(nginx.port, "/shop/").has_line("path \"/\""));
    let answer = ask(nginx.port, "DELETE /shop/x HTTP/1.0\r\n\r\n");
    assert!(answer.has_line("method DELETE"), "{answer:?}");
    let host = format!("field host: shop.example:{}", nginx.port);
    assert!(answer.has_line(&host), "{answer:?}");
}

/// Once an answer has begun nginx sends no more of a body that it had to wait with, so an app that
/// answers while it reads may wait for ever; what the buffers hold goes through.
#[test]
fn a_body_comes_whole_with_a_length_and_in_chunks() {
    for by in [By::Tcp, By::Unix] {
        let Some((nginx, _program)) = nginx(by) else { return };
        let body: Vec<u8> = (0..1 << 20).map(|number: u32| number.to_le_bytes()[1]).collect();
        for is_chunked in [false, true] {
            let answer = post(nginx.port, "/shop/back", &body, is_chunked);
            assert!(answer.body == body && answer.is_whole, "{}", answer.body.len());
            let small = body.get(..30_000).unwrap();
            let answer = post(nginx.port, "/shop/echo", small, is_chunked);
            assert!(answer.body == small && answer.is_whole, "{}", answer.body.len());
        }
    }
}

#[test]
fn a_connection_serves_many_requests() {
    let Some((nginx, program)) = nginx(By::Unix) else { return };
    let mut client = Client::connect(nginx.port);
    for number in 0..50 {
        client.send(format!("GET /shop/?{number} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        assert!(client.answer(true).has_line(&format!("query {number}")));
    }
    assert!(program.alive());
}

#[test]
fn what_is_flushed_arrives_before_the_end() {
    let Some((nginx, _program)) = nginx(By::Unix) else { return };
    let mut client = Client::connect(nginx.port);
    client.send(b"GET /shop/parts?1500 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client.read_until("first");
    let start = now();
    client.read_until("second");
    assert!(start.elapsed() > Duration::from_millis(700), "both came at once");
}

#[test]
fn a_client_that_goes_is_noticed_within_a_second() {
    for by in [By::Tcp, By::Unix] {
        let Some((nginx, _program)) = nginx(by) else { return };
        let mut client = Client::connect(nginx.port);
        client.send(b"GET /shop/wait HTTP/1.1\r\nHost: h\r\n\r\n");
        client.read_until("waiting");
        let start = now();
        drop(client);
        assert_eq!(nginx.note("cancelled"), "PeerReset");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
}

#[test]
fn a_client_that_goes_in_the_middle_of_a_body_leaves_none_that_looks_whole() {
    for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let Some((nginx, _program)) = nginx(By::Unix) else { return };
        let mut client = Client::connect(nginx.port);
        let head =
            format!("POST /shop/take HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n5\r\nhello\r\n");
        client.send(head.as_bytes());
        nginx.note("taking");
        drop(client);
        let taken = nginx.note("taken");
        assert!(taken.starts_with("broke off"), "{framing}: {taken}");
    }
}

#[test]
fn a_response_that_breaks_off_does_not_look_whole() {
    for by in [By::Tcp, By::Unix] {
        let Some((nginx, _program)) = nginx(by) else { return };
        for target in ["/shop/break", "/shop/break?100"] {
            let answer = get(nginx.port, target);
            assert_eq!((answer.status, answer.is_whole), (200, false), "{target}: {answer:?}");
            assert_eq!(answer.text(), "a part of it");
        }
        assert_eq!(get(nginx.port, "/shop/").status, 200, "the next one is served");
    }
}

/// Bytes in each direction: 256 MiB, or as many as `OWIN_TEST_BYTES` says.
fn many_bytes() -> u64 {
    std::env::var("OWIN_TEST_BYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(256 << 20)
}

#[test]
fn bodies_of_any_size_take_no_memory() {
    let Some((nginx, program)) = nginx(By::Unix) else { return };
    let before = program.peak_kib();
    let many = many_bytes();
    let mut client = Client::connect(nginx.port);
    client.send(format!("GET /shop/give?{many} HTTP/1.0\r\nHost: h\r\n\r\n").as_bytes());
    drop(client.head());
    client.skip(many);
    let mut client = Client::connect(nginx.port);
    let head = format!("POST /shop/count HTTP/1.0\r\nHost: h\r\nContent-Length: {many}\r\n\r\n");
    client.send(head.as_bytes());
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..many >> 20 {
        client.send(&piece);
    }
    let answer = client.answer(true).text();
    assert!(answer.starts_with(&format!("{many} bytes, ")), "{answer}");
    let grown = program.peak_kib() - before;
    assert!(grown < 8 << 10, "it grew by {grown} KiB");
}

#[test]
fn a_slow_reader_holds_the_app_back() {
    let Some((nginx, program)) = nginx(By::Unix) else { return };
    let mut client = Client::connect(nginx.port);
    client.send(b"GET /shop/give?1073741824 HTTP/1.0\r\nHost: h\r\n\r\n");
    drop(client.head());
    client.skip(4 << 20);
    // What the app has given stands still once the buffers on the way are full.
    let mut before = String::new();
    wait_until("the app to stand still", || {
        std::thread::sleep(Duration::from_millis(300));
        let now = nginx.note("given");
        std::mem::replace(&mut before, now.clone()) == now
    });
    let given: u64 = before.split(' ').next().unwrap().parse().unwrap();
    assert!(given < 64 << 20, "{before}");
    assert!(program.alive());
}

#[test]
fn bad_requests_never_reach_the_app() {
    let Some((nginx, _program)) = nginx(By::Unix) else { return };
    let refused = get(nginx.port, "/shop/%00").status;
    assert!((400..500).contains(&refused), "{refused}");
    assert_eq!(get(nginx.port, "/shop/\u{e9}").status, 400, "a target is ASCII");
    let long = format!("/shop/?{}", "x".repeat(7_000));
    assert_eq!(get(nginx.port, &long).status, 200);
    assert_eq!(get(nginx.port, "/shop/").status, 200);
}

#[test]
fn a_program_that_is_told_to_stop_ends_what_it_began() {
    let Some((nginx, mut program)) = nginx(By::Unix) else { return };
    let mut client = Client::connect(nginx.port);
    client.send(b"GET /shop/parts?1000 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client.read_until("first");
    program.terminate();
    client.read_until("second");
    assert_eq!(program.wait(), Some(0));
}
