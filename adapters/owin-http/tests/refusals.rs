//! What the contract has no place for, and what it has.
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

use http::header::HOST;
use http::{Method, Request, Version};
use owin_core::features::ConnectionInfo;
use owin_core::{Environment, ErrorKind, keys};
use owin_http::{REQUEST_URI, put_request};

/// The status of the refusal, or the environment.
fn put(request: http::request::Builder) -> Result<Environment, u16> {
    put_on(Environment::new(), request)
}

fn put_on(mut env: Environment, request: http::request::Builder) -> Result<Environment, u16> {
    let put = put_request(&mut env, request.body(String::new()).expect("a request"));
    put.map(|()| env).map_err(|error| {
        assert_eq!(error.kind(), ErrorKind::Peer);
        error.status().as_u16()
    })
}

fn get(uri: &str, version: Version) -> http::request::Builder {
    Request::get(uri).version(version)
}

#[test]
fn http_11_has_exactly_one_legal_host() {
    let of = |hosts: &[&str]| {
        let request = get("/", Version::HTTP_11);
        put(hosts.iter().fold(request, |request, host| request.header(HOST, *host))).map(drop)
    };
    assert_eq!(of(&["h"]), Ok(()));
    assert_eq!(of(&[]), Err(400));
    assert_eq!(of(&["h", "h"]), Err(400));
    for illegal in ["", "a b", "u@h", "h:x"] {
        assert_eq!(of(&[illegal]), Err(400), "{illegal:?}");
    }
}

#[test]
fn http_10_gets_the_address_that_it_connected_to() {
    let local = "192.0.2.1:80".parse().expect("an address");
    let connection = ConnectionInfo::new().with_local(local);
    let env = put_on(Environment::on(connection.into()), get("/", Version::HTTP_10));
    assert_eq!(env.expect("it is legal").request().host(), "192.0.2.1:80");
}

#[test]
fn an_authority_becomes_the_host_and_says_so() {
    let env = put(get("https://h:8443/a?b", Version::HTTP_2)).expect("it is legal");
    assert_eq!(env.request().host(), "h:8443");
    assert_eq!(env.request().scheme(), "https");
    assert_eq!(env.request().raw_target(), Some("/a?b"));
    assert!(env.get(REQUEST_URI).is_some_and(|uri| uri.has_added_host()));
    let both = put(get("https://h/", Version::HTTP_2).header(HOST, "H")).expect("it is legal");
    assert!(both.get(REQUEST_URI).is_some_and(|uri| !uri.has_added_host()));
}

#[test]
fn the_host_of_an_absolute_target_takes_the_place_of_the_field() {
    for version in [Version::HTTP_10, Version::HTTP_11] {
        for (field, host) in [("i", "h:81"), ("H:81", "H:81")] {
            let env = put(get("http://h:81/", version).header(HOST, field)).expect("it is legal");
            assert_eq!(env.request().host(), host);
            assert_eq!(env.request().headers().get_all("host").count(), 1);
            assert!(env.get(REQUEST_URI).is_some_and(|uri| !uri.has_added_host()));
        }
    }
    let request = get("http://h/", Version::HTTP_11);
    assert_eq!(put(request.header(HOST, "a b")).map(drop), Err(400));
    assert_eq!(put(get("http://h/", Version::HTTP_11)).map(drop), Err(400));
}

#[test]
fn a_host_that_an_authority_contradicts_is_refused() {
    let over_2 = |field: &str| put(get("http://h/", Version::HTTP_2).header(HOST, field)).map(drop);
    assert_eq!(over_2("i"), Err(400));
    assert_eq!(over_2("H"), Ok(()));
    let tunnel = get("h:1", Version::HTTP_11).method(Method::CONNECT);
    assert_eq!(put(tunnel.header(HOST, "i:1")).map(drop), Err(400));
    assert_eq!(put(get("http://u@h/", Version::HTTP_2)).map(drop), Err(400));
    assert_eq!(put(get("/", Version::HTTP_2)).map(drop), Err(400));
}

#[test]
fn a_target_belongs_to_its_method() {
    let of = |method: Method, target: &str| {
        put(get(target, Version::HTTP_11).method(method).header(HOST, "h:1")).map(drop)
    };
    assert_eq!(of(Method::OPTIONS, "*"), Ok(()));
    assert_eq!(of(Method::GET, "*"), Err(400));
    assert_eq!(of(Method::CONNECT, "h:1"), Ok(()));
    assert_eq!(of(Method::GET, "h:1"), Err(400));
    assert_eq!(of(Method::CONNECT, "/"), Err(400));
    assert_eq!(of(Method::CONNECT, "http://h:1/"), Err(400));
    assert_eq!(of(Method::GET, "/a%00b"), Err(400));
    assert_eq!(of(Method::GET, "ftp://h:1/"), Err(400));
}

#[test]
fn nothing_is_kept_of_an_usual_request_but_its_parts() {
    let env = put(get("/a", Version::HTTP_11).header(HOST, "h")).expect("it is legal");
    assert!(env.iter().all(|(name, _)| keys::info(name).is_some()), "{env:?}");
}
