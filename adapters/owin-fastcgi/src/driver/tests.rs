use std::sync::Arc;
use std::time::Duration;

use owin_cgi::Mount;
use owin_core::bytes::BytesMut;
use owin_core::features::ServerInfo;
use owin_core::{App, AppExt as _, CancelReason, Environment, Error};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::{Driver, Phase, Settings};
use crate::Limits;

const BEGIN: u8 = 1;
const ABORT: u8 = 2;
const END: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;

/// A web server's side of a connection.
struct Web {
    io: DuplexStream,
    driver: JoinHandle<bool>,
    phase: watch::Sender<Phase>,
}

fn connect(app: impl App + 'static) -> Web {
    connect_within(Limits::default(), app)
}

fn connect_within(limits: Limits, app: impl App + 'static) -> Web {
    let (io, theirs) = duplex(16 * 1024);
    let (phase, phases) = watch::channel(Phase::Running);
    let settings = Settings {
        app: app.boxed(),
        info: Arc::new(ServerInfo::default()),
        limits,
        mount: Mount::Script,
    };
    let driver = tokio::spawn(Driver::new(theirs, Arc::new(settings), phases).run());
    Web { io, driver, phase }
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[1, kind, 0, 1, length[0], length[1], 0, 0], content].concat()
}

/// The variables of a request, up to the body.
fn head(flags: u8, more: &[(&str, &str)]) -> Vec<u8> {
    let usual = [("REQUEST_METHOD", "POST"), ("SERVER_PROTOCOL", "HTTP/1.1"), ("HTTP_HOST", "h")];
    let mut params = Vec::new();
    for (name, value) in usual.iter().chain(more) {
        params.extend([u8::try_from(name.len()).unwrap(), u8::try_from(value.len()).unwrap()]);
        params.extend_from_slice(name.as_bytes());
        params.extend_from_slice(value.as_bytes());
    }
    let begin = record(BEGIN, &[0, 1, flags, 0, 0, 0, 0, 0]);
    [begin, record(PARAMS, &params), record(PARAMS, b"")].concat()
}

impl Web {
    async fn send(&mut self, bytes: &[u8]) {
        self.io.write_all(bytes).await.unwrap();
    }

    /// The next record: its type and content; `None` at the end of the connection.
    async fn record(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut header = [0; 8];
        self.io.read_exact(&mut header).await.ok()?;
        let mut content = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]]))];
        self.io.read_exact(&mut content).await.ok()?;
        Some((header[1] * header[0], content))
    }

    /// A whole response, and the status of the app; `None` where it broke off.
    async fn response(&mut self) -> (String, Option<u8>) {
        let mut text = Vec::new();
        loop {
            match self.record().await {
                Some((STDOUT, content)) => text.extend_from_slice(&content),
                Some((END, content)) => {
                    return (String::from_utf8(text).unwrap(), Some(content[3]));
                }
                _ => return (String::from_utf8(text).unwrap(), None),
            }
        }
    }
}

async fn hello(mut env: Environment) -> Result<Environment, Error> {
    env.response_mut().set_body("hello");
    Ok(env)
}

async fn echo(mut env: Environment) -> Result<Environment, Error> {
    while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
        env.response_mut().write_bytes(chunk).await?;
    }
    Ok(env)
}

/// Waits until it is cancelled, and tells why.
fn waiting(reasons: mpsc::UnboundedSender<CancelReason>) -> impl App {
    move |env: Environment| {
        let reasons = reasons.clone();
        async move {
            let reason = env.request().cancelled().clone().cancelled().await;
            reasons.send(reason).unwrap();
            Ok::<_, Error>(env)
        }
    }
}

