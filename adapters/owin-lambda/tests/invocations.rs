//! Lambda's runtime client in our server, against a double of the Runtime API.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests, and a program that tells how it ended"
)]

mod support;

use std::time::Duration;

use serde_json::json;

use self::support::{Double, events, program as child};

/// The program that the other tests start; on its own it is no test.
#[test]
fn program() {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(1).enable_all().build().unwrap().block_on(child::run());
    }
}

#[tokio::test]
async fn an_http_api_is_served() {
    let mut double = Double::start().await;
    let mut event = events::http("GET", "/a%2Fb/caf\u{e9} x");
    event["rawQueryString"] = json!("a=1&a=2&b=%26+c");
    event["cookies"] = json!(["s=1", "t=2"]);
    event["headers"]["accept"] = json!("a,b");
    let facts = double.ask(event).await.facts();
    assert_eq!(facts["path"], "/a%2Fb/caf\u{e9} x");
    assert_eq!(facts["query"], "a=1&a=2&b=%26+c");
    assert_eq!((&facts["method"], &facts["scheme"]), (&json!("GET"), &json!("https")));
    assert_eq!((&facts["cookie"], &facts["accept"]), (&json!("s=1; t=2"), &json!("a,b")));
    assert_eq!((&facts["base"], &facts["remote"]), (&json!(""), &json!("192.0.2.7")));
    assert_eq!(facts["host"], "id.execute-api.us-east-1.amazonaws.com");
    assert_eq!((&facts["id"], &facts["gateway"]), (&json!("invocation-1"), &json!("gateway-id")));
    assert_eq!((&facts["function"], &facts["protocol"]), (&json!("tried"), &json!("HTTP/1.1")));
    assert_eq!(facts["absent"], json!([true, true, true, true, true]));
}

#[tokio::test]
async fn a_rest_api_is_served() {
    let mut double = Double::start().await;
    let mut event = events::rest("GET", "/orders/7");
    event["queryStringParameters"] = json!({"n": "2", "t": "a&b c"});
    event["multiValueQueryStringParameters"] = json!({"n": ["1", "2"], "t": ["a&b c"]});
    event["multiValueHeaders"]["Accept"] = json!(["a", "b"]);
    let facts = double.ask(event).await.facts();
    assert_eq!((&facts["base"], &facts["path"]), (&json!("/prod"), &json!("/orders/7")));
    assert_eq!(facts["query"], "n=1&n=2&t=a%26b%20c");
    assert_eq!((&facts["accept"], &facts["remote"]), (&json!("a | b"), &json!("2001:db8::7")));
    // Behind a domain of one's own the two paths are the same.
    let mut event = events::rest("GET", "/v1/orders");
    event["requestContext"]["path"] = json!("/v1/orders");
    let facts = double.ask(event).await.facts();
    assert_eq!((&facts["base"], &facts["path"]), (&json!(""), &json!("/v1/orders")));
}

#[tokio::test]
async fn a_stage_in_front_of_the_path_is_the_path_base() {
    let mut double = Double::start().await;
    let mut event = events::http("GET", "/prod/orders");
    event["requestContext"]["stage"] = json!("prod");
    let facts = double.ask(event.clone()).await.facts();
    assert_eq!((&facts["base"], &facts["path"]), (&json!("/prod"), &json!("/orders")));
    event["requestContext"]["domainName"] = json!("shop.example.org");
    let facts = double.ask(event).await.facts();
    assert_eq!((&facts["base"], &facts["path"]), (&json!(""), &json!("/prod/orders")));
}

#[tokio::test]
async fn a_function_url_is_served() {
    let mut double = Double::start().await;
    let facts = double.ask(events::function_url("PUT", "/%C3%A9//x")).await.facts();
    assert_eq!((&facts["method"], &facts["path"]), (&json!("PUT"), &json!("/\u{e9}//x")));
    assert_eq!(facts["host"], "id.lambda-url.us-east-1.on.aws");
}

