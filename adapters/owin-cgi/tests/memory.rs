//! The server on streams in memory: one request, one response, and its end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use owin_cgi::Cgi;
use owin_core::{App, AppExt, CancelReason, Environment, Error, Properties, Running, keys, server};

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const GET: [(&str, &str); 3] =
    [("REQUEST_METHOD", "GET"), ("SERVER_PROTOCOL", "HTTP/1.1"), ("HTTP_HOST", "shop.example")];

async fn start(
    variables: &[(&str, &str)],
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    app: impl App + 'static,
) -> Box<dyn Running> {
    let server = Box::new(Cgi::of(variables.iter().copied(), input, output));
    server::start(server, Properties::new(), |_| Ok(app.boxed())).await.unwrap()
}

/// Serves a request to its end and tells what was written, and how the stop went.
async fn served(
    variables: &[(&str, &str)],
    input: impl Read + Send + 'static,
    app: impl App + 'static,
) -> (String, Result<(), Error>) {
    let output = Kept::default();
    let mut running = start(variables, input, output.clone(), app).await;
    tokio::time::timeout(Duration::from_secs(20), running.stopped()).await.unwrap();
    let stopped = running.stop(Duration::from_secs(1)).await;
    (output.text(), stopped)
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

#[tokio::test]
async fn a_request_is_answered_and_the_server_stops_by_itself() {
    let (text, stopped) = served(&GET, io::empty(), hello).await;
    assert_eq!(text, "Status: 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    assert!(stopped.is_ok());
}

#[tokio::test]
async fn a_head_request_has_no_body() {
    let variables = [&GET[..], &[("REQUEST_METHOD", "HEAD")]].concat();
    let (text, _) = served(&variables, io::empty(), hello).await;
    assert_eq!(text, "Status: 200 OK\r\ncontent-length: 5\r\n\r\n");
}

#[tokio::test]
async fn a_body_has_as_many_bytes_as_the_length_says() {
    let variables = [&GET[..], &[("CONTENT_LENGTH", "5")]].concat();
    let (text, _) = served(&variables, &b"hello, and what belongs to nobody"[..], echo).await;
    assert!(text.ends_with("\r\n\r\nhello"), "{text}");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_taken_only_where_that_was_chosen() {
    let variables = [&GET[..], &[("HTTP_TRANSFER_ENCODING", "chunked")]].concat();
    let (text, _) = served(&variables, &b"hello"[..], echo).await;
    assert!(text.starts_with("Status: 411 "), "{text}");
    let output = Kept::default();
    let server = Cgi::of(variables.iter().copied(), &b"hello"[..], output.clone());
    let server = Box::new(server.with_bodies_of_unknown_length());
    let started = server::start(server, Properties::new(), |_| Ok(echo.boxed())).await;
    started.unwrap().stopped().await;
    assert!(output.text().ends_with("\r\n\r\nhello"), "{}", output.text());
}

#[tokio::test]
async fn without_a_length_there_is_no_body() {
    let (text, _) = served(&GET, &b"hello"[..], echo).await;
    assert_eq!(text, "Status: 200 OK\r\ncontent-length: 0\r\n\r\n");
}

#[tokio::test]
async fn a_body_that_is_too_short_broke_off() {
    let (tell, told) = std::sync::mpsc::channel();
    let app = move |mut env: Environment| {
        let tell = tell.clone();
        async move {
            let read = env.request_mut().body_mut().read_to_end(100).await;
            let seen = (read.map_err(|error| error.kind()), env.request().cancelled().reason());
            tell.send(seen).unwrap();
            Ok::<_, Error>(env)
        }
    };
    let variables = [&GET[..], &[("CONTENT_LENGTH", "6")]].concat();
    let (text, stopped) = served(&variables, &b"hello"[..], app).await;
    let (read, reason) = told.recv().unwrap();
    assert_eq!(read, Err(owin_core::ErrorKind::Peer));
    assert!(matches!(reason, None | Some(CancelReason::PeerClosed)), "{reason:?}");
    assert_eq!((text.as_str(), stopped.is_ok()), ("", true), "the client has gone");
}

#[tokio::test]
async fn an_app_that_fails_before_the_start_gives_500() {
    let fails = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().headers_mut()?.set("x-note", "none of it")?;
        Err(Error::app("no"))
    };
    let (text, stopped) = served(&GET, io::empty(), fails).await;
    assert_eq!(text, "Status: 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n");
    assert!(stopped.is_ok());
}

#[tokio::test]
async fn a_response_that_broke_off_is_told_when_the_server_is_stopped() {
    let breaks = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().headers_mut()?.set("content-length", "10")?;
        env.response_mut().write("a part").await?;
        env.response_mut().flush().await?;
        Err(Error::app("no"))
    };
    let (text, stopped) = served(&GET, io::empty(), breaks).await;
    assert_eq!(text, "Status: 200 OK\r\ncontent-length: 10\r\n\r\na part");
    assert!(stopped.is_err(), "the program must not end with 0");
}

#[tokio::test]
async fn a_bad_request_is_refused_and_no_app_sees_it() {
    let app = async |_: Environment| -> Result<Environment, Error> { panic!("nobody calls it") };
    let variables = [&GET[..], &[("HTTP_HOST", "a b")]].concat();
    let (text, stopped) = served(&variables, io::empty(), app).await;
    assert_eq!(text, "Status: 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    assert!(stopped.is_ok());
}

#[tokio::test]
async fn a_process_without_a_request_is_no_cgi_program() {
    let server = Box::new(Cgi::of([("PATH", "/bin")], io::empty(), io::sink()));
    let started = server::start(server, Properties::new(), |_| Ok(hello.boxed())).await;
    let error = started.err().unwrap();
    assert!(error.to_string().contains("REQUEST_METHOD"), "{error}");
}

#[tokio::test]
async fn it_is_named_and_announces_nothing_that_it_cannot_do() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let name = env.get(keys::SERVER_CAPABILITIES).and_then(|said| said.get(keys::SERVER_NAME));
        let text = format!(
            "{name:?} {} {}",
            env.get(keys::OPAQUE_UPGRADE).is_some(),
            env.get(keys::SENDFILE_SEND_ASYNC).is_some()
        );
        env.response_mut().set_body(text);
        Ok(env)
    };
    let (text, _) = served(&GET, io::empty(), app).await;
    assert!(text.ends_with("Some(\"cgi\") false false"), "{text}");
}

