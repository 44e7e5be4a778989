//! An event into an environment.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use owin_core::address::is_host_and_port;
use owin_core::body::Whole;
use owin_core::bytes::Bytes;
use owin_core::http::{StatusCode, Version};
use owin_core::{Environment, Error, RequestBody, keys, path};

use crate::encode;
use crate::entries::{REQUEST_CONTEXT, STAGE_VARIABLES};
use crate::event::{Event, Gateway};

/// Fields that say how a message was framed that is in one piece now.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

/// Fills the environment of a call.
///
/// # Errors
///
/// With the status to answer, where the contract has no place for the request.
pub(crate) fn fill(env: &mut Environment, event: Event, gateway: Gateway) -> Result<(), Error> {
    let (target, base) = target(&event, gateway)?;
    let body = body(&event)?;
    let lines = lines(&event, gateway, body.as_ref());
    let lines = lines.iter().map(|(name, value)| (*name, &**value));
    env.request_mut().fill(method(&event)?, &target, protocol(&event), lines)?;
    if !is_host_and_port(env.request().host()) {
        return Err(Error::peer("the Host is not legal"));
    }
    // No gateway says the target as it was sent.
    env.remove(keys::SERVER_RAW_TARGET)?;
    mount(env, base.as_deref())?;
    env.request_mut().set_scheme(scheme(&event, gateway));
    if let Some(address) = client(&event) {
        env.set(keys::SERVER_REMOTE_IP_ADDRESS, address.to_string())?;
    }
    if let Some(body) = body.filter(|body| !body.is_empty()) {
        drop(env.request_mut().set_body(RequestBody::from(Whole::from(body))));
    }
    if event.stage_variables.is_object() {
        env.set(STAGE_VARIABLES, event.stage_variables)?;
    }
    env.set(REQUEST_CONTEXT, event.request_context).map(drop)
}

fn method(event: &Event) -> Result<&str, Error> {
    let method = event.said("/http/method").or(event.http_method.as_deref()).unwrap_or_default();
    if method == "CONNECT" {
        let status = StatusCode::NOT_IMPLEMENTED;
        return Err(Error::peer("CONNECT needs a connection").with_status(status));
    }
    Ok(method)
}