#[tokio::test]
async fn a_load_balancer_is_served() {
    let mut double = Double::start().await;
    let mut event = events::balancer("GET", "/x");
    event["queryStringParameters"] = json!({"t": "a%26b+c"});
    let posted = double.ask(event).await;
    assert_eq!(posted.body["statusDescription"], "200 OK");
    let facts = posted.facts();
    assert_eq!((&facts["query"], &facts["scheme"]), (&json!("t=a%26b+c"), &json!("http")));
    assert_eq!((&facts["host"], &facts["remote"]), (&json!("lb.example.org"), &json!(null)));
}

#[tokio::test]
async fn a_load_balancer_that_knows_several_values_gets_them() {
    let mut double = Double::start().await;
    let mut event = events::balancer("GET", "/cookies");
    event["headers"] = json!(null);
    event["multiValueHeaders"] = json!({"host": ["lb.example.org"]});
    let body = double.ask(event.clone()).await.body;
    assert_eq!(body["multiValueHeaders"]["set-cookie"], json!(["a=1", "b=2"]));
    event["path"] = json!("/");
    event["multiValueHeaders"]["x-forwarded-proto"] = json!(["https"]);
    event["multiValueQueryStringParameters"] = json!({"a": ["1", "%2F"]});
    let facts = double.ask(event).await.facts();
    assert_eq!((&facts["scheme"], &facts["query"]), (&json!("https"), &json!("a=1&a=%2F")));
}

#[tokio::test]
async fn bodies_are_the_same_bytes_on_both_ways() {
    let mut double = Double::start().await;
    let mut event = events::http("POST", "/body");
    event["body"] = json!("AP8BgA==");
    event["isBase64Encoded"] = json!(true);
    let posted = double.ask(event).await;
    assert_eq!((posted.status(), &posted.body["body"]), (200, &json!("AP8BgA==")));
    assert_eq!(posted.body["isBase64Encoded"], true);
    let mut event = events::rest("POST", "/body");
    event["body"] = json!("caf\u{e9}");
    event["multiValueHeaders"]["Content-Length"] = json!(["999"]);
    assert_eq!(double.ask(event).await.text(), "caf\u{e9}");
    let mut event = events::http("POST", "/facts");
    event["body"] = json!("12345");
    assert_eq!(double.ask(event).await.facts()["length"], "5");
}

#[tokio::test]
async fn no_bytes_follow_a_head_that_has_no_body() {
    let mut double = Double::start().await;
    let posted = double.ask(events::http("HEAD", "/wherever")).await;
    assert_eq!((posted.status(), posted.text()), (200, ""));
    let length = posted.body["headers"]["content-length"].as_str().unwrap();
    assert!(length.parse::<u64>().unwrap() > 100, "that of the answer to GET");
    for status in [204, 304] {
        let posted = double.ask(events::http("GET", &format!("/{status}"))).await;
        assert_eq!((posted.status(), posted.text()), (status, ""));
    }
}

#[tokio::test]
async fn fields_with_several_values_arrive_in_each_form() {
    let mut double = Double::start().await;
    let body = double.ask(events::http("GET", "/cookies")).await.body;
    assert_eq!(
        (&body["cookies"], &body["headers"]["vary"]),
        (&json!(["a=1", "b=2"]), &json!("x, y"))
    );
    assert_eq!(body["headers"].get("set-cookie"), None);
    let body = double.ask(events::rest("GET", "/cookies")).await.body;
    assert_eq!(body["multiValueHeaders"]["set-cookie"], json!(["a=1", "b=2"]));
    assert_eq!(body["multiValueHeaders"]["vary"], json!(["x", "y"]));
    assert_eq!(body.get("headers"), None);
    let body = double.ask(events::balancer("GET", "/cookies")).await.body;
    let fields = body["headers"].as_object().unwrap();
    let cookies = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let mut cookies: Vec<_> = cookies.map(|(_, value)| value.as_str().unwrap()).collect();
    cookies.sort_unstable();
    assert_eq!(cookies, ["a=1", "b=2"]);
}

