//! What is said where a check does not hold, is known not to, or cannot be made.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nowin_like_server::{NowinServer, transport};
use owin_conformance::in_process::{Shared, Subject, tried};
use owin_conformance::run::{Plan, Verdict};
use owin_core::{AppExt, middleware::Next};
use owin_core::{BoxApp, Environment, Error, Properties, Running, Server, async_trait, from_fn};

/// The reference server, but every method comes to the app in upper case.
struct UpperCase;

#[async_trait]
impl Server for UpperCase {
    fn name(&self) -> &str {
        "upper-case"
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let raised = from_fn(async |mut env: Environment, next: Next| {
            let method = env.request().method().as_str().to_uppercase();
            env.request_mut().set_method(method.parse().map_err(|_| Error::server("no method"))?);
            next.run(env).await
        });
        Box::new(NowinServer::new()).start(app.with(raised).boxed(), properties).await
    }
}

/// A server that does not start.
struct Unable;

#[async_trait]
impl Server for Unable {
    fn name(&self) -> &str {
        "unable"
    }

    async fn start(self: Box<Self>, _: BoxApp, _: Properties) -> Result<Box<dyn Running>, Error> {
        Err(Error::server("it cannot be bound").with_source(Error::server("the port is taken")))
    }
}

#[test]
fn a_server_is_looked_at_once_for_all_its_checks() {
    let (listener, connector) = transport::memory();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let subject = || {
        let server = NowinServer::new().with_listener(listener);
        Subject::of(server).connecting_by(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let connector = connector.clone();
            async move { connector.connect().await }
        })
    };
    let server = Shared::new();
    assert!(server.tried("RQ-01", subject).is_ok());
    let with_a_look = connections.swap(0, Ordering::SeqCst);
    for _ in 0..2 {
        assert!(server.tried("RQ-01", || Unable.into()).is_ok(), "it has started");
        let without = connections.swap(0, Ordering::SeqCst);
        assert!((1..with_a_look).contains(&without), "{without} of {with_a_look}");
    }
}

#[test]
fn a_check_that_fails_says_what_was_seen_and_who_forbids_it() {
    let server = Shared::new();
    let failed = server.tried("method", || UpperCase.into()).unwrap_err();
    let text = format!("{failed:?}");
    assert!(text.starts_with("\nfail RQ-01 method (MUST)\n"), "{text}");
    for part in ["seen: the method \"get\" came to the app as \"GET\"", "OWIN 1.0 §3.2.1", "> get "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
    assert!(server.tried("query", || UpperCase.into()).is_ok(), "the others hold");
}

#[test]
fn a_deviation_that_is_known_fails_no_test_and_one_that_is_gone_does() {
    let known = "RQ-01 fail the methods are those of long ago\nRQ-02 fail it was so once\n";
    let subject = || Subject::of(UpperCase).with_known(known);
    let server = Shared::new();
    assert!(server.tried("RQ-01", subject).is_ok());
    let failed = server.tried("RQ-02", subject).unwrap_err().to_string();
    assert!(failed.starts_with("pass RQ-02 query (MUST), but fail was expected"), "{failed}");

    let subject = Subject::of(UpperCase).with_known("RQ-99 fail nobody knows it\n");
    let error = tried(subject, &Plan::new()).unwrap_err();
    assert_eq!(error.to_string(), "line 1: there is no check \"RQ-99\"");
}

#[test]
fn a_check_that_varies_fails_no_test_whatever_it_comes_to() {
    let known = "RQ-01 varies by the moon\nRQ-02 varies by the moon\n";
    let plan = Plan::new().with_only(["RQ-01", "RQ-02"]).unwrap();
    let report = tried(Subject::of(UpperCase).with_known(known), &plan).unwrap();
    let verdicts: Vec<_> = report.outcomes.iter().map(|outcome| outcome.verdict).collect();
    assert_eq!((verdicts, report.exit_code()), (vec![Verdict::Fail, Verdict::Pass], 0));
    let server = Shared::new();
    for id in ["RQ-01", "RQ-02"] {
        assert!(server.tried(id, || Subject::of(UpperCase).with_known(known)).is_ok(), "{id}");
    }
}

#[test]
fn a_server_that_does_not_start_fails_every_test_with_the_reason() {
    let server = Shared::new();
    for id in ["RQ-01", "RQ-02"] {
        let failed = server.tried(id, || Unable.into()).unwrap_err();
        assert_eq!(failed.to_string(), "no server: it cannot be bound: the port is taken");
    }
}

#[tokio::test]
async fn a_server_can_be_tried_where_futures_run_and_is_stopped_then() {
    let plan = Plan::new().with_only(["RQ-01", "RQ-02"]).unwrap();
    let report = tried(UpperCase, &plan).unwrap();
    let verdicts: Vec<_> = report.outcomes.iter().map(|outcome| outcome.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Pass]);
    let address = report.target.strip_prefix("http://").unwrap();
    assert!(std::net::TcpStream::connect(address).is_err(), "it still listens");
}
