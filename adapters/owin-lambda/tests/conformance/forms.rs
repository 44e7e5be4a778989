//! Requests as events, and answers as AWS reads them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::ext::ReasonPhrase;
use owin_core::http::request::Parts;
use owin_core::http::response::Builder;
use serde_json::{Map, Value, json};

use crate::gateway::Form;

/// An Application Load Balancer with fields of several values: see "Use Lambda functions as targets of
/// an Application Load Balancer", <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>.
#[derive(Clone, Copy)]
pub(crate) struct LoadBalancer;

impl Form for LoadBalancer {
    fn event(self, head: &Parts, body: &[u8]) -> Vec<u8> {
        let pairs = head.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut fields = several(lines(head, marked));
        fields.insert("x-forwarded-proto".to_owned(), json!(["http"]));
        let event = json!({
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:group"}},
            "httpMethod": head.method.as_str(),
            "path": head.uri.path(),
            "multiValueQueryStringParameters":
                several(pairs.map(|(name, value)| (name, value.to_owned()))),
            "multiValueHeaders": fields,
            "body": STANDARD.encode(body),
            "isBase64Encoded": !body.is_empty(),
        });
        unmarked(event.to_string())
    }

    fn answer(self, answer: &Value) -> Option<(Builder, Vec<u8>)> {
        let status = answer["statusDescription"].as_str()?.get(4..)?;
        let (mut head, body) = begun(answer)?;
        head = head.extension(ReasonPhrase::try_from(status.to_owned()).ok()?);
        for (name, values) in answer["multiValueHeaders"].as_object()? {
            for value in values.as_array()? {
                head = head.header(name, value.as_str()?);
            }
        }
        Some((head, body))
    }
}

/// An HTTP API: see "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway",
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.
#[derive(Clone, Copy)]
pub(crate) struct HttpApi;

impl Form for HttpApi {
    fn event(self, head: &Parts, body: &[u8]) -> Vec<u8> {
        let mut fields = several(lines(head, text));
        let cookies = fields.remove("cookie");
        let cookies = cookies.iter().flat_map(|lines| lines.as_array().into_iter().flatten());
        let cookies = cookies.filter_map(Value::as_str).flat_map(|line| line.split("; "));
        let cookies: Vec<&str> = cookies.collect();
        let fields: Map<_, _> =
            fields.iter().map(|(name, lines)| (name.clone(), joined(lines))).collect();
        let mut event = json!({
            "version": "2.0",
            "rawPath": head.uri.path(),
            "rawQueryString": head.uri.query().unwrap_or_default(),
            "headers": fields,
            "requestContext": {
                "domainName": "gateway.example",
                "http": {
                    "method": head.method.as_str(),
                    "path": head.uri.path(),
                    "protocol": format!("{:?}", head.version),
                    "sourceIp": "192.0.2.7",
                },
                "stage": "$default",
            },
            "isBase64Encoded": !body.is_empty(),
        });
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies);
        }
        if !body.is_empty() {
            event["body"] = json!(STANDARD.encode(body));
        }
        event.to_string().into_bytes()
    }

    fn answer(self, answer: &Value) -> Option<(Builder, Vec<u8>)> {
        let (mut head, body) = begun(answer)?;
        for (name, value) in answer["headers"].as_object()? {
            head = head.header(name, value.as_str()?);
        }
        for cookie in answer["cookies"].as_array().into_iter().flatten() {
            head = head.header("set-cookie", cookie.as_str()?);
        }
        Some((head, body))
    }
}

/// The field lines.
fn lines(head: &Parts, written: fn(&[u8]) -> String) -> impl Iterator<Item = (&str, String)> {
    head.headers.iter().map(move |(name, value)| (name.as_str(), written(value.as_bytes())))
}

/// A value as JSON has texts: what is no UTF-8 is read as ISO 8859-1.
fn text(value: &[u8]) -> String {
    let latin = || value.iter().copied().map(char::from).collect();
    std::str::from_utf8(value).map_or_else(|_| latin(), str::to_owned)
}

/// Where characters stand for bytes beyond ASCII, until they are written: no request has any of these.
const MARKS: u32 = 0xE000;

/// A value whose bytes are written as they came, which makes other JSON than that of RFC 8259.
fn marked(value: &[u8]) -> String {
    let mark = |byte: u8| match byte {
        0x80.. => char::from_u32(MARKS + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from(byte),
    };
    value.iter().copied().map(mark).collect()
}

fn unmarked(event: String) -> Vec<u8> {
    if event.is_ascii() {
        return event.into_bytes();
    }
    let byte = |char: char| u8::try_from(u32::from(char).checked_sub(MARKS)?).ok();
    let mut bytes = Vec::with_capacity(event.len());
    for char in event.chars() {
        match byte(char) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend(char.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes
}

/// Names with all their values.
fn several<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> Map<String, Value> {
    let mut several = Map::new();
    for (name, value) in pairs {
        let values = several.entry(name).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(value.into());
        }
    }
    several
}

fn joined(lines: &Value) -> Value {
    let lines = lines.as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.collect::<Vec<_>>().join(",").into()
}

/// The status and the body of an answer.
fn begun(answer: &Value) -> Option<(Builder, Vec<u8>)> {
    let status = u16::try_from(answer["statusCode"].as_u64()?).ok()?;
    let text = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool()? {
        true => STANDARD.decode(text).ok()?,
        false => text.as_bytes().to_vec(),
    };
    Some((Builder::new().status(status), body))
}
