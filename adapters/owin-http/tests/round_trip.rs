//! What goes into an environment comes out of it.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use owin_core::Environment;
use owin_http::{ReasonPhrase, put_request, put_response, take_request, take_response};
use proptest::prelude::*;

/// A body of those frames.
#[derive(Clone, Debug)]
struct Frames(std::collections::VecDeque<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Data(Vec<u8>),
    Trailers(Vec<(String, Vec<u8>)>),
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| {
            Ok(match piece {
                Piece::Data(data) => Frame::data(data.into()),
                Piece::Trailers(lines) => Frame::trailers(map(&lines)),
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

/// An extension.
#[derive(Clone, Debug, PartialEq)]
struct Mark(u32);

fn map(lines: &[(String, Vec<u8>)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
    }
    map
}

fn lines(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// The frames of a body; data that is empty counts for nothing.
fn drain<B: Body<Data = Bytes>>(body: B) -> Vec<Piece> {
    let mut body = Box::pin(body);
    let mut pieces = Vec::new();
    let cx = &mut Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(cx) {
        match frame.into_data() {
            Ok(data) => pieces.push(Piece::Data(data.to_vec())),
            Err(frame) => pieces.push(Piece::Trailers(lines(&frame.into_trailers().unwrap()))),
        }
    }
    pieces
}

fn fields() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let value =
        proptest::collection::vec(prop_oneof![Just(b'\t'), 0x20..0x7f_u8, 0x80..=0xff_u8], 0..12);
    proptest::collection::vec(("x-[a-d]", value), 0..8)
}

fn frames() -> impl Strategy<Value = Vec<Piece>> {
    let data = proptest::collection::vec(any::<u8>(), 1..20).prop_map(Piece::Data);
    let last = fields().prop_map(|fields| Piece::Trailers(lines(&map(&fields))));
    let last = proptest::option::of(last);
    (proptest::collection::vec(data, 0..4), last).prop_map(|(mut pieces, last)| {
        pieces.extend(last);
        pieces
    })
}

/// A target as a client sends it, and whether HTTP/2 names a host in it.
fn target() -> impl Strategy<Value = String> {
    let path = "(/([a-zA-Z0-9~:@!$&'()*+,;=_.-]|%[2-7][0-9a-fA-F]|%2[fF]|%[89a-fA-F][0-9a-fA-F]){0,6}){1,4}";
    let query = "(\\?([a-zA-Z0-9/?=&]|%[0-9a-f]{2}){0,8})?";
    (path, query).prop_map(|(path, query)| format!("{path}{query}"))
}

proptest! {
    #[test]
    fn a_request_comes_out_as_it_went_in(
        method in "[A-Z]{1,7}",
        is_http_2 in any::<bool>(),
        target in target(),
        fields in fields(),
        host in proptest::option::of("[a-zA-Z]{1,5}(:[0-9]{1,4})?"),
        mark in proptest::option::of(any::<u32>()),
        pieces in frames(),
    ) {
        prop_assume!(method != "CONNECT");
        let mut fields = fields;
        // HTTP/1.1 has a Host, HTTP/2 an authority, a Host, or both.
        if !is_http_2 || host.is_none() {
            fields.insert(0, ("host".into(), b"example.org".to_vec()));
        }
        let authority = host.as_deref().filter(|_| fields.first().is_none_or(|(name, _)| name != "host"));
        let uri = if is_http_2 {
            format!("https://{}{target}", authority.unwrap_or("Example.org"))
        } else {
            target
        };
        let mut request = Request::new(Frames(pieces.clone().into()));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = uri.parse().unwrap();
        *request.version_mut() = if is_http_2 { Version::HTTP_2 } else { Version::HTTP_11 };
        *request.headers_mut() = map(&fields);
        let lines_before = lines(request.headers());
        if let Some(mark) = mark {
            request.extensions_mut().insert(Mark(mark));
        }

        let mut env = Environment::new();
        put_request(&mut env, request).unwrap();
        prop_assert_eq!(env.request().headers().get_all("host").count(), 1);
        let again = take_request(&mut env);

        prop_assert_eq!(again.method().as_str(), method);
        prop_assert_eq!(again.uri().to_string(), uri);
        prop_assert_eq!(again.version() == Version::HTTP_2, is_http_2);
        prop_assert_eq!(lines(again.headers()), lines_before);
        prop_assert_eq!(again.extensions().get::<Mark>().map(|mark| mark.0), mark);
        prop_assert_eq!(drain(again.into_body()), pieces);
    }

    #[test]
    fn a_response_comes_out_as_it_went_in(
        status in 200_u16..600,
        fields in fields(),
        phrase in proptest::option::of("[ -~]{1,10}"),
        mark in proptest::option::of(any::<u32>()),
        pieces in frames(),
    ) {
        let mut response = Response::new(Frames(pieces.clone().into()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        *response.headers_mut() = map(&fields);
        let lines_before = lines(response.headers());
        if let Some(mark) = mark {
            response.extensions_mut().insert(Mark(mark));
        }
        if let Some(phrase) = &phrase {
            response.extensions_mut().insert(phrase.parse::<ReasonPhrase>().unwrap());
        }

        let mut env = Environment::new();
        put_response(&mut env, response).unwrap();
        let again = take_response(&mut env);

        prop_assert_eq!(again.status().as_u16(), status);
        prop_assert_eq!(lines(again.headers()), lines_before);
        prop_assert_eq!(again.extensions().get::<Mark>().map(|mark| mark.0), mark);
        let seen = again.extensions().get::<ReasonPhrase>().map(|phrase| phrase.as_str().to_owned());
        prop_assert_eq!(seen, phrase);
        prop_assert_eq!(drain(again.into_body()), pieces);
    }

    #[test]
    fn a_mount_is_cut_off_what_was_sent(rest in target()) {
        let mut env = Environment::new();
        let sent = format!("/sh%6Fp{rest}");
        env.request_mut().set_target(&sent).unwrap();
        env.request_mut().headers_mut().set("host", "h").unwrap();
        let path = env.request().path().to_owned();
        if let Some(("/shop", below)) = owin_core::path::split_base(&path, "/shop") {
            env.request_mut().set_path_base("/shop");
            env.request_mut().set_path(below);
            let request = take_request(&mut env);
            let mut again = Environment::new();
            again.request_mut().set_target(&request.uri().to_string()).unwrap();
            prop_assert_eq!(again.request().path(), below);
            // Dot segments may reach over the end of the base: then the path is encoded anew.
            if !sent.contains("/.") && !sent.contains("%2e") && !sent.contains("%2E") {
                prop_assert_eq!(request.uri().to_string(), rest);
            }
            put_request(&mut env, request).unwrap();
            prop_assert_eq!(env.request().path_base(), "/shop");
            prop_assert_eq!(env.request().path(), below);
        }
    }

    #[test]
    fn a_path_that_a_middleware_wrote_is_encoded(path in "/[ -~é]{0,12}", query in "[ -~é]{0,9}") {
        let mut env = Environment::new();
        env.request_mut().set_target("/sent?q").unwrap();
        env.request_mut().headers_mut().set("host", "h").unwrap();
        env.request_mut().set_path(&path);
        env.request_mut().set_query_string(&query);
        let request = take_request(&mut env);
        // The seen path of a dot segment is another one.
        if !path.contains("/.") {
            prop_assert_eq!(owin_core::path::decode(request.uri().path()).unwrap(), path);
        }
        prop_assert_eq!(request.uri().query().is_some(), !query.is_empty());
    }
}

#[test]
fn the_four_forms_come_out_as_they_went_in() {
    let cases = [
        (Method::OPTIONS, "*", Version::HTTP_11),
        (Method::CONNECT, "h:443", Version::HTTP_11),
        (Method::CONNECT, "h:443", Version::HTTP_2),
        (Method::GET, "http://h:443/a%2fb?", Version::HTTP_11),
        (Method::GET, "//h:443/a", Version::HTTP_11),
    ];
    for (method, target, version) in cases {
        let mut request = Request::new(String::new());
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().unwrap();
        *request.version_mut() = version;
        request.headers_mut().insert("host", HeaderValue::from_static("h:443"));
        let mut env = Environment::new();
        put_request(&mut env, request).unwrap();
        assert_eq!(take_request(&mut env).uri().to_string(), target);
    }
}

/// A middleware may set a path that looks as the target did, and means another one.
#[test]
fn a_path_that_was_set_is_encoded_though_it_looks_as_what_was_sent() {
    for (sent, uri) in [("/a%41", "/a%2541"), ("/a?", "/a%3F"), ("/a", "/a")] {
        let mut env = Environment::new();
        env.request_mut().set_target(sent).unwrap();
        env.request_mut().set_path(sent);
        assert_eq!(take_request(&mut env).uri(), uri);
    }
}
