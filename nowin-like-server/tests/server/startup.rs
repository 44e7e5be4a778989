//! The order in which a server starts, and its callbacks.

use std::net::{SocketAddr, TcpListener as StdListener};

use nowin_like_server::NowinServer;
use owin_core::{AppExt, Environment, Error, Properties, keys};
use tokio::net::TcpStream;

use crate::support::{Answer, BUDGET, hello, nothing, seen, start_built};

/// An address that nothing listens on: a port of a loopback address that no other test uses.
fn unused() -> SocketAddr {
    let socket = StdListener::bind("127.0.0.77:0").unwrap();
    socket.local_addr().unwrap()
}

fn properties_at(address: &str) -> Properties {
    let mut properties = Properties::new();
    properties.listen_on(address.parse().unwrap());
    properties
}

#[tokio::test]
async fn nobody_is_accepted_before_the_start() {
    // OWIN-089.
    let socket = unused();
    let server =
        start_built(NowinServer::new(), properties_at(&format!("http://{socket}")), |_| {
            let early = std::net::TcpStream::connect(socket);
            assert_eq!(early.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
            Ok(hello("text").boxed())
        })
        .await
        .unwrap();
    assert_eq!(server.get("/").await.text(), "text");
}

#[tokio::test]
async fn addresses_that_the_app_changes_while_it_is_built_are_honoured() {
    // OWIN-088.
    let unwanted = unused();
    let properties = properties_at(&format!("http://{unwanted}"));
    let server = start_built(NowinServer::new(), properties, |properties| {
        properties.set_addresses(vec!["http://127.0.0.1:0/moved".parse()?])?;
        Ok(hello("text").boxed())
    })
    .await
    .unwrap();
    assert_eq!(server.get("/moved/x").await.text(), "text");
    assert_eq!(server.addresses().len(), 1);
    assert!(TcpStream::connect(unwanted).await.is_err());
}

#[tokio::test]
async fn the_server_announces_itself_before_the_app_is_built() {
    // OWIN-083, OWIN-087, OWIN-121, CK-010, CK-023.
    let server =
        start_built(NowinServer::new(), properties_at("http://127.0.0.1:0"), |properties| {
            let version = properties.get(keys::OWIN_VERSION).map(ToString::to_string);
            assert_eq!(version.as_deref(), Some("1.0"));
            let capabilities = properties.get(keys::SERVER_CAPABILITIES).unwrap();
            assert_eq!(capabilities.get(keys::SERVER_NAME), Some(NowinServer::NAME));
            assert!(capabilities.get(keys::SERVER_CONTRACT).is_some());
            let in_call = |env: &Environment| {
                env.get(keys::OWIN_VERSION).map(ToString::to_string).unwrap_or_default()
            };
            Ok(crate::support::tell(in_call).boxed())
        })
        .await
        .unwrap();
    assert_eq!(server.get("/").await.text(), "1.0");
}

#[tokio::test]
async fn init_callbacks_run_once_and_in_order_before_the_first_request() {
    // CK-042.
    let (told, mut steps) = seen();
    let server =
        start_built(NowinServer::new(), properties_at("http://127.0.0.1:0"), move |properties| {
            let on_init = properties.get_mut(keys::SERVER_ON_INIT).unwrap();
            for step in ["first", "second"] {
                let told = told.clone();
                on_init.register(async move || {
                    told.send(step).unwrap();
                    Ok(())
                });
            }
            Ok((move |env: Environment| {
                told.send("call").unwrap();
                nothing(env)
            })
            .boxed())
        })
        .await
        .unwrap();
    assert_eq!(steps.rest(), ["first", "second"]);
    server.get("/").await;
    server.get("/").await;
    assert_eq!(steps.rest(), ["call", "call"]);
}

#[tokio::test]
async fn a_server_whose_init_callback_fails_does_not_start() {
    // CK-042.
    let socket = unused();
    let started =
        start_built(NowinServer::new(), properties_at(&format!("http://{socket}")), |properties| {
            let on_init = properties.get_mut(keys::SERVER_ON_INIT).unwrap();
            on_init.register(async || Err(Error::app("on purpose")));
            Ok(nothing.boxed())
        })
        .await;
    assert_eq!(started.err().unwrap().to_string(), "on purpose");
    assert!(TcpStream::connect(socket).await.is_err());
}

#[tokio::test]
async fn the_end_is_told_after_the_stop() {
    // CK-043.
    let mut disposed = None;
    let server =
        start_built(NowinServer::new(), properties_at("http://127.0.0.1:0"), |properties| {
            disposed = properties.get(keys::SERVER_ON_DISPOSE).cloned();
            Ok(nothing.boxed())
        })
        .await
        .unwrap();
    let disposed = disposed.unwrap();
    server.get("/").await;
    assert!(!disposed.is_cancelled());
    assert!(server.stop(BUDGET).await.is_ok());
    assert!(disposed.is_cancelled());
}

#[tokio::test]
async fn an_app_that_cannot_be_built_starts_nothing() {
    // OWIN-083.
    let socket = unused();
    let started =
        start_built(NowinServer::new(), properties_at(&format!("http://{socket}")), |_| {
            Err(Error::app("no database"))
        })
        .await;
    assert_eq!(started.err().unwrap().to_string(), "no database");
    assert!(TcpStream::connect(socket).await.is_err());
}

#[tokio::test]
async fn what_the_host_says_is_there_in_every_call() {
    // OWIN-084, OWIN-090, DF-42.
    let mut properties = properties_at("http://127.0.0.1:0");
    properties.set(keys::HOST_APP_NAME, "shop").unwrap();
    properties.set(keys::HOST_APP_MODE, "test").unwrap();
    properties.set_value("my.Own", owin_core::Value::new(7_u32)).unwrap();
    let server = start_built(NowinServer::new(), properties, |_| {
        let app = async |mut env: Environment| -> Answer {
            let (name, mode) = (env.get(keys::HOST_APP_NAME), env.get(keys::HOST_APP_MODE));
            let told = format!("{name:?} {mode:?}");
            env.response_mut().set_body(told);
            Ok(env)
        };
        Ok(app.boxed())
    })
    .await
    .unwrap();
    assert_eq!(server.get("/").await.text(), r#"Some("shop") Some("test")"#);
    let own = server.properties().value("my.Own").and_then(|value| value.downcast_ref().copied());
    assert_eq!(own, Some(7_u32));
}

#[tokio::test]
async fn properties_compare_byte_by_byte_and_have_no_null() {
    // OWIN-084, OWIN-085, OWIN-086.
    let mut properties = properties_at("http://127.0.0.1:0");
    for (number, name) in ["my.Key", "my.key", "my.é", "my.e\u{301}"].into_iter().enumerate() {
        properties.set_value(name, owin_core::Value::new(number)).unwrap();
    }
    let server = start_built(NowinServer::new(), properties, |properties| {
        assert!(!properties.contains("owin.version") && properties.contains("owin.Version"));
        // A key that is gone is absent, and no key is there without a value.
        assert!(properties.remove_value("my.key").is_some());
        assert!(!properties.contains("my.key") && properties.value("my.key").is_none());
        assert_eq!(properties.iter().count(), properties.len());
        Ok(nothing.boxed())
    })
    .await
    .unwrap();
    let number = |name: &str| {
        server.properties().value(name).and_then(|value| value.downcast_ref::<usize>()).copied()
    };
    let numbers = ["my.Key", "my.key", "my.é", "my.e\u{301}"].map(number);
    assert_eq!(numbers, [Some(0), None, Some(2), Some(3)]);
}
