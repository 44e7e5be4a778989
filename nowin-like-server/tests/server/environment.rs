//! The dictionary that an app gets from the server.

use std::sync::Arc;

use owin_core::features::User;
use owin_core::middleware::Next;
use owin_core::{AppExt, Environment, Value, Version, from_fn, keys};
use tokio::sync::mpsc::UnboundedSender;

use crate::support::{Answer, seen, serve, tell};

/// What OWIN requires of every call (OWIN 1.0 §3.2).
const REQUIRED: [&str; 12] = [
    "owin.RequestBody",
    "owin.RequestHeaders",
    "owin.RequestMethod",
    "owin.RequestPath",
    "owin.RequestPathBase",
    "owin.RequestProtocol",
    "owin.RequestQueryString",
    "owin.RequestScheme",
    "owin.ResponseBody",
    "owin.ResponseHeaders",
    "owin.CallCancelled",
    "owin.Version",
];

#[tokio::test]
async fn every_required_key_is_there_and_has_a_value_of_its_type() {
    // OWIN-004, OWIN-006, OWIN-008, OWIN-025, OWIN-031, OWIN-121, OWIN-122.
    let server = serve(tell(|env| {
        let missing = REQUIRED.iter().filter(|name| env.value(name).is_none()).count();
        let counted = env.iter().count();
        let version = env.get(keys::OWIN_VERSION) == Some(&Version::V1_0);
        let takes = env.response().body().is_some();
        format!("{missing} {} {version} {takes}", counted == env.len() && counted >= 12)
    }))
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        assert_eq!(client.get("/").await.text(), "0 true true true");
    }
}

#[tokio::test]
async fn keys_are_compared_byte_by_byte() {
    // OWIN-007, CK-001.
    let server = serve(async |mut env: Environment| -> Answer {
        let names = ["Probe.a", "Probe.A", "Probe.é", "Probe.e\u{301}"];
        for (number, name) in names.into_iter().enumerate() {
            env.set_value(name, Value::new(number))?;
        }
        let numbers: Vec<_> = names
            .iter()
            .map(|name| env.value(name).and_then(|value| value.downcast_ref::<usize>()).copied())
            .collect();
        let told = format!("{numbers:?} {}", env.contains("owin.requestmethod"));
        env.response_mut().set_body(told);
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.text(), "[Some(0), Some(1), Some(2), Some(3)] false");
}

#[tokio::test]
async fn what_an_app_changes_is_seen_outside_of_it() {
    // OWIN-005, OWIN-009, OWIN-032.
    let outer = from_fn(async |mut env: Environment, next: Next| -> Answer {
        env.set_value("my.Removed", Value::new(1_u8))?;
        env.set_value("my.Changed", Value::new(1_u8))?;
        env.request_mut().headers_mut().set("x-outer", "1")?;
        let mut env = next.run(env).await?;
        let number = |name| env.value(name).and_then(|value| value.downcast_ref::<u8>()).copied();
        let told = format!(
            "{:?} {:?} {:?} {:?} {}",
            number("my.Removed"),
            number("my.Changed"),
            number("my.Added"),
            env.request().headers().text("x-inner"),
            env.request().headers().contains("x-outer"),
        );
        env.response_mut().write(told).await?;
        Ok(env)
    });
    let app = async |mut env: Environment| -> Answer {
        env.remove_value("my.Removed")?;
        env.set_value("my.Changed", Value::new(2_u8))?;
        env.set_value("my.Added", Value::new(3_u8))?;
        env.request_mut().headers_mut().set("x-inner", "1")?;
        env.request_mut().headers_mut().remove("X-OUTER");
        Ok(env)
    };
    let server = serve(app.with(outer)).await;
    assert_eq!(server.get("/").await.text(), "None Some(2) Some(3) Some(\"1\") false");
}

#[tokio::test]
async fn an_environment_holds_ten_thousand_keys_more() {
    // OWIN-010: and the next call has none of them.
    let server = serve(async |mut env: Environment| -> Answer {
        let before = env.len();
        for number in 0..10_000_u32 {
            env.set_value(format!("my.Key{number}"), Value::new(number))?;
        }
        env.set_value("my.Large", Value::new("x".repeat(64 * 1024)))?;
        let told = format!("{before} {}", env.len() - before);
        env.response_mut().set_body(told);
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    let first = client.get("/").await;
    assert!(first.text().ends_with(" 10001"), "{}", first.text());
    assert_eq!(client.get("/").await.text(), first.text());
}

#[tokio::test]
async fn a_field_is_a_list_that_is_found_in_any_case() {
    // OWIN-012, OWIN-036.
    let server = serve(tell(|env| {
        let headers = env.request().headers();
        let values: Vec<_> = headers.get_all("X-TWO").map(|value| value.to_str()).collect();
        format!("{:?} {:?} {values:?}", headers.text("hOsT"), headers.text("CONTENT-length"))
    }))
    .await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nx-two: a\r\nX-Two: b\r\n\r\n";
    let response = server.answer_to(request).await;
    assert_eq!(response.text(), r#"Some("h") Some("0") [Ok("a"), Ok("b")]"#);
}

#[tokio::test]
async fn an_id_is_set_by_the_server_or_by_a_middleware_and_then_stays() {
    // OWIN-020, OWIN-021, OWIN-022.
    let outer = from_fn(async |mut env: Environment, next: Next| -> Answer {
        let is_set = env.request().id().is_some();
        env.remove(keys::REQUEST_ID)?;
        let is_gone = env.request().id().is_none();
        env.set(keys::REQUEST_ID, "mine")?;
        let mut env = next.run(env).await?;
        let told = format!(" {is_set} {is_gone} {:?}", env.request().id());
        env.response_mut().write(told).await?;
        Ok(env)
    });
    let server = serve(tell(|env| format!("{:?}", env.request().id())).with(outer)).await;
    assert_eq!(server.get("/").await.text(), "Some(\"mine\") true true Some(\"mine\")");
}

#[tokio::test]
async fn nobody_is_the_user_until_a_middleware_says_so() {
    // OWIN-023, OWIN-024.
    let name = |env: &Environment| env.get(keys::REQUEST_USER).map(|user| user.name().to_owned());
    let log_in = |name: &'static str| {
        from_fn(move |mut env: Environment, next: Next| async move {
            env.set(keys::REQUEST_USER, User::new(name, "Basic"))?;
            next.run(env).await
        })
    };
    let server = serve(tell(move |env| format!("{:?}", name(env)))).await;
    assert_eq!(server.get("/").await.text(), "None");
    let app = tell(move |env| format!("{:?}", name(env)));
    let server = serve(app.with(log_in("inner")).with(log_in("outer"))).await;
    assert_eq!(server.get("/").await.text(), "Some(\"inner\")");
}

/// A value that tells when it is dropped.
#[derive(Debug)]
struct Guard(UnboundedSender<&'static str>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _test_is_over = self.0.send("dropped");
    }
}

#[tokio::test]
async fn what_an_app_leaves_in_the_environment_is_gone_before_the_next_call() {
    // CK-020, CK-022.
    let (told, mut steps) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            told.send("called").unwrap();
            env.set_value("my.Guard", Value::new(Arc::new(Guard(told))))?;
            Answer::Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.status, 200);
    }
    drop(client);
    for step in ["called", "dropped", "called", "dropped", "called", "dropped"] {
        assert_eq!(steps.next(step).await, step);
    }
}
