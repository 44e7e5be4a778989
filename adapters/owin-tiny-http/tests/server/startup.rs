//! Addresses, and what is said before the app is built.

use std::future::Future as _;
use std::net::TcpListener;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use owin_core::{AppExt, Environment, Error, Properties, keys, server};
use owin_tiny_http::TinyHttpServer;

use crate::support::{Client, hello, start, tell};

#[tokio::test]
async fn several_addresses_are_served_each_with_its_base() {
    let addresses = ["http://127.0.0.1:0", "http://[::1]:0/six", "http://*:0/any"];
    let app = tell(|env| format!("{} {}", env.request().path_base(), env.request().path()));
    let server = start(TinyHttpServer::new(), &addresses, app).await.unwrap();
    let bound: Vec<_> = server.0.addresses().to_vec();
    assert_eq!(bound.len(), 3);
    for (address, target, seen) in
        [(&bound[0], "/a", " /a"), (&bound[1], "/six/a", "/six /a"), (&bound[2], "/any", "/any ")]
    {
        assert_ne!(address.port(), 0, "{address}");
        let mut to = address.sockets().unwrap().remove(0);
        if to.ip().is_unspecified() {
            to.set_ip([127, 0, 0, 1].into());
        }
        let answer = Client::connect(to).await.get(target).await;
        assert_eq!(answer.text(), seen, "{address}");
    }
}

#[tokio::test]
async fn localhost_is_both_loopback_addresses() {
    // A port that is free on both, for a moment at least.
    let free = TcpListener::bind("[::]:0").unwrap().local_addr().unwrap().port();
    let address = format!("http://localhost:{free}");
    let server = start(TinyHttpServer::new(), &[&address], hello("here")).await.unwrap();
    for ip in ["127.0.0.1", "::1"] {
        let to = (ip.parse::<std::net::IpAddr>().unwrap(), free).into();
        assert_eq!(Client::connect(to).await.get("/").await.text(), "here", "{ip}");
    }
    assert_eq!(server.0.addresses().len(), 2);
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (address, expected) in [
        (format!("http://127.0.0.1:{port}"), "in use"),
        ("https://127.0.0.1:0".to_owned(), "no certificate"),
        ("http://unix:/tmp/never.sock".to_owned(), "no host and port"),
    ] {
        let failed = start(TinyHttpServer::new(), &[&address], hello("")).await;
        let Err(error) = failed else { panic!("{address} is served") };
        let line = error.to_string();
        assert!(line.contains(expected) && line.contains(&address), "{line}");
    }
}

#[tokio::test]
async fn nothing_is_accepted_before_the_callbacks_have_run() {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let app = hello("here").boxed();
    let failed = server::start(Box::new(TinyHttpServer::new()), properties, |properties| {
        let on_init = properties.get_mut(keys::SERVER_ON_INIT).unwrap();
        on_init.register(async || Err(Error::app("on purpose")));
        Ok(app)
    })
    .await;
    assert!(failed.is_err_and(|error| error.to_string().contains("on purpose")));
}

#[test]
fn without_a_runtime_it_says_what_it_needs() {
    let server = Box::new(TinyHttpServer::new());
    let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
    let mut started = pin!(server::start(server, Properties::new(), |_| Ok(app)));
    let cx = &mut Context::from_waker(Waker::noop());
    let started = started.as_mut().poll(cx);
    let Poll::Ready(Err(error)) = started else { panic!("it started") };
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}

#[tokio::test]
async fn an_app_may_wait_for_the_timers_of_the_runtime() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let spawned = tokio::spawn(async { "spawned" }).await;
        env.response_mut().set_body(spawned.unwrap());
        Ok(env)
    };
    let server = start(TinyHttpServer::new(), &["http://127.0.0.1:0"], app).await.unwrap();
    assert_eq!(server.get("/").await.text(), "spawned");
}
