//! Middlewares, tried: those that come with the contract pass, and for every check there is one that
//! is broken in just that way, which only that check sees.

#![expect(clippy::unwrap_used, reason = "a test whose tools fail stops")]

mod bodies;
mod mutants;
mod sinks;

use owin_conformance::check::{self, Party, Profile};
use owin_conformance::middleware::{Subject, check, tried};
use owin_conformance::report;
use owin_conformance::run::{Conclusion, Plan, Report, Verdict, run};
use owin_core::middleware::{Identity, Map, Middleware, Next};
use owin_core::{AppBuilder, BoxApp, Environment, Lint, NotFound, Properties, from_fn};

/// A test of each check, of a middleware made of a closure.
mod of_a_closure {
    use owin_core::{Environment, from_fn, middleware::Next};

    owin_conformance::middleware_tests!(|| {
        from_fn(async |env: Environment, next: Next| next.run(env).await)
    });
}

fn conforms(name: &str, report: &Report) {
    let text = report::console(report);
    assert_eq!(
        report.conclusion(Profile::Middleware),
        Some(Conclusion::Conforms),
        "{name}: {text}"
    );
    let is_passed = report.outcomes.iter().all(|outcome| outcome.verdict == Verdict::Pass);
    assert!(is_passed && report.exit_code() == 0, "{name}: {text}");
}

/// Several of them, as a builder puts them together.
struct Several;

impl Middleware<BoxApp> for Several {
    type App = BoxApp;

    fn wrap(self, app: BoxApp) -> BoxApp {
        let properties = Properties::new();
        let builder = AppBuilder::new(&properties)
            .use_middleware(Lint::new())
            .use_fn(async |env: Environment, next: Next| next.run(env).await);
        BoxApp::new(builder.map("/elsewhere", NotFound).unwrap().run(app))
    }
}

#[test]
fn the_middlewares_of_the_contract_conform() {
    conforms("Identity", &check(|| Identity));
    conforms(
        "from_fn",
        &check(|| from_fn(async |env: Environment, next: Next| next.run(env).await)),
    );
    conforms("Map", &check(|| Map::new("/elsewhere", NotFound).unwrap()));
    conforms("Lint", &check(Lint::new));
    conforms("several", &check(|| Several));
}

#[test]
fn what_is_known_of_a_middleware_fails_nothing() {
    let collects = || {
        from_fn(async |mut env: Environment, next: Next| {
            let outlet = env.response_mut().replace_outlet(owin_core::ResponseBody::capture());
            let mut env = next.run(env).await?;
            let captured = env.response_mut().replace_outlet(outlet).into_whole();
            env.response_mut().set_body(captured);
            Ok(env)
        })
    };
    let only = Plan::new().with_only(["MW-13", "MW-14"]).unwrap();
    let bare = tried(collects, &only).unwrap();
    assert!(report::console(&bare).contains("fail MW-14 flush (SHOULD)"), "{bare:?}");
    let known = "MW-14 fail it makes a tag of the whole page\n";
    let report = tried(Subject::of(collects).with_known(known), &only).unwrap();
    assert!(report::console(&report).contains("as known: it makes a tag"), "{report:?}");
    assert_eq!(report.exit_code(), 0);

    let wrong = Subject::of(collects).with_known("MW-99 fail nobody knows it\n");
    assert!(tried(wrong, &only).is_err());
}

#[test]
fn a_middleware_that_asks_for_a_field_gets_it() {
    let guards = || {
        from_fn(async |mut env: Environment, next: Next| {
            if env.request().headers().text("authorization") == Some("Basic YTpi") {
                return next.run(env).await;
            }
            env.response_mut().set_status(owin_core::http::StatusCode::UNAUTHORIZED)?;
            Ok(env)
        })
    };
    let report = check(guards);
    assert_eq!(report.exit_code(), 1, "{}", report::console(&report));
    let subject = Subject::of(guards).named("guards").with_field("authorization", "Basic YTpi");
    conforms("guards", &tried(subject, &Plan::new()).unwrap());
}

#[test]
fn a_middleware_that_blocks_or_panics_at_once_fails_and_holds_nobody_up() {
    let only = Plan::new().with_only(["MW-01"]).unwrap();
    let report =
        tried(|| -> Identity { std::panic::resume_unwind(Box::new("no")) }, &only).unwrap();
    assert_eq!(report.outcomes.first().unwrap().reason, "the middleware panics");

    let waits = || from_fn(async |_: Environment, _: Next| std::future::pending().await);
    let report = tried(waits, &only).unwrap();
    assert_eq!(report.outcomes.first().unwrap().verdict, Verdict::Fail, "{report:?}");
}

#[test]
fn no_check_of_a_middleware_is_made_of_a_server() {
    let own: Vec<_> = check::all().filter(|check| check.party() == Party::Middleware).collect();
    assert!(own.iter().all(|check| check.profile() == Profile::Middleware));
    let target = "http://127.0.0.1:1".parse().unwrap();
    let report = run(&target, &Plan::new().without_looking(), &|_| {});
    assert!(report.outcomes.iter().all(|outcome| outcome.check.party() == Party::Server));
}
