//! What a request on a warm connection allocates: counted, not guessed.
#![expect(clippy::panic, reason = "a helper of tests may stop the test")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderValue};
use http::{Request, Uri};
use http_body::Body as _;
use http_body_util::Empty;
use owin_core::features::ConnectionInfo;
use owin_core::{AppExt, Environment, Error};
use owin_http::Calls;

/// Serves a request as a server does that keeps the memory of the fields, and returns it.
fn serve(calls: &Calls, uri: &Uri, mut headers: HeaderMap) -> HeaderMap {
    headers.clear();
    headers.insert(HOST, HeaderValue::from_static("h"));
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(response) = pin!(calls.respond(request)).poll(cx) else {
        panic!("the app does not wait");
    };
    let (head, body) = response.into_parts();
    assert!(matches!(pin!(body).poll_frame(cx), Poll::Ready(Some(Ok(_)))));
    head.headers
}

#[test]
fn a_request_on_a_warm_connection_allocates_nothing() {
    let app = (async |mut env: Environment| -> Result<Environment, Error> {
        let mut response = env.response_mut();
        response.headers_mut()?.set("content-type", HeaderValue::from_static("text/plain"))?;
        response.set_body("Hello");
        Ok(env)
    })
    .boxed();
    let calls = Calls::new(&app, ConnectionInfo::new());
    let uri = Uri::from_static("/greeting?name=you");
    let mut headers = HeaderMap::new();
    for _warm_up in 0..3 {
        headers = serve(&calls, &uri, headers);
    }
    let counted = measure(|| headers = serve(&calls, &uri, std::mem::take(&mut headers)));
    assert_eq!(counted.count_total, 0);
    assert_eq!(headers.len(), 2);
}
