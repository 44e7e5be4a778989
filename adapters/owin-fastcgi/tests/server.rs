//! The server as a host sees it: its addresses, its limits, its stop.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::time::Duration;

use owin_core::{
    App, AppExt as _, CancelReason, Environment, Error, Properties, Running, keys, server,
};
use owin_fastcgi::{FastCgi, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

async fn start(server: FastCgi, url: &str, app: impl App + 'static) -> Box<dyn Running> {
    let mut properties = Properties::new();
    properties.listen_on(url.parse().unwrap());
    server::start(Box::new(server), properties, |_| Ok(app.boxed())).await.unwrap()
}

async fn connect(running: &dyn Running) -> TcpStream {
    let port = running.addresses().first().unwrap().port();
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// A request for that path, after which the connection closes.
fn request(path: &str) -> Vec<u8> {
    let mut params = Vec::new();
    for (name, value) in [("REQUEST_METHOD", "GET"), ("HTTP_HOST", "h"), ("SCRIPT_NAME", path)] {
        params.extend([u8::try_from(name.len()).unwrap(), u8::try_from(value.len()).unwrap()]);
        params.extend([name, value].concat().into_bytes());
    }
    let length = u8::try_from(params.len()).unwrap();
    let begin = [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let ends = [1, 4, 0, 1, 0, 0, 0, 0, 1, 5, 0, 1, 0, 0, 0, 0];
    [&begin[..], &[1, 4, 0, 1, 0, length, 0, 0], &params, &ends].concat()
}

async fn ask(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(&request(path)).await.unwrap();
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn paths(mut env: Environment) -> Result<Environment, Error> {
    let text = format!("<{}><{}>", env.request().path_base(), env.request().path());
    env.response_mut().set_body(text);
    Ok(env)
}

#[tokio::test]
async fn the_path_of_an_address_is_the_path_base() {
    let running = start(FastCgi::new(), "http://127.0.0.1:0/shop", paths).await;
    assert_eq!(running.addresses()[0].path(), "/shop");
    let text = ask(&mut connect(&*running).await, "/shop/a/b").await;
    assert!(text.contains("</shop></a/b>"), "{text}");
    let text = ask(&mut connect(&*running).await, "/shopping").await;
    assert!(text.contains("Status: 404 "), "{text}");
    let running = start(FastCgi::new(), "http://127.0.0.1:0", paths).await;
    let text = ask(&mut connect(&*running).await, "/shop/a/b").await;
    assert!(text.contains("</shop/a/b><>"), "SCRIPT_NAME says it: {text}");
}

#[tokio::test]
async fn a_path_base_can_be_chosen_whatever_the_script_is_called() {
    for (base, seen) in [("", "<></shop/a>"), ("/shop/", "</shop></a>"), ("/x", " 404 ")] {
        let server = FastCgi::new().with_path_base(base);
        let running = start(server, "http://127.0.0.1:0", paths).await;
        let text = ask(&mut connect(&*running).await, "/shop/a").await;
        assert!(text.contains(seen), "{base:?}: {text}");
    }
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let server = Box::new(FastCgi::new().with_path_base("shop"));
    let started = server::start(server, properties, |_| Ok(paths.boxed())).await;
    assert!(started.err().unwrap().to_string().contains("\"shop\""));
}

#[tokio::test]
async fn a_connection_too_many_waits_for_its_turn() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let running = start(FastCgi::new().with_limits(limits), "http://127.0.0.1:0", paths).await;
    let (mut first, mut second) = (connect(&*running).await, connect(&*running).await);
    // The first is served before the second is even accepted.
    first.write_all(&[1]).await.unwrap();
    let early = timeout(Duration::from_millis(200), ask(&mut second, "/x")).await;
    assert!(early.is_err(), "it was served: {early:?}");
    drop(first);
    let mut byte = [0];
    timeout(PATIENCE, second.read_exact(&mut byte)).await.unwrap().unwrap();
}

#[tokio::test]
async fn it_says_what_it_is() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let name = env.get(keys::SERVER_CAPABILITIES).and_then(|said| said.get(keys::SERVER_NAME));
        let text = format!("{name:?} {}", env.get(keys::OPAQUE_UPGRADE).is_some());
        env.response_mut().set_body(text);
        Ok(env)
    };
    let running = start(FastCgi::new(), "http://127.0.0.1:0", app).await;
    let text = ask(&mut connect(&*running).await, "/").await;
    assert!(text.contains("Some(\"fastcgi\") false"), "{text}");
}

#[tokio::test]
async fn a_stop_without_calls_is_quick_and_frees_the_address() {
    let running = start(FastCgi::new(), "http://127.0.0.1:0", paths).await;
    let silent = connect(&*running).await;
    let port = running.addresses()[0].port();
    timeout(PATIENCE, running.stop(Duration::from_secs(100))).await.unwrap().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    drop(silent);
}

#[tokio::test]
async fn a_stop_cancels_calls_at_its_deadline_and_counts_them() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let app = move |env: Environment| {
        let tell = tell.clone();
        async move {
            tell.send(None).unwrap();
            tell.send(Some(env.request().cancelled().clone().cancelled().await)).unwrap();
            Ok::<_, Error>(env)
        }
    };
    let running = start(FastCgi::new(), "http://127.0.0.1:0", app).await;
    let mut stream = connect(&*running).await;
    stream.write_all(&request("/")).await.unwrap();
    assert_eq!(told.recv().await, Some(None));
    let stopped = timeout(PATIENCE, running.stop(Duration::from_millis(50))).await.unwrap();
    assert_eq!(told.recv().await, Some(Some(CancelReason::Shutdown)));
    assert_eq!(stopped.unwrap_err().to_string(), "1 call was cut off when the deadline passed");
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_that_names_it() {
    let running = start(FastCgi::new(), "http://127.0.0.1:0", paths).await;
    let mut properties = Properties::new();
    properties.listen_on(running.addresses()[0].clone());
    let again = server::start(Box::new(FastCgi::new()), properties, |_| Ok(paths.boxed())).await;
    let text = again.err().unwrap().to_string();
    assert!(text.contains(&running.addresses()[0].to_string()), "{text}");
}
