//! A response as the gateway that asked wants it in JSON.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use owin_core::http::{HeaderValue, StatusCode};
use owin_core::{BodyLength, Head};
use serde::Serialize;

use crate::event::Gateway;

/// The response. What is absent is not written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<Vec<String>>,
    body: String,
    is_base64_encoded: bool,
}

impl Answer {
    /// The answer without a word of the app's: a refusal, a failure.
    pub(crate) fn of_status(status: StatusCode, gateway: Gateway) -> Self {
        Self::new(&Head::refusal(status), gateway)
    }

    /// The answer of a head, without its body.
    pub(crate) fn new(head: &Head<'_>, gateway: Gateway) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in head.fields() {
            fields.entry(name.as_str().to_owned()).or_default().push(text(value));
        }
        // Elsewhere the gateway counts the bytes itself.
        if let (BodyLength::Known(length), false) = (head.length(), head.has_body()) {
            fields.insert("content-length".to_owned(), vec![length.to_string()]);
        }
        let mut answer = Self {
            status_code: head.status().as_u16(),
            status_description: None,
            headers: None,
            multi_value_headers: None,
            cookies: None,
            body: String::new(),
            is_base64_encoded: false,
        };
        match gateway {
            Gateway::Http => {
                answer.cookies = fields.remove("set-cookie");
                answer.headers = Some(joined(fields));
            }
            Gateway::Rest | Gateway::LoadBalancerMulti => {
                answer.multi_value_headers = Some(fields);
            }
            Gateway::LoadBalancer => {
                let cookies = fields.remove("set-cookie").unwrap_or_default();
                let mut fields = joined(fields);
                fields.extend(spread(cookies));
                answer.headers = Some(fields);
            }
        }
        if matches!(gateway, Gateway::LoadBalancer | Gateway::LoadBalancerMulti) {
            let status = head.status().as_u16();
            answer.status_description = Some(format!("{status} {}", head.reason_phrase()));
        }
        answer
    }

    /// Adds the body: as text where it is UTF-8, so that it arrives also behind a REST API that was
    /// not told which types are binary; else in base64.
    #[must_use]
    pub(crate) fn with_body(mut self, body: Vec<u8>) -> Self {
        match String::from_utf8(body) {
            Ok(text) => self.body = text,
            Err(bytes) => {
                self.body = STANDARD.encode(bytes.as_bytes());
                self.is_base64_encoded = true;
            }
        }
        self
    }
}

/// JSON has texts only: bytes that are no UTF-8 are read as ISO 8859-1 (RFC 9110 §5.5).
fn text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    let latin = || bytes.iter().copied().map(char::from).collect();
    std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned)
}

fn joined(fields: BTreeMap<String, Vec<String>>) -> BTreeMap<String, String> {
    fields.into_iter().map(|(name, values)| (name, values.join(", "))).collect()
}

/// Cookies cannot be joined with commas. In an object of one value for each name, names that differ
/// in case are different names; to HTTP they are one.
fn spread(cookies: Vec<String>) -> impl Iterator<Item = (String, String)> {
    cookies.into_iter().enumerate().map(|(at, cookie)| {
        let mut letters = 0;
        let name = "set-cookie".chars().map(|letter| {
            if letter.is_ascii_alphabetic() {
                letters += 1;
                if (at >> (letters - 1)) & 1 == 1 {
                    return letter.to_ascii_uppercase();
                }
            }
            letter
        });
        (name.collect(), cookie)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn cookies_stand_under_names_that_differ_in_case_alone() {
        let cookies = (0..20).map(|at| format!("c{at}=1")).collect();
        let names: BTreeSet<String> = spread(cookies).map(|(name, _)| name).collect();
        assert_eq!(names.len(), 20);
        assert!(names.iter().all(|name| name.eq_ignore_ascii_case("set-cookie")));
        assert!(names.contains("set-cookie"));
    }

    #[test]
    fn text_goes_as_it_is_and_other_bytes_in_base64() {
        let answer = || Answer::of_status(StatusCode::OK, Gateway::Http);
        let text = answer().with_body("h\u{e9}".into());
        assert_eq!((text.body.as_str(), text.is_base64_encoded), ("h\u{e9}", false));
        let bytes = answer().with_body(vec![0, 255]);
        assert_eq!((bytes.body.as_str(), bytes.is_base64_encoded), ("AP8=", true));
    }

    #[test]
    fn a_value_beyond_utf8_is_read_as_latin() {
        let value = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        assert_eq!(text(&value), "caf\u{e9}");
    }
}
