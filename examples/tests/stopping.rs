//! Programs that are told to stop while they are at work.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]
#![expect(clippy::disallowed_methods, reason = "a process has the real clock")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::{Program, get, path, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

const FREE: &str = "http://127.0.0.1:0";
const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const BODY: &str = "Hello, World!";
const CLIENTS: usize = 64;
const LEAVING: Duration = Duration::from_secs(1);
const DEADLINE: Duration = Duration::from_secs(5);

/// How long anything may take before the test fails.
const BUDGET: Duration = Duration::from_secs(20);

/// Between two requests of a client: short beside the time of leaving.
const PAUSE: Duration = Duration::from_millis(5);

/// What became of the requests of one client, until nobody let it in any more.
#[derive(Debug, Default)]
struct Story {
    answered: usize,
    told_to_close: usize,
    lost: Vec<String>,
    refused: Option<Instant>,
}

/// Asks on a connection until it is told to close, then on another, until there is none.
async fn ask_on(address: String, answers: Arc<AtomicUsize>) -> Story {
    let mut story = Story::default();
    loop {
        let connecting = timeout(BUDGET, tokio::net::TcpStream::connect(&address)).await;
        let Ok(mut stream) = connecting.expect("a connection or a refusal") else {
            story.refused = Some(Instant::now());
            return story;
        };
        loop {
            match timeout(BUDGET, ask(&mut stream)).await.expect("an answer or an end") {
                Ok(answer) => {
                    answers.fetch_add(1, Ordering::Relaxed);
                    story.answered += 1;
                    if answer.contains("\r\nconnection: close\r\n") {
                        story.told_to_close += 1;
                        break;
                    }
                }
                Err(why) => {
                    story.lost.push(why);
                    break;
                }
            }
            sleep(PAUSE).await;
        }
    }
}

/// One request and its whole answer, or how far it came.
async fn ask(stream: &mut tokio::net::TcpStream) -> Result<String, String> {
    stream.write_all(GET.as_bytes()).await.map_err(|error| format!("not sent: {error}"))?;
    let mut answer = Vec::new();
    while !answer.ends_with(BODY.as_bytes()) {
        match stream.read_buf(&mut answer).await {
            Ok(1..) => {}
            Ok(0) => return Err(format!("ended after {} bytes", answer.len())),
            Err(error) => return Err(format!("{error} after {} bytes", answer.len())),
        }
    }
    Ok(String::from_utf8(answer).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_when_a_program_under_load_is_told_to_stop() {
    // HT-21.
    let arguments = ["--urls", FREE, "--leave-for", "1", "--stop-within", "5"];
    let mut program = Program::start("plaintext", &arguments);
    let address = program.address();
    let answers = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> =
        (0..CLIENTS).map(|_| tokio::spawn(ask_on(address.clone(), Arc::clone(&answers)))).collect();
    let under_load = async {
        while answers.load(Ordering::Relaxed) < CLIENTS * 20 {
            sleep(PAUSE).await;
        }
    };
    timeout(BUDGET, under_load).await.expect("a load");
    let told = Instant::now();
    program.signal("TERM");
    let ended = tokio::task::spawn_blocking(move || (program.end_with_words(), Instant::now()));
    let (end, ended) = timeout(BUDGET, ended).await.expect("an end").unwrap();
    assert_eq!(end, (Some(0), String::new()));
    let took = ended.duration_since(told);
    assert!((LEAVING..DEADLINE).contains(&took), "{took:?}");
    let mut all = Story::default();
    for client in clients {
        let story = timeout(BUDGET, client).await.expect("the end of a client").unwrap();
        let refused = story.refused.unwrap().duration_since(told);
        assert!(refused >= LEAVING, "refused after {refused:?}");
        all.answered += story.answered;
        all.told_to_close += story.told_to_close;
        all.lost.extend(story.lost);
    }
    assert_eq!(all.lost, [""; 0], "of {} that were answered", all.answered);
    // Each was let in again while the program was leaving.
    assert!(all.told_to_close > CLIENTS, "{}", all.told_to_close);
    println!("answered {}, told to close {}, {took:?}", all.answered, all.told_to_close);
}

/// A call that does not end: half of a body that is echoed, and half of the echo.
fn endless(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(BUDGET)).unwrap();
    let head = format!("POST /echo HTTP/1.1\r\nHost: {address}\r\nContent-Length: 8\r\n\r\nhalf");
    stream.write_all(head.as_bytes()).unwrap();
    let mut all = Vec::new();
    while !all.ends_with(b"half") && !all.ends_with(b"half\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        all.extend(byte);
    }
    stream
}

#[test]
fn a_call_that_never_ends_is_cut_off_at_the_deadline_with_exit_code_1() {
    // HT-21, OWIN-080.
    let arguments = ["--urls", FREE, "--leave-for", "1", "--stop-within", "2"];
    let mut hello = Program::start("hello", &arguments);
    let address = hello.address();
    let mut stream = endless(&address);
    let told = Instant::now();
    hello.signal("TERM");
    let (code, words) = hello.end_with_words();
    let took = told.elapsed();
    assert_eq!(words, "hello: 1 call was cut off when the deadline passed\n");
    assert_eq!(code, Some(1));
    assert!(took >= Duration::from_secs(2) && took < BUDGET, "{took:?}");
    let mut rest = String::new();
    let _end_or_reset = stream.read_to_string(&mut rest);
    assert!(!rest.contains("0\r\n\r\n"), "it looks whole: {rest:?}");
}

#[test]
fn a_second_signal_ends_the_stop_at_once() {
    for second in ["INT", "TERM"] {
        let mut hello = Program::start("hello", &["--urls", FREE, "--stop-within", "600"]);
        let address = hello.address();
        let _stream = endless(&address);
        hello.signal("TERM");
        let told = Instant::now();
        while TcpStream::connect(&address).is_ok() {
            assert!(told.elapsed() < BUDGET, "it does not stop");
        }
        hello.signal(second);
        let (code, words) = hello.end_with_words();
        let expected = "hello: told to stop a second time: the stop was cut short\n";
        assert_eq!((code, words.as_str()), (Some(1), expected));
    }
}

#[test]
fn a_time_of_leaving_that_leaves_none_to_stop_is_one_line_and_exit_code_2() {
    for (leaving, deadline) in [("5", "5"), ("1", "0")] {
        let arguments = ["--urls", FREE, "--stop-within", deadline];
        let said = run("hello", &[&arguments[..], &["--leave-for", leaving]].concat());
        let mut command = Command::new(path("hello"));
        let set = command.args(arguments).env("OWIN_LEAVE_FOR", leaving).output().unwrap();
        for output in [said, set] {
            assert_eq!(output.status.code(), Some(2));
            let expected = format!(
                "hello: --leave-for {leaving} leaves no time to end within {deadline} seconds; \
                 choose a longer --stop-within\n"
            );
            assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        }
    }
}

#[test]
fn a_server_that_cannot_leave_slowly_passes_it_over() {
    let arguments = ["--server", "custom", "--urls", FREE, "--leave-for", "9"];
    let mut hello = Program::start("hello", &arguments);
    let address = hello.address();
    assert!(get(&address, "/").starts_with("HTTP/1.1 200 OK\r\n"));
    let told = Instant::now();
    hello.signal("TERM");
    assert_eq!(hello.end_with_words(), (Some(0), String::new()));
    assert!(told.elapsed() < Duration::from_secs(9));
}