/// What the client spoke to the gateway, where the event says it.
fn protocol(event: &Event) -> Version {
    match event.said("/http/protocol").or_else(|| event.said("/protocol")) {
        Some("HTTP/1.0") => Version::HTTP_10,
        Some("HTTP/2" | "HTTP/2.0") => Version::HTTP_2,
        Some("HTTP/3" | "HTTP/3.0") => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

/// The target, and how much of its path is where the gateway has put the function.
fn target(event: &Event, gateway: Gateway) -> Result<(String, Option<String>), Error> {
    let (written, base) = match gateway {
        Gateway::Rest => below_stage(event),
        Gateway::Http => (event.raw_path.as_deref().unwrap_or_default().into(), stage(event)),
        Gateway::LoadBalancer | Gateway::LoadBalancerMulti => {
            (event.path.as_deref().unwrap_or_default().into(), None)
        }
    };
    let written = if written.is_empty() { "/" } else { &*written };
    let is_asterisk = written == "*" && method(event)? == "OPTIONS";
    if !written.starts_with('/') && !is_asterisk {
        return Err(Error::peer("the path does not start with a slash"));
    }
    let mut target = String::with_capacity(written.len());
    encode::path(written, &mut target);
    put_query(event, gateway, &mut target);
    Ok((target, base))
}

/// A REST API says its path without what the client wrote in front of it, and the whole path beside
/// it: the difference is the stage, or nothing behind a domain of one's own.
fn below_stage(event: &Event) -> (Cow<'_, str>, Option<String>) {
    let path = event.path.as_deref().filter(|path| !path.is_empty()).unwrap_or("/");
    let whole = event.said("/path").unwrap_or(path);
    let base = whole.strip_suffix(path).or_else(|| (path == "/").then_some(whole));
    if let Some(base) = base {
        let base = Some(base).filter(|base| base.len() > 1 && base.starts_with('/'));
        return (whole.into(), base.map(str::to_owned));
    }
    // One of them is decoded and the other is not.
    let stage = format!("/{}", event.said("/stage").unwrap_or_default());
    if stage.len() > 1 && path::split_base(whole, &stage).is_some() {
        return (format!("{stage}{path}").into(), Some(stage));
    }
    (path.into(), None)
}

/// An HTTP API says the whole path; the stage is in it where the client used the API's own domain,
/// unless it is the one without a name.
fn stage(event: &Event) -> Option<String> {
    let is_own = event.said("/domainName").is_some_and(|name| name.contains(".execute-api."));
    let stage = event.said("/stage").filter(|stage| is_own && *stage != "$default")?;
    Some(format!("/{stage}"))
}

fn put_query(event: &Event, gateway: Gateway, out: &mut String) {
    if gateway == Gateway::Http {
        let raw = event.raw_query_string.as_deref().unwrap_or_default();
        if !raw.is_empty() {
            out.push('?');
            encode::query(raw.as_bytes(), out);
        }
        return;
    }
    // A REST API has decoded the parameters, a load balancer has not.
    let put = if gateway == Gateway::Rest { encode::component } else { encode::query };
    for (at, (name, value)) in event.parameters().iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        put(name.as_bytes(), out);
        out.push('=');
        put(value, out);
    }
}

fn lines<'a>(
    event: &'a Event,
    gateway: Gateway,
    body: Option<&Bytes>,
) -> Vec<(&'a str, Cow<'a, [u8]>)> {
    let is = |name: &str, wanted: &str| name.eq_ignore_ascii_case(wanted);
    let has_cookies = gateway == Gateway::Http && !event.cookies.is_empty();
    let fields = event.fields().iter();
    let fields = fields.filter(|(name, _)| !FRAMING.iter().any(|framing| is(name, framing)));
    let fields = fields.filter(|(name, _)| !(has_cookies && is(name, "cookie")));
    let mut lines: Vec<_> = fields.map(|(name, value)| (name, value.into())).collect();
    if has_cookies {
        lines.push(("cookie", event.cookies.join("; ").into_bytes().into()));
    }
    if event.field("host").is_none()
        && let Some(host) = event.said("/domainName")
    {
        lines.push(("host", host.as_bytes().into()));
    }
    if let Some(body) = body {
        lines.push(("content-length", body.len().to_string().into_bytes().into()));
    }
    lines
}

/// The body, which is in the event whole; `None` where the request has none. A load balancer gives a
/// request that has none an empty one.
fn body(event: &Event) -> Result<Option<Bytes>, Error> {
    let is_framed = || FRAMING.iter().any(|framing| event.field(framing).is_some());
    let Some(text) = event.body.as_ref().filter(|text| !text.is_empty() || is_framed()) else {
        return Ok(None);
    };
    if !event.is_base64_encoded {
        return Ok(Some(Bytes::copy_from_slice(text.as_bytes())));
    }
    let decoded = STANDARD.decode(text);
    let decoded = decoded.map_err(|e| Error::peer("the body is not base64").with_source(e))?;
    Ok(Some(Bytes::from(decoded)))
}

fn mount(env: &mut Environment, base: Option<&str>) -> Result<(), Error> {
    let Some(base) = base else { return Ok(()) };
    let mut encoded = String::new();
    encode::path(base, &mut encoded);
    let base = path::decode(&encoded)?;
    let split = path::split_base(env.request().path(), &base);
    if let Some((base, path)) = split.map(|(base, path)| (base.to_owned(), path.to_owned())) {
        env.request_mut().set_path_base(&base);
        env.request_mut().set_path(&path);
    }
    Ok(())
}

/// A load balancer may speak clear text and says so; API Gateway and function URLs never do.
fn scheme(event: &Event, gateway: Gateway) -> &'static str {
    match gateway {
        Gateway::Rest | Gateway::Http => "https",
        _ if event.field("x-forwarded-proto") == Some(b"https") => "https",
        _ => "http",
    }
}

