//! An invocation's event: a request as a gateway writes it in JSON.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::pairs::Pairs;

/// Who made the event; each wants the answer in a form of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// API Gateway's payload format 1.0: REST APIs, and HTTP APIs where it was chosen.
    Rest,
    /// API Gateway's payload format 2.0: HTTP APIs and function URLs.
    Http,
    /// An Application Load Balancer whose target group has fields of one value.
    LoadBalancer,
    /// The same with fields of several values.
    LoadBalancerMulti,
}

/// The parts of all formats that make up a request. Each format has some of them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Event {
    pub(crate) http_method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) raw_path: Option<String>,
    pub(crate) raw_query_string: Option<String>,
    pub(crate) headers: Pairs,
    pub(crate) multi_value_headers: Pairs,
    pub(crate) query_string_parameters: Pairs,
    pub(crate) multi_value_query_string_parameters: Pairs,
    #[serde(deserialize_with = "or_default")]
    pub(crate) cookies: Vec<String>,
    pub(crate) body: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_base64_encoded: bool,
    pub(crate) request_context: Value,
    pub(crate) stage_variables: Value,
}

/// Gateways write `null` for what there is not.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Event {
    /// Who made the event; `None` where it is not HTTP.
    pub(crate) fn gateway(&self) -> Option<Gateway> {
        if self.request_context.get("elb").is_some() {
            let is_single = self.multi_value_headers.is_empty();
            return Some(if is_single {
                Gateway::LoadBalancer
            } else {
                Gateway::LoadBalancerMulti
            });
        }
        if self.said("/http/method").is_some() {
            return Some(Gateway::Http);
        }
        self.http_method.is_some().then_some(Gateway::Rest)
    }

    /// A text of the request context.
    pub(crate) fn said(&self, pointer: &str) -> Option<&str> {
        self.request_context.pointer(pointer).and_then(Value::as_str)
    }

    /// The value of a field that stands once.
    pub(crate) fn field(&self, wanted: &str) -> Option<&[u8]> {
        let mut fields = self.fields().iter();
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }

    /// The fields, with all their values where the event has them so.
    pub(crate) fn fields(&self) -> &Pairs {
        if self.multi_value_headers.is_empty() { &self.headers } else { &self.multi_value_headers }
    }

    /// The parameters of the query, in the same way.
    pub(crate) fn parameters(&self) -> &Pairs {
        let several = &self.multi_value_query_string_parameters;
        if several.is_empty() { &self.query_string_parameters } else { several }
    }
}
