//! A service in which nothing is ours, and then one in which something is. By itself: whether there
//! is any such service is known to the whole process.

use std::convert::Infallible;

use http::{Request, Response};
use owin_core::testing::TestHost;
use owin_core::{AppExt as _, Environment, Error, RequestBody, Value, from_fn, middleware::Next};
use owin_tower::{app, service};
use tower::{ServiceExt as _, service_fn};

const TENANT: &str = "test.Tenant";

#[tokio::test]
async fn a_request_is_marked_once_there_is_something_that_looks_for_the_mark() {
    let tenant = || {
        from_fn(async |mut env: Environment, next: Next| -> Result<Environment, Error> {
            env.set_value(TENANT, Value::new("seven"))?;
            let env = next.run(env).await?;
            assert!(env.contains(TENANT), "the environment came back");
            Ok(env)
        })
    };
    let foreign = service_fn(async |request: Request<RequestBody>| {
        assert!(request.extensions().is_empty());
        Ok::<_, Infallible>(Response::new(format!("hello from {}", request.uri())))
    });
    let host = TestHost::new(app(foreign).with(tenant()));
    for target in ["/", "/there?x"] {
        let mut response = host.get(target).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), format!("hello from {target}"));
    }

    let ours = async |mut env: Environment| -> Result<Environment, Error> {
        let seen = env.value(TENANT).and_then(|value| value.as_str().map(str::to_owned));
        env.response_mut().set_body(seen.unwrap_or_default());
        Ok(env)
    };
    let within = service(ours.boxed()).map_request(|request: Request<RequestBody>| {
        assert!(owin_tower::is_within(request.extensions()));
        request
    });
    let host = TestHost::new(app(within).with(tenant()));
    let mut response = host.get("/").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "seven");
}
