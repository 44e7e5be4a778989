//! What becomes of a violation.

use std::sync::{Arc, Mutex, PoisonError};

use owin_core::features::TraceOutput;
use owin_core::lint::Violation;
use owin_core::middleware::Next;
use owin_core::testing::{TestHost, TestRequest};
use owin_core::{
    AppExt, Environment, Error, ErrorKind, Lint, Properties, Value, from_fn, http, keys,
};

use crate::{finish, hello, recording_host};

fn without_host(request: TestRequest) -> TestRequest {
    request.with(|env| {
        env.request_mut().headers_mut().remove("host");
        Ok(())
    })
}

/// A reporting function and what it was given.
fn heard() -> (impl Fn(&Violation) + Send + Sync + 'static, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let report = move |violation: &Violation| {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(violation.id().to_owned());
    };
    (report, lines)
}

#[tokio::test]
async fn a_broken_must_of_the_server_fails_the_call_before_the_app_runs() {
    let never = async |_: Environment| -> Result<Environment, Error> { unreachable!("not called") };
    let host = TestHost::new(never.with(Lint::new()));
    let error = without_host(host.get("/")).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let text =
        "the contract is broken: OWIN-092 owin.RequestHeaders: expected a Host field, seen none";
    assert_eq!(error.to_string(), text);
    let source = std::error::Error::source(&error).expect("the violation");
    assert_eq!(source.downcast_ref::<Violation>().map(Violation::id), Some("OWIN-092"));
}

#[tokio::test]
async fn a_broken_must_of_the_app_fails_the_call() {
    let app = async |_: Environment| Ok::<_, Error>(Environment::new());
    let error = TestHost::new(app.with(Lint::new())).get("/").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::App);
    assert!(error.to_string().contains("OWIN-005: expected the environment"), "{error}");
}

#[tokio::test]
async fn a_lesser_violation_is_only_reported() {
    let (report, heard) = heard();
    let host = TestHost::new(hello.with(Lint::new().with_report(report)));
    let request = host.get("/").with(|env| env.set_value("tenant", Value::new(7)).map(drop));
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "hello");
    assert_eq!(*heard.lock().unwrap(), ["CK-008"]);
}

#[tokio::test]
async fn a_lint_that_nobody_listens_to_tells_the_hosts_log() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let mut properties = Properties::new();
    let log = TraceOutput::new(move |line| kept.lock().unwrap().push(line.to_owned()));
    properties.set(keys::HOST_TRACE_OUTPUT, log).unwrap();
    let host = TestHost::with_properties(hello.with(Lint::new()).boxed(), &properties);
    finish(host.get("/").with(|env| env.set_value("tenant", Value::new(7)).map(drop))).await;
    let expected = "CK-008 tenant: expected a key with the prefix of who made it, seen no prefix";
    assert_eq!(*lines.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn a_recording_lint_lets_the_call_go_on() {
    let (host, violations) = recording_host(hello);
    let mut response = without_host(host.get("/")).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "hello");
    let taken = violations.take();
    assert_eq!(taken.iter().map(Violation::id).collect::<Vec<_>>(), ["OWIN-092"]);
    assert_eq!(taken[0].key(), Some("owin.RequestHeaders"));
    assert_eq!((taken[0].expected(), taken[0].seen()), ("a Host field", "none"));
    assert!(violations.is_empty(), "they were taken");
}

#[tokio::test]
async fn a_head_that_breaks_a_must_does_not_go_out() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_status(http::StatusCode::CONTINUE)?;
        env.response_mut().flush().await?;
        Ok(env)
    };
    let error = TestHost::new(app.with(Lint::new())).get("/").send().await.unwrap_err();
    assert!(error.to_string().contains("OWIN-055 owin.ResponseStatusCode"), "{error}");
}

#[tokio::test]
async fn a_call_that_takes_too_long_fails() {
    let app = async |_: Environment| std::future::pending::<Result<Environment, Error>>().await;
    let lint = Lint::new().with_timer(|_| std::future::ready(()));
    let error = TestHost::new(app.with(lint)).get("/").send().await.unwrap_err();
    assert!(error.to_string().contains("OWIN-001: expected a future that resolves"), "{error}");
}

#[tokio::test]
async fn two_lints_find_the_same_and_the_outer_one_does_not_blame_the_inner_one() {
    let (report, heard) = heard();
    let app = (async |_: Environment| Ok::<_, Error>(Environment::new())).with(Lint::new());
    let host = TestHost::new(app.with(Lint::new().with_report(report)));
    let error = host.get("/").send().await.unwrap_err();
    assert!(error.to_string().contains("OWIN-005"), "{error}");
    assert!(heard.lock().unwrap().is_empty(), "the inner one has told it");

    let (inner, inner_seen) = Lint::recording();
    let (outer, outer_seen) = Lint::recording();
    let app = (async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_status(http::StatusCode::CONTINUE)?;
        Ok(env)
    })
    .with(inner)
    .with(outer);
    finish(TestHost::new(app).get("/")).await;
    assert_eq!((inner_seen.ids(), outer_seen.ids()), (vec!["OWIN-055"], vec!["OWIN-055"]));
}

#[tokio::test]
async fn a_layer_whose_future_was_dropped_leaves_nothing_behind() {
    // The environment is kept aside, as a bridge to another stack does it.
    let aside: Arc<Mutex<Option<Environment>>> = Arc::default();
    let place = Arc::clone(&aside);
    let hung = move |env: Environment| {
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(env);
        std::future::pending::<Result<Environment, Error>>()
    };
    let (inner, inner_seen) = Lint::recording();
    let (outer, outer_seen) = Lint::recording();
    let place = Arc::clone(&aside);
    let timeout = from_fn(move |env: Environment, next: Next| {
        let place = Arc::clone(&place);
        async move {
            tokio::select! {
                biased;
                done = next.run(env) => done,
                () = std::future::ready(()) => {
                    let env = place.lock().unwrap_or_else(PoisonError::into_inner).take();
                    let mut env = env.ok_or_else(|| Error::app("the app kept nothing"))?;
                    env.response_mut().set_body("too slow");
                    Ok(env)
                }
            }
        }
    });
    let app = hung.with(inner).with(timeout).with(outer);
    let mut response = TestHost::new(app).get("/").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "too slow");
    assert_eq!(inner_seen.ids(), ["OWIN-001"]);
    assert_eq!(outer_seen.ids(), [""; 0]);
}
