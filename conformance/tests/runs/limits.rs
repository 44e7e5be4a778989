//! The reference server keeps the limits that it tells, when they are short enough to be tried.

use std::time::Duration;

use nowin_like_server::{Limits, NowinServer};
use owin_conformance::check::{self, Profile};
use owin_conformance::run::{Conclusion, Plan, Verdict, run};
use owin_conformance::{probe, report};
use owin_core::{Properties, server};

const TIME: Duration = Duration::from_millis(800);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_server_keeps_the_limits_that_it_tells() {
    let mut limits = Limits::edge();
    (limits.head_time, limits.body_silence, limits.idle) = (TIME, TIME, TIME);
    limits.body_bytes = Some(100_000);
    let mut told = probe::Limits::default();
    (told.head_time, told.body_time, told.idle_time) = (Some(TIME), Some(TIME), Some(TIME));
    told.body_bytes = limits.body_bytes;
    told.head_bytes = u64::try_from(limits.head_bytes).ok();

    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let server = Box::new(NowinServer::new().with_limits(limits).unwrap());
    let app = probe::app_with(told);
    let running = server::start(server, properties, |_| Ok(app)).await.unwrap();
    let target = running.addresses().first().unwrap().to_string().parse().unwrap();
    let plan = Plan::new().with_profiles([Profile::Limits]);
    let made = tokio::task::spawn_blocking(move || run(&target, &plan, &|_| {}));
    let made = made.await.unwrap();
    running.stop(Duration::from_secs(5)).await.unwrap();

    assert_eq!(made.conclusion(Profile::Limits), Some(Conclusion::Conforms));
    let of_limits = check::all().filter(|check| check.profile() == Profile::Limits).count();
    let passed = made.outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Pass).count();
    assert_eq!(passed, of_limits, "{}", report::console(&made));
}
