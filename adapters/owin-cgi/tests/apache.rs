//! The program behind Apache, once with each of its modules for CGI.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use self::support::client::{Client, ask, get, post};
use self::support::{WebServer, example, folder, free_port, installed, is_shown, now, with_notes};

const APACHE: &str = "/usr/sbin/apache2";
const CONFIG: &str = include_str!("../configs/apache.conf");

/// Starts Apache with the configuration of the README, once with `mod_cgid` and its threads, once
/// with `mod_cgi` and its processes.
fn apaches() -> Vec<WebServer> {
    if !installed(APACHE) {
        return Vec::new();
    }
    vec![apache("event", "cgid"), apache("prefork", "cgi")]
}

fn apache(mpm: &str, module: &str) -> WebServer {
    let (folder, port) = (folder(), free_port());
    let place = folder.path().display().to_string();
    let program = folder.path().join("shop.cgi");
    fs::copy(example("cgi_app"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let notes = with_notes(&folder);
    let modules = [format!("mpm_{mpm}"), module.to_owned()];
    let modules = modules.into_iter().chain(["authz_core", "alias", "env"].map(str::to_owned));
    let mut config = format!(
        "ServerRoot {place}\nServerName localhost\nListen 127.0.0.1:{port}\n\
         PidFile {place}/pid\nErrorLog {place}/error.log\nUser www-data\nGroup www-data\n"
    );
    for name in modules {
        config += &format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
    }
    if module == "cgid" {
        config += &format!("ScriptSock {place}/cgid.sock\n");
    }
    config += &format!("SetEnv OWIN_NOTES {}\n", notes.display());
    config += &CONFIG.replace("/srv/shop", &place);
    WebServer::start(folder, port, &config, |path| {
        let mut command = Command::new(APACHE);
        command.arg("-f").arg(path).arg("-DFOREGROUND");
        command
    })
}

#[test]
fn the_readme_shows_the_configuration_of_these_tests() {
    is_shown(include_str!("../README.md"), CONFIG);
}

#[test]
fn the_environment_is_what_the_client_sent() {
    for apache in apaches() {
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
}

#[test]
fn a_head_request_and_a_missing_page_are_answered() {
    for apache in apaches() {
        let head = "HEAD /shop/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let answer = ask(apache.port, head);
        assert_eq!((answer.status, answer.fields("set-cookie").len()), (200, 2));
        assert_eq!(get(apache.port, "/shop/missing").status, 404);
        assert_eq!(get(apache.port, "/shop/fail").status, 500);
        assert_eq!(get(apache.port, "/shop").status, 200);
        assert!(get(apache.port, "/shop").has_line("path \"\""));
    }
}

/// mod_cgi sends the whole body before it takes a byte of the answer, so an app that answers while it
/// reads may wait for ever; what the pipes hold goes through.
#[test]
fn a_body_with_a_length_comes_whole() {
    for apache in apaches() {
        let body: Vec<u8> = (0..1 << 20).map(|number: u32| number.to_le_bytes()[1]).collect();
        let answer = post(apache.port, "/shop/back", &body, false);
        assert!(answer.body == body && answer.is_whole, "{}", answer.body.len());
        let small = body.get(..30_000).unwrap();
        let answer = post(apache.port, "/shop/echo", small, false);
        assert!(answer.body == small && answer.is_whole, "{}", answer.body.len());
    }
}

/// Apache gives such a body no length, and lets one that broke off look whole.
#[test]
fn a_body_in_chunks_is_refused() {
    for apache in apaches() {
        assert_eq!(post(apache.port, "/shop/echo", b"hello", true).status, 411);
    }
}

#[test]
fn what_is_flushed_arrives_before_the_end() {
    for apache in apaches() {
        let mut client = Client::connect(apache.port);
        client.send(b"GET /shop/parts?1500 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        client.read_until("first");
        let start = now();
        client.read_until("second");
        assert!(start.elapsed() > Duration::from_millis(700), "both came at once");
    }
}

/// RFC 3875 has no way to say that a body broke off; a length is all that a client can go by, and
/// only where Apache is told to believe it.
#[test]
fn a_response_that_breaks_off_looks_so_only_by_its_length() {
    for apache in apaches() {
        let answer = get(apache.port, "/shop/break?100");
        assert_eq!((answer.status, answer.is_whole), (200, false), "{answer:?}");
        let answer = get(apache.port, "/shop/break");
        assert_eq!(
            (answer.status, answer.is_whole),
            (200, true),
            "Apache has learnt it: {answer:?}"
        );
    }
}

#[test]
fn a_client_that_goes_in_the_middle_of_a_body_leaves_none_that_looks_whole() {
    for apache in apaches() {
        let mut client = Client::connect(apache.port);
        client.send(b"POST /shop/take HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhello");
        apache.note("taking");
        drop(client);
        let taken = apache.note("taken");
        assert!(taken.starts_with("broke off"), "{taken}");
    }
}

/// Bytes in each direction: 256 MiB, or as many as `OWIN_TEST_BYTES` says.
fn many_bytes() -> u64 {
    std::env::var("OWIN_TEST_BYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(256 << 20)
}

/// The number before ` KiB`.
fn kib(text: &str) -> u64 {
    text.split_whitespace().rev().nth(1).and_then(|number| number.parse().ok()).unwrap()
}

#[test]
fn bodies_of_any_size_take_no_memory() {
    let Some(apache) = apaches().into_iter().next() else { return };
    let many = many_bytes();
    let mut client = Client::connect(apache.port);
    client.send(format!("GET /shop/give?{many} HTTP/1.0\r\nHost: h\r\n\r\n").as_bytes());
    drop(client.head());
    client.skip(many);
    let given = apache.note("given");
    assert!(kib(&given) < 48 << 10, "{given}");

    let mut client = Client::connect(apache.port);
    let head = format!("POST /shop/count HTTP/1.0\r\nHost: h\r\nContent-Length: {many}\r\n\r\n");
    client.send(head.as_bytes());
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..many >> 20 {
        client.send(&piece);
    }
    let answer = client.answer(true).text();
    assert!(answer.starts_with(&format!("{many} bytes, ")), "{answer}");
    assert!(kib(&answer) < 48 << 10, "{answer}");
}

#[test]
fn a_slow_reader_holds_the_app_back() {
    let Some(apache) = apaches().into_iter().next() else { return };
    let mut client = Client::connect(apache.port);
    client.send(b"GET /shop/give?1073741824 HTTP/1.0\r\nHost: h\r\n\r\n");
    drop(client.head());
    client.skip(4 << 20);
    // What the app has given stands still once the buffers on the way are full.
    let mut before = String::new();
    support::wait_until("the app to stand still", || {
        std::thread::sleep(Duration::from_millis(300));
        let now = apache.note("given");
        std::mem::replace(&mut before, now.clone()) == now
    });
    let given: u64 = before.split(' ').next().unwrap().parse().unwrap();
    assert!(given < 64 << 20, "{before}");
}

#[test]
fn bad_requests_never_reach_the_app() {
    for apache in apaches() {
        let refused = get(apache.port, "/shop/%00").status;
        assert!((400..500).contains(&refused), "{refused}");
        let many = "GET /shop/ HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n";
        assert_eq!(ask(apache.port, many).status, 400);
        let raw = get(apache.port, "/shop/\u{e9}").status;
        assert_eq!(raw, 400, "a target is ASCII");
    }
}