#[tokio::test]
async fn requests_follow_each_other_on_a_connection_that_stays() {
    let mut web = connect(hello);
    for _ in 0..3 {
        web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
        let (text, status) = web.response().await;
        assert_eq!(text, "Status: 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        assert_eq!(status, Some(0));
    }
    web.send(&[head(0, &[]), record(STDIN, b"")].concat()).await;
    assert_eq!(web.response().await.1, Some(0));
    assert_eq!(web.record().await, None, "it was not asked to stay");
}

#[tokio::test]
async fn a_body_comes_back_while_it_comes() {
    let mut web = connect(echo);
    web.send(&head(1, &[("CONTENT_LENGTH", "1048576")])).await;
    let (mut reader, mut writer) = tokio::io::split(web.io);
    let sending = async {
        for _ in 0..64 {
            writer.write_all(&record(STDIN, &[b'x'; 16 * 1024])).await.unwrap();
        }
        writer.write_all(&record(STDIN, b"")).await.unwrap();
    };
    let reading = async {
        let mut all = BytesMut::new();
        while !all.ends_with(&[END, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) {
            assert!(reader.read_buf(&mut all).await.unwrap() > 0);
        }
        all
    };
    let (all, ()) = tokio::join!(reading, sending);
    assert!(all.iter().filter(|byte| **byte == b'x').count() == 1 << 20);
}

#[tokio::test]
async fn a_large_body_goes_out_piece_by_piece() {
    let large = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_body("x".repeat(300_000));
        Ok(env)
    };
    let mut web = connect(large);
    for _ in 0..2 {
        web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
        let (text, status) = web.response().await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with("content-length: 300000"), "{head}");
        assert_eq!((body.len(), status), (300_000, Some(0)));
    }
}

#[tokio::test]
async fn a_body_without_a_length_ends_with_its_stream() {
    let mut web = connect(echo);
    web.send(&[head(1, &[]), record(STDIN, b"hel"), record(STDIN, b"lo")].concat()).await;
    web.send(&record(STDIN, b"")).await;
    assert!(web.response().await.0.ends_with("\r\n\r\nhello"));
}

#[tokio::test]
async fn a_body_of_another_length_broke_off() {
    for (body, length) in [("hello", "6"), ("hello", "4")] {
        let (tell, mut told) = mpsc::unbounded_channel();
        let app = move |mut env: Environment| {
            let tell = tell.clone();
            async move {
                let read = env.request_mut().body_mut().read_to_end(100).await;
                tell.send(read.map_err(|error| error.kind())).unwrap();
                Ok::<_, Error>(env)
            }
        };
        let mut web = connect(app);
        web.send(&head(1, &[("CONTENT_LENGTH", length)])).await;
        web.send(&[record(STDIN, body.as_bytes()), record(STDIN, b"")].concat()).await;
        assert_eq!(web.response().await, (String::new(), None), "the client has gone");
        // A body that is too short at once reaches no app.
        let read = told.recv().await;
        assert!(matches!(read, None | Some(Err(owin_core::ErrorKind::Peer))), "{read:?}");
    }
}

#[tokio::test]
async fn an_abort_cancels_the_call_and_the_connection_stays() {
    let (reasons, mut heard) = mpsc::unbounded_channel();
    let mut web = connect(waiting(reasons));
    for _ in 0..2 {
        web.send(&[head(1, &[]), record(STDIN, b""), record(ABORT, b"")].concat()).await;
        assert_eq!(heard.recv().await, Some(CancelReason::PeerReset));
        assert_eq!(web.response().await.1, Some(1));
    }
}

#[tokio::test]
async fn a_connection_that_closes_cancels_the_call() {
    let (reasons, mut heard) = mpsc::unbounded_channel();
    let mut web = connect(waiting(reasons));
    web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
    drop(web.io);
    assert_eq!(heard.recv().await, Some(CancelReason::PeerReset));
    let (reasons, mut heard) = mpsc::unbounded_channel();
    let mut web = connect(waiting(reasons));
    web.send(&[head(1, &[]), record(STDIN, b"half")].concat()).await;
    drop(web.io);
    assert_eq!(heard.recv().await, Some(CancelReason::PeerClosed));
}

#[tokio::test]
async fn a_broken_protocol_closes_the_connection_and_cancels_the_call() {
    let (reasons, mut heard) = mpsc::unbounded_channel();
    let mut web = connect(waiting(reasons));
    web.send(&[head(1, &[]), record(STDIN, b""), record(STDIN, b"more")].concat()).await;
    assert_eq!(heard.recv().await, Some(CancelReason::PeerReset));
    assert_eq!(web.record().await, None);
    let mut web = connect(hello);
    web.send(b"GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(web.record().await, None);
}

#[tokio::test]
async fn a_response_that_breaks_off_has_no_end() {
    let breaks = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write("a part").await?;
        env.response_mut().flush().await?;
        Err(Error::app("no"))
    };
    let mut web = connect(breaks);
    web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
    assert_eq!(web.response().await, ("Status: 200 OK\r\n\r\na part".to_owned(), None));
}