fn client(event: &Event) -> Option<IpAddr> {
    let said = event.said("/http/sourceIp").or_else(|| event.said("/identity/sourceIp"));
    said.and_then(|address| address.parse().ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn filled(event: Value) -> Result<Environment, Error> {
        let event: Event = serde_json::from_value(event).unwrap();
        let gateway = event.gateway().unwrap();
        let mut env = Environment::new();
        fill(&mut env, event, gateway).map(|()| env)
    }

    #[test]
    fn a_stage_is_found_where_one_path_is_decoded_and_the_other_is_not() {
        let env = filled(json!({
            "httpMethod": "GET", "path": "/caf\u{e9}", "headers": {"Host": "h"},
            "requestContext": {"path": "/prod/caf%C3%A9", "stage": "prod"},
        }));
        let env = env.unwrap();
        assert_eq!((env.request().path_base(), env.request().path()), ("/prod", "/caf\u{e9}"));
    }

    #[test]
    fn a_stage_asked_for_without_a_slash_is_a_path_base_alone() {
        let env = filled(json!({
            "httpMethod": "GET", "path": "/", "headers": {"Host": "h"},
            "requestContext": {"path": "/prod", "stage": "prod"},
        }));
        let env = env.unwrap();
        assert_eq!((env.request().path_base(), env.request().path()), ("/prod", ""));
    }

    #[test]
    fn an_event_without_a_host_takes_that_of_its_gateway_or_is_refused() {
        let mut event = json!({
            "rawPath": "/",
            "requestContext": {"http": {"method": "GET"}, "domainName": "example.org"},
        });
        assert_eq!(filled(event.clone()).unwrap().request().host(), "example.org");
        event["requestContext"]["domainName"] = Value::Null;
        assert_eq!(filled(event).unwrap_err().status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_length_is_told_only_of_a_body_that_was_sent() {
        let length = |name: &str, body: &str| {
            let env = filled(json!({
                "httpMethod": "GET", "path": "/", "multiValueHeaders": {"host": ["h"], name: ["0"]},
                "requestContext": {"elb": {}}, "body": body,
            }));
            let env = env.unwrap();
            env.request()
                .headers()
                .get("content-length")
                .map(|own| own.to_str().unwrap().to_owned())
        };
        assert_eq!(length("x", ""), None);
        assert_eq!(length("content-length", "").as_deref(), Some("0"));
        assert_eq!(length("x", "1").as_deref(), Some("1"));
    }

    #[test]
    fn the_server_as_a_whole_can_be_asked_for_in_each_form() {
        for said in [json!({"elb": {}}), json!({"http": {"method": "OPTIONS"}}), json!({})] {
            let env = filled(json!({
                "httpMethod": "OPTIONS", "path": "*", "rawPath": "*", "headers": {"host": "h"},
                "requestContext": said,
            }));
            assert_eq!(env.unwrap().request().path(), "/");
        }
    }

    #[test]
    fn a_value_keeps_bytes_that_are_no_utf8() {
        let json =
            b"{\"httpMethod\": \"GET\", \"path\": \"/\", \"requestContext\": {\"elb\": {}}, \
            \"multiValueHeaders\": {\"host\": [\"h\"], \"user-agent\": [\"caf\xe9\"]}}";
        let event: Event = serde_json::from_slice(json).unwrap();
        let mut env = Environment::new();
        fill(&mut env, event, Gateway::LoadBalancerMulti).unwrap();
        assert_eq!(env.request().headers().get("user-agent").unwrap(), &b"caf\xe9"[..]);
    }

    proptest! {
        #[test]
        fn no_event_makes_us_panic(
            (method, path, whole, stage) in (".{0,5}", ".{0,9}", "(/prod)?.{0,9}", "[a-z$/%]{0,5}"),
            (name, value, host, query) in (".{0,5}", ".{0,5}", ".{0,9}", ".{0,9}"),
            (body, is_base64_encoded, protocol) in (".{0,9}", any::<bool>(), "HTTP/[0-3]"),
        ) {
            let event = json!({
                "httpMethod": method, "path": path, "rawPath": whole, "rawQueryString": query,
                "headers": {"host": host, name: value}, "cookies": [query, value],
                "queryStringParameters": {(query): value},
                "body": body, "isBase64Encoded": is_base64_encoded,
            });
            let http = json!({"method": method, "protocol": protocol, "sourceIp": value});
            let said = [
                json!({"path": whole, "stage": stage, "protocol": protocol}),
                json!({"http": http, "stage": stage, "domainName": ".execute-api."}),
                json!({"elb": {}}),
            ];
            for said in said {
                let mut event = event.clone();
                event["requestContext"] = said;
                if let Err(refusal) = filled(event) {
                    let status = refusal.status();
                    prop_assert!(status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED);
                }
            }
        }
    }
}
