//! What can be seen of a call as it passes a layer.

use std::collections::BTreeMap;

use http::StatusCode;

use crate::{Environment, Headers, ResponseBody, ResponseState, keys};

/// The lines of each field.
pub(in crate::lint) type Fields = BTreeMap<String, Vec<String>>;

/// The request as it passes a layer.
#[derive(Debug)]
pub(in crate::lint) struct Question {
    pub(in crate::lint) fields: Fields,
    method: String,
    scheme: String,
    path_base: String,
    path: String,
    query_string: String,
    lines: String,
}

impl Question {
    pub(super) fn of(env: &Environment) -> Self {
        let request = env.request();
        let fields = fields(request.headers());
        Self {
            method: request.method().to_string(),
            scheme: request.scheme().to_owned(),
            path_base: request.path_base().to_owned(),
            path: request.path().to_owned(),
            query_string: request.query_string().to_owned(),
            lines: format!("{fields:?}"),
            fields,
        }
    }

    /// What a middleware may change and has to put back, by key.
    pub(in crate::lint) fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            (keys::REQUEST_METHOD.name(), self.method.as_str()),
            (keys::REQUEST_SCHEME.name(), self.scheme.as_str()),
            (keys::REQUEST_PATH_BASE.name(), self.path_base.as_str()),
            (keys::REQUEST_PATH.name(), self.path.as_str()),
            (keys::REQUEST_QUERY_STRING.name(), self.query_string.as_str()),
            (keys::REQUEST_HEADERS.name(), self.lines.as_str()),
        ]
        .into_iter()
    }
}

/// The response as it passes a layer.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::lint) struct Answer {
    pub(in crate::lint) fields: Fields,
    pub(in crate::lint) state: ResponseState,
    pub(in crate::lint) status: StatusCode,
    /// How many bytes were handed over whole, where that is known.
    pub(in crate::lint) whole_bytes: Option<u64>,
    /// How many bytes were handed over or captured, where that is known.
    pub(in crate::lint) body_bytes: Option<u64>,
    is_set: bool,
    is_upgraded: bool,
    pushed_bytes: u64,
}

impl Answer {
    /// The pushed bytes are those that went through the outlet of the layer.
    pub(super) fn of(env: &Environment, pushed_bytes: Option<u64>) -> Self {
        let response = env.response();
        Self {
            fields: fields(response.headers()),
            state: response.state(),
            status: response.status(),
            whole_bytes: response.body().and_then(ResponseBody::whole_length),
            body_bytes: response.body().and_then(ResponseBody::length),
            is_set: env.get(keys::RESPONSE_STATUS_CODE).is_some(),
            is_upgraded: env.upgrade_decision().is_some(),
            pushed_bytes: pushed_bytes.unwrap_or(0),
        }
    }

    pub(in crate::lint) fn has_no_body(&self) -> bool {
        self.body_bytes == Some(0) && self.pushed_bytes == 0
    }
}

fn fields(headers: &Headers) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in headers.lines() {
        let lines = fields.entry(name.to_ascii_lowercase()).or_default();
        lines.push(String::from_utf8_lossy(value).into_owned());
    }
    fields
}

/// The name of a field whose lines are others, though they say the same.
pub(in crate::lint) fn regrouped<'a>(before: &'a Fields, after: &Fields) -> Option<&'a str> {
    let both = before.iter().filter_map(|(name, lines)| Some((name, lines, after.get(name)?)));
    let mut changed = both.filter(|(_, before, after)| before != after);
    changed
        .find(|(_, before, after)| elements(before).eq(elements(after)))
        .map(|found| found.0.as_str())
}

fn elements(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty())
}
