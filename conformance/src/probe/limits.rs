//! The limits that a server tells of itself, in the answer to `version`.

use std::time::Duration;

use serde_json::{Map, Value};

/// What a server limits, as far as it tells. The suite tries what is told, and no other limit.
///
/// ```
/// use std::time::Duration;
///
/// use owin_conformance::probe::{self, Limits};
///
/// let mut limits = Limits::default();
/// limits.body_bytes = Some(100_000);
/// limits.head_time = Some(Duration::from_millis(800));
/// let app = probe::app_with(limits);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest head that is taken, from the first byte of the request line to the empty line, with
    /// all line ends (`head_bytes`).
    pub head_bytes: Option<u64>,
    /// The longest body that is taken, without its coding (`body_bytes`).
    pub body_bytes: Option<u64>,
    /// From the first byte of a head to its last, whatever comes between (`head_seconds`).
    pub head_time: Option<Duration>,
    /// The longest silence within a body that an app reads (`body_seconds`).
    pub body_time: Option<Duration>,
    /// The longest silence between an answer and the next request (`idle_seconds`).
    pub idle_time: Option<Duration>,
}

impl Limits {
    /// The member `limits`, with what is told.
    pub(super) fn to_json(&self) -> Value {
        let bytes = [("head_bytes", self.head_bytes), ("body_bytes", self.body_bytes)];
        let times = [
            ("head_seconds", self.head_time),
            ("body_seconds", self.body_time),
            ("idle_seconds", self.idle_time),
        ];
        let mut told = Map::new();
        for (name, bytes) in bytes {
            told.extend(bytes.map(|bytes| (name.to_owned(), bytes.into())));
        }
        for (name, time) in times {
            told.extend(time.map(|time| (name.to_owned(), time.as_secs_f64().into())));
        }
        told.into()
    }

    /// What the answer to `version` tells; a member of another form tells nothing.
    pub(crate) fn told_in(manifest: &Value) -> Self {
        let told = |name| manifest.get("limits").and_then(|limits| limits.get(name));
        let bytes = |name| told(name).and_then(Value::as_u64);
        let time = |name| {
            let seconds = told(name).and_then(Value::as_f64).filter(|seconds| *seconds > 0.0);
            seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        };
        Self {
            head_bytes: bytes("head_bytes"),
            body_bytes: bytes("body_bytes"),
            head_time: time("head_seconds"),
            body_time: time("body_seconds"),
            idle_time: time("idle_seconds"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_told_is_read_again() {
        let limits = Limits {
            head_bytes: Some(32_768),
            body_bytes: None,
            head_time: Some(Duration::from_millis(800)),
            body_time: Some(Duration::from_secs(20)),
            idle_time: None,
        };
        let told = limits.to_json();
        assert_eq!(
            told,
            json!({ "head_bytes": 32_768, "head_seconds": 0.8, "body_seconds": 20.0 })
        );
        assert_eq!(Limits::told_in(&json!({ "limits": told })), limits);
    }

    #[test]
    fn what_has_another_form_tells_nothing() {
        for limits in [
            json!(null),
            json!({ "head_bytes": -1, "body_bytes": "many" }),
            json!({ "head_seconds": -1, "body_seconds": 1e300, "idle_seconds": 0 }),
        ] {
            let manifest = json!({ "probe": 1, "limits": limits });
            assert_eq!(Limits::told_in(&manifest), Limits::default(), "{manifest}");
        }
        assert_eq!(Limits::told_in(&json!({})), Limits::default());
    }
}
