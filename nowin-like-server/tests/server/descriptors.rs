//! A machine that has no descriptors left, for a while.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use nowin_like_server::{Limits, NowinServer};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::support::{BUDGET, Client, hello, serve, soon, start_with};

/// Set in a process that may have few descriptors.
const HAS_FEW: &str = "NOWIN_TEST_HAS_FEW_DESCRIPTORS";

/// A test of ours, in a process of its own that may have 64 descriptors.
fn with_few(name: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$0\" --nocapture --exact \"$1\""]);
    command.arg(std::env::current_exe().unwrap()).arg(format!("descriptors::{name}"));
    command.env(HAS_FEW, "1");
    command
}

fn has_few() -> bool {
    std::env::var_os(HAS_FEW).is_some()
}

#[tokio::test]
async fn accepting_goes_on_once_there_are_descriptors_again() {
    // HT-22. The limit is the process's, so the test runs in one of its own.
    if has_few() {
        return run_out_and_recover().await;
    }
    let mut command = with_few("accepting_goes_on_once_there_are_descriptors_again");
    let output = soon("the other process", command.output()).await.unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && log.contains("1 passed"), "{log}");
}

async fn run_out_and_recover() {
    let server = serve(hello("text")).await;
    let mut taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    // One for the client's end: there is none for the server's.
    drop(taken.pop());
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let early = tokio::time::timeout(Duration::from_millis(30), client.line()).await;
    assert!(early.is_err(), "there was a descriptor left: {early:?}");
    drop(taken);
    assert_eq!(client.response().await.text(), "text");
    assert_eq!(server.get("/").await.text(), "text");
}

/// A server in a process of its own that serves until its standard input ends.
struct Apart {
    child: Child,
    socket: SocketAddr,
}

impl Apart {
    async fn start(name: &str) -> Self {
        let mut command = with_few(name);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = soon("its address", lines.next_line()).await.unwrap().expect("an address");
            if let Some((_, socket)) = line.split_once("at http://") {
                return Self { child, socket: socket.parse().unwrap() };
            }
        }
    }

    async fn connect(&self) -> Client {
        Client::connect(self.socket).await
    }

    /// How much time of processors it has taken, in hundredths of a second (proc_pid_stat(5)).
    fn ticks(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.child.id().unwrap());
        let stat = std::fs::read_to_string(path).unwrap();
        let fields = stat.rsplit_once(") ").unwrap().1.split(' ');
        fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }
}

/// What the other process does.
#[expect(clippy::print_stdout, reason = "this is how the test hears of the address")]
async fn serve_apart(server: NowinServer) {
    let server = start_with(server, &["http://127.0.0.1:0"], hello("text")).await.unwrap();
    println!("at http://{}", server.socket());
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await.unwrap().unwrap();
}

/// Opens connections, each of which asks for something, until one is not answered with 200.
async fn fill(server: &Apart) -> (Vec<Client>, Client) {
    let mut served = Vec::new();
    loop {
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        let line = tokio::time::timeout(Duration::from_millis(500), client.try_line()).await;
        match line {
            Ok(Ok(line)) if line == "HTTP/1.1 200 OK" => served.push(client),
            Ok(Ok(line)) => {
                assert_eq!(line, "HTTP/1.1 503 Service Unavailable");
                return (served, client);
            }
            Ok(Err(_)) | Err(_) => return (served, client),
        }
        assert!(served.len() < 64, "more connections than descriptors");
    }
}

/// Connects until it is served, and says how long that took.
async fn time_to_serve(server: &Apart) -> Duration {
    let started = Instant::now();
    loop {
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        let line = tokio::time::timeout(BUDGET, client.try_line()).await;
        if matches!(line, Ok(Ok(line)) if line == "HTTP/1.1 200 OK") {
            return started.elapsed();
        }
        assert!(started.elapsed() < BUDGET, "it does not recover");
    }
}

#[tokio::test]
async fn a_flood_is_turned_away_before_the_descriptors_run_out() {
    // HT-22.
    if has_few() {
        return serve_apart(NowinServer::new()).await;
    }
    let name = "a_flood_is_turned_away_before_the_descriptors_run_out";
    let server = Apart::start(name).await;
    let (served, _late) = fill(&server).await;
    assert_eq!(served.len(), 32, "so many of 64 are for connections");
    let mut flood = Vec::new();
    for _ in 0..300 {
        flood.push(server.connect().await);
    }
    for client in &mut flood {
        let told = client.try_rest().await.unwrap_or_default();
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 503 "), "{told}");
    }
    drop((served, flood));
    let time = time_to_serve(&server).await;
    assert!(time < Duration::from_secs(1), "{time:?}");
}

#[tokio::test]
async fn without_a_limit_the_rest_waits_and_costs_no_time() {
    // HT-22.
    if has_few() {
        let mut limits = Limits::edge();
        limits.connections = Some(1_000_000);
        return serve_apart(NowinServer::new().with_limits(limits).unwrap()).await;
    }
    let server = Apart::start("without_a_limit_the_rest_waits_and_costs_no_time").await;
    let (mut served, mut late) = fill(&server).await;
    let before = server.ticks();
    let early = tokio::time::timeout(Duration::from_millis(500), late.line()).await;
    assert!(early.is_err(), "{early:?}");
    let ticks = server.ticks() - before;
    assert!(ticks < 15, "it spins: {ticks} hundredths of a second in half a second");
    let started = Instant::now();
    drop(served.pop());
    assert_eq!(late.response().await.text(), "text");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    drop((served, late));
    assert!(time_to_serve(&server).await < Duration::from_secs(1));
}