#[tokio::test]
async fn what_breaks_the_contract_is_refused_and_the_connection_stays() {
    let mut web = connect(hello);
    for (variable, status) in [
        (("CONTENT_LENGTH", "x"), "400"),
        (("HTTP_HOST", "a b"), "400"),
        (("REQUEST_URI", "a b"), "400"),
        (("REQUEST_METHOD", "CONNECT"), "501"),
    ] {
        web.send(&[head(1, &[variable]), record(STDIN, b"")].concat()).await;
        let (text, ended) = web.response().await;
        assert!(text.starts_with(&format!("Status: {status} ")), "{variable:?}: {text}");
        assert_eq!(ended, Some(0));
    }
    web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
    assert!(web.response().await.0.ends_with("hello"));
}

#[tokio::test]
async fn too_many_variables_are_answered_with_431() {
    let mut web = connect_within(Limits { params_bytes: 10, ..Limits::default() }, hello);
    web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
    assert!(web.response().await.0.starts_with("Status: 431 "));
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_no_part_of_the_next_request() {
    let mut web = connect(hello);
    web.send(&[head(1, &[("CONTENT_LENGTH", "9")]), record(STDIN, b"hello")].concat()).await;
    assert!(web.response().await.0.ends_with("hello"));
    web.send(&[record(STDIN, b"more"), record(STDIN, b"")].concat()).await;
    web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
    assert!(web.response().await.0.ends_with("hello"));
}

#[tokio::test]
async fn a_body_that_nobody_reads_yet_is_not_collected() {
    let (reasons, _heard) = mpsc::unbounded_channel();
    let mut web = connect(waiting(reasons));
    web.send(&head(1, &[("CONTENT_LENGTH", "1000000")])).await;
    let sending = async {
        for sent in 0..61 {
            let piece = record(STDIN, &[0; 16 * 1024]);
            let sending = web.io.write_all(&piece);
            if tokio::time::timeout(Duration::from_millis(200), sending).await.is_err() {
                return sent;
            }
        }
        61
    };
    let sent = sending.await;
    assert!((4..10).contains(&sent), "{sent} pieces of 16 KiB were taken");
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_in_the_end_and_a_slow_head_sooner() {
    let start = tokio::time::Instant::now();
    let mut web = connect(hello);
    assert_eq!(web.record().await, None);
    assert_eq!(start.elapsed().as_secs(), 300);
    let start = tokio::time::Instant::now();
    let mut web = connect(hello);
    let mut reading = Box::pin(async {
        let begin = record(BEGIN, &[0, 1, 0, 0, 0, 0, 0, 0]);
        for byte in begin {
            if web.io.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(8)).await;
        }
        web.driver.await.unwrap()
    });
    assert!(!(&mut reading).await);
    let seconds = start.elapsed().as_secs();
    assert!((30..40).contains(&seconds), "each byte gave it more time: {seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_a_call_end_and_closes_what_is_silent() {
    let slow = async |mut env: Environment| -> Result<Environment, Error> {
        tokio::time::sleep(Duration::from_secs(3)).await;
        env.response_mut().set_body("late");
        Ok(env)
    };
    let (mut web, silent) = (connect(slow), connect(slow));
    web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    web.phase.send_replace(Phase::Draining);
    silent.phase.send_replace(Phase::Draining);
    let told = tokio::time::Instant::now();
    assert!(!silent.driver.await.unwrap());
    assert!(told.elapsed() < Duration::from_secs(1), "it waited for a request");
    assert!(web.response().await.0.ends_with("late"));
    assert_eq!(web.record().await, None, "it was to stay, but the server stops");
    drop(web.io);
    assert!(!web.driver.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cancels_the_call_and_says_so() {
    let (reasons, mut heard) = mpsc::unbounded_channel();
    let mut web = connect(waiting(reasons));
    web.send(&[head(1, &[]), record(STDIN, b"")].concat()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    web.phase.send_replace(Phase::Aborting);
    assert_eq!(heard.recv().await, Some(CancelReason::Shutdown));
    assert!(web.driver.await.unwrap(), "a call was cut off");
}
