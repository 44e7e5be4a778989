//! The reference server passes every profile, with no expectation.

#![expect(clippy::unwrap_used, reason = "a test that cannot start a server stops")]

use std::time::Duration;

use nowin_like_server::NowinServer;
use owin_conformance::check::Profile;
use owin_conformance::run::{Conclusion, Plan, Report, Target, run};
use owin_conformance::{probe, report};
use owin_core::{AppExt, BoxApp, Environment, Error, Properties, Running, server};

async fn started(app: BoxApp, path: &str) -> (Box<dyn Running>, Target) {
    let mut properties = Properties::new();
    properties.listen_on(format!("http://127.0.0.1:0{path}").parse().unwrap());
    let server = Box::new(NowinServer::new());
    let running = server::start(server, properties, |_| Ok(app)).await.unwrap();
    let url = running.addresses().first().unwrap().to_string();
    let target = url.parse().unwrap();
    (running, target)
}

/// What is tried with the probe; the tests beside this one try the limits, which take longer.
fn but_limits() -> Plan {
    Plan::new().with_profiles(Profile::all().into_iter().filter(|own| *own != Profile::Limits))
}

async fn tried(app: BoxApp, path: &str, plan: Plan) -> Report {
    let (running, target) = started(app, path).await;
    let made = tokio::task::spawn_blocking(move || run(&target, &plan, &|_| {}));
    let made = made.await.unwrap();
    running.stop(Duration::from_secs(5)).await.unwrap();
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_probe_it_passes_every_check() {
    let made = tried(probe::app(), "", but_limits()).await;
    assert!(made.has_probe && made.exit_code() == 0, "{}", report::console(&made));
    // DF-44
    let claimed = [Profile::Required, Profile::Http1, Profile::Smuggling, Profile::WebSocket];
    for profile in claimed {
        assert_eq!(made.conclusion(profile), Some(Conclusion::Conforms), "{profile}");
    }
    let bad: Vec<_> = made.outcomes.iter().filter(|outcome| outcome.verdict.is_bad()).collect();
    assert!(bad.is_empty(), "{}", report::console(&made));
    assert!(made.took < Duration::from_secs(15), "{:?}", made.took);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn below_a_path_it_passes_them_too() {
    let made = tried(probe::app(), "/shop", but_limits()).await;
    assert!(made.has_probe && made.exit_code() == 0, "{}", report::console(&made));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_probe_it_passes_the_profiles_of_the_wire() {
    let plain = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_body("hello\n");
        Ok(env)
    };
    let made = tried(plain.boxed(), "", Plan::new()).await;
    assert!(!made.has_probe && made.exit_code() == 0, "{}", report::console(&made));
    assert_eq!(made.conclusion(Profile::Required), None);
    for profile in [Profile::Http1, Profile::Smuggling, Profile::Limits] {
        assert_eq!(made.conclusion(profile), Some(Conclusion::Conforms), "{profile}");
    }
}
