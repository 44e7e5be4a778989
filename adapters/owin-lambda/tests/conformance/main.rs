//! What every server must do, a test for each check of the suite, behind a gateway that hides nothing
//! but what its form of events has no place for. Of that another form carries all but Lambda's own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the double is made for tests"
)]

#[path = "../support/double.rs"]
mod double;
mod forms;
mod gateway;
#[path = "../../../owin-fastcgi/tests/conformance/http.rs"]
mod http;

use std::time::Duration;

use owin_conformance::check::{self, Check, Profile};
use owin_conformance::in_process::tried;
use owin_conformance::report::console;
use owin_conformance::run::Plan;
use owin_core::{Properties, server};
use owin_lambda::LambdaServer;

use self::forms::HttpApi;

/// The program that the gateways start; on its own it is no test.
#[test]
fn program() {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(1).enable_all().build().unwrap().block_on(serve());
    }
}

/// Serves until the double has gone.
async fn serve() {
    let server = LambdaServer::new().with_margin(gateway::MARGIN);
    let app = owin_conformance::probe::app();
    let started = server::start(Box::new(server), Properties::new(), |_| Ok(app)).await;
    let mut running = started.unwrap();
    running.stopped().await;
    let _out_of_reach = running.stop(Duration::ZERO).await;
}

/// An Application Load Balancer whose target group has fields of several values.
mod load_balancer {
    use crate::forms::LoadBalancer;

    owin_conformance::server_tests!(
        required: crate::gateway::subject(LoadBalancer, include_str!("load_balancer.expect"))
    );
}

/// These wait for what Lambda never does, as they have done behind the load balancer.
const OF_LAMBDA: [&str; 2] = ["RQ-17", "RQ-32"];

/// An HTTP API, whose events have payload format 2.0, as those of function URLs.
#[test]
fn an_http_api_carries_what_a_load_balancer_loses() {
    let ids = check::all().filter(|check| check.profile() == Profile::Required).map(Check::id);
    let plan = Plan::new().with_only(ids.filter(|id| !OF_LAMBDA.contains(id))).unwrap();
    let subject = gateway::subject(HttpApi, include_str!("http_api.expect"));
    let report = tried(subject, &plan).unwrap();
    assert_eq!(report.exit_code(), 0, "{}", console(&report));
}