/// Takes what is written only when told to.
struct Slow(std::sync::mpsc::Receiver<()>, Arc<Mutex<usize>>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
        *self.1.lock().unwrap() += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes for ever, and counts.
fn endless(written: &Arc<Mutex<usize>>) -> impl App + use<> {
    let written = Arc::clone(written);
    move |mut env: Environment| {
        let written = Arc::clone(&written);
        async move {
            loop {
                env.response_mut().write(&[0; 4096]).await?;
                *written.lock().unwrap() += 4096;
            }
            #[expect(unreachable_code, reason = "it says the type")]
            Ok::<_, Error>(env)
        }
    }
}

#[tokio::test]
async fn a_slow_reader_holds_the_app_back_and_one_that_goes_ends_it() {
    let (take, taken) = std::sync::mpsc::channel();
    let (written, arrived) = (Arc::default(), Arc::default());
    let slow = Slow(taken, Arc::clone(&arrived));
    let mut running = start(&GET, io::empty(), slow, endless(&written)).await;
    for round in 0..20 {
        take.send(()).unwrap();
        let has_moved = async {
            while *arrived.lock().unwrap() <= round * 100 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), has_moved).await.unwrap();
        let ahead = written.lock().unwrap().saturating_sub(*arrived.lock().unwrap());
        assert!(ahead <= 1 << 18, "{ahead} bytes wait");
    }
    drop(take);
    tokio::time::timeout(Duration::from_secs(20), running.stopped()).await.unwrap();
}

#[tokio::test]
async fn a_stop_cancels_the_call_for_nobody_waits_for_the_answer() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let reason = env.request().cancelled().clone().cancelled().await;
        env.response_mut().set_body(format!("{reason:?}"));
        Ok(env)
    };
    let output = Kept::default();
    let running = start(&GET, io::empty(), output.clone(), app).await;
    let stopped = running.stop(Duration::from_secs(20)).await;
    assert!(stopped.is_err());
    assert_eq!(output.text(), "");
}