#[tokio::test]
async fn a_failing_app_gives_500_without_its_fields_and_the_next_call_is_made() {
    let mut double = Double::start().await;
    for path in ["/fail", "/panic", "/large"] {
        let posted = double.ask(events::http("GET", path)).await;
        assert_eq!((posted.status(), posted.text()), (500, ""), "{path}");
        assert_eq!(posted.body["headers"].get("x-secret"), None, "{path}");
        assert_eq!(double.ask(events::http("GET", "/")).await.status(), 200, "after {path}");
    }
}

#[tokio::test]
async fn what_the_contract_has_no_place_for_is_refused() {
    let mut double = Double::start().await;
    let with = |change: fn(&mut serde_json::Value)| {
        let mut event = events::http("GET", "/");
        change(&mut event);
        event
    };
    let refused = [
        (with(|event| event["headers"]["host"] = json!("a b")), 400),
        (with(|event| event["headers"]["x"] = json!("a\r\nb")), 400),
        (with(|event| event["headers"]["x y"] = json!("a")), 400),
        (with(|event| event["rawPath"] = json!("http://elsewhere/")), 400),
        (with(|event| event["rawPath"] = json!("/%00")), 400),
        (with(|event| event["requestContext"]["http"]["method"] = json!("G T")), 400),
        (with(|event| event["requestContext"]["http"]["method"] = json!("CONNECT")), 501),
        (with(|event| (event["body"], event["isBase64Encoded"]) = (json!("*"), json!(true))), 400),
    ];
    for (event, status) in refused {
        assert_eq!(double.ask(event.clone()).await.status(), status, "{event}");
    }
    assert_eq!(double.ask(events::http("GET", "/")).await.status(), 200);
}

#[tokio::test]
async fn an_event_that_is_no_request_is_an_error_and_the_next_call_is_made() {
    let mut double = Double::start().await;
    for event in [json!({}), json!({"Records": []}), json!([1]), json!({"headers": 7})] {
        let posted = double.ask(event.clone()).await;
        assert_eq!(posted.kind, "error", "{event}");
    }
    assert_eq!(double.ask(events::http("GET", "/")).await.status(), 200);
}

#[tokio::test]
async fn the_token_fires_before_the_deadline_and_the_app_may_still_answer() {
    let mut double = Double::start().await;
    let posted = double.ask_within(events::http("GET", "/wait"), Duration::from_secs(2)).await;
    assert_eq!((posted.status(), posted.text()), (200, "Shutdown"));
}

#[tokio::test]
async fn an_app_that_does_not_answer_in_time_is_answered_for() {
    let mut double = Double::start().await;
    let posted = double.ask_within(events::http("GET", "/never"), Duration::from_secs(2)).await;
    assert_eq!(posted.status(), 503);
    assert_eq!(double.ask(events::http("GET", "/")).await.status(), 200);
}

#[tokio::test]
async fn a_stop_lets_the_call_finish_and_takes_no_other() {
    let mut double = Double::start().await;
    assert_eq!(double.ask(events::http("GET", "/stop")).await.text(), "bye");
    let (is_success, output) = double.output().await;
    assert!(is_success && output.contains("stopped: cleanly"), "{output}");
}

#[tokio::test]
async fn a_stop_cancels_at_its_deadline_and_says_so() {
    let mut double = Double::start().await;
    assert_eq!(double.ask(events::http("GET", "/stop-and-wait")).await.text(), "late");
    let (is_success, output) = double.output().await;
    assert!(is_success && output.contains("stopped: 1 call had to be cut off"), "{output}");
}

#[tokio::test]
async fn a_runtime_api_that_is_gone_stops_the_server_with_an_error() {
    let mut double = Double::start().await;
    assert_eq!(double.ask(events::http("GET", "/")).await.status(), 200);
    double.close();
    let (_, output) = double.output().await;
    assert!(output.contains("it stopped by itself"), "{output}");
    assert!(output.contains("stopped: the Runtime API is out of reach"), "{output}");
}
