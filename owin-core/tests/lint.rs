//! For each rule of the lint something that breaks it, and that rule alone; and apps that break none.

#[path = "lint/apps.rs"]
mod apps;
#[path = "lint/catalogue.rs"]
mod catalogue;
#[path = "lint/files.rs"]
mod files;
#[path = "lint/good.rs"]
mod good;
#[path = "lint/middlewares.rs"]
mod middlewares;
#[path = "lint/outcome.rs"]
mod outcome;
#[path = "lint/servers.rs"]
mod servers;
#[path = "lint/servers_connection.rs"]
mod servers_connection;
#[path = "lint/upgrades.rs"]
mod upgrades;
#[path = "lint/websockets.rs"]
mod websockets;

use std::collections::BTreeSet;

use owin_core::lint::{self, NOT_JUDGED, Violations};
use owin_core::testing::{TestHost, TestRequest};
use owin_core::{App, AppExt, Environment, Error, Lint};

/// Declares broken cases: each becomes a test that exactly that rule is recorded, and an entry in
/// the list of rules that have one.
macro_rules! breaks {
    ($( $id:literal $claim:ident => $case:expr; )+) => {
        pub(crate) const BROKEN: &[&str] = &[$( $id, )+];

        $(
            #[tokio::test]
            async fn $claim() {
                let seen: Vec<&str> = $case.await;
                assert_eq!(seen, [$id]);
            }
        )+
    };
}
use breaks;

/// Answers every call in the simplest way.
async fn hello(mut env: Environment) -> Result<Environment, Error> {
    env.response_mut().set_body("hello");
    Ok(env)
}

/// Sends one request through a recording lint and returns what it has recorded at the end.
async fn recorded(
    app: impl App,
    request: impl FnOnce(&TestHost) -> TestRequest,
) -> Vec<&'static str> {
    let (lint, violations) = Lint::recording();
    let host = TestHost::new(app.with(lint));
    finish(request(&host)).await;
    violations.ids()
}

/// What a lint records of an app that gets a plain `GET`.
async fn of_app(app: impl App) -> Vec<&'static str> {
    recorded(app, |host| host.get("/")).await
}

/// What a lint records of a server that fills the environment in that way.
async fn of_server(fill: impl FnOnce(&mut Environment) -> Result<(), Error>) -> Vec<&'static str> {
    recorded(hello, |host| host.get("/").with(fill)).await
}

/// Reads the response to its end, whatever becomes of it.
async fn finish(request: TestRequest) {
    if let Ok(mut response) = request.send().await {
        let _failed = response.bytes().await;
    }
}

/// A lint around a host, to be asked more than once.
fn recording_host(app: impl App) -> (TestHost, Violations) {
    let (lint, violations) = Lint::recording();
    (TestHost::new(app.with(lint)), violations)
}

#[test]
fn every_rule_has_a_case_that_breaks_it_alone() {
    let broken = [
        apps::BROKEN,
        files::BROKEN,
        middlewares::BROKEN,
        servers::BROKEN,
        servers_connection::BROKEN,
        upgrades::BROKEN,
        websockets::BROKEN,
    ];
    let broken: BTreeSet<&str> = broken.into_iter().flatten().copied().collect();
    let rules: BTreeSet<&str> = lint::rules().map(lint::Rule::id).collect();
    assert_eq!(broken, rules);
}

#[test]
fn every_rule_is_declared_once_and_tells_what_to_do() {
    let ids: Vec<&str> = lint::rules().map(lint::Rule::id).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    for rule in lint::rules() {
        let texts = [rule.title(), rule.source(), rule.remedy()];
        assert!(texts.iter().all(|text| !text.is_empty() && !text.ends_with('.')), "{rule:?}");
        let known = rule.key().is_none_or(|key| owin_core::keys::info(key).is_some());
        assert!(known, "{rule:?} is about a key that the contract does not know");
    }
}

#[test]
fn rules_and_reasons_together_cover_the_catalogue() {
    let judged: BTreeSet<&str> = lint::rules().map(lint::Rule::id).collect();
    let left: BTreeSet<&str> = NOT_JUDGED.iter().map(|(id, _)| *id).collect();
    assert_eq!(left.len(), NOT_JUDGED.len(), "an id stands twice");
    assert!(judged.is_disjoint(&left), "{:?}", judged.intersection(&left));
    let mut covered: BTreeSet<&str> = judged.union(&left).copied().collect();
    for beyond in catalogue::BEYOND {
        assert!(covered.remove(beyond), "{beyond} is no rule");
        assert!(!left.contains(beyond), "{beyond} needs no reason");
    }
    let wanted: BTreeSet<&str> = catalogue::LINT_AND_PROBE.iter().copied().collect();
    assert_eq!(covered, wanted);
}

#[test]
fn every_reason_is_a_sentence() {
    for (id, reason) in NOT_JUDGED {
        assert!(reason.len() > 20 && !reason.ends_with('.'), "{id}: {reason}");
    }
}
