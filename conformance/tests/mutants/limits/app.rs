//! What of the probe contract these mutants need.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::body::BODY;
use super::head::{HEAD, Head};

/// The times; long enough for a machine that has other things to do.
pub(super) const TIME: Duration = Duration::from_millis(640);
pub(super) const IDLE_TIME: Duration = Duration::from_millis(960);

/// Answers are long, so that few of them fill what the system keeps for a client that reads none.
const FILLER: usize = 12_000;

/// How often the app was called with a nonce.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<HashMap<String, u64>>);

/// The body of the answer; for the echo `length` is how long the request's body was, as the probe
/// says; a long one, since the fields would come back too.
pub(super) fn answer(calls: &Calls, head: &Head, length: usize) -> String {
    let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
    let nonce = query.strip_prefix("nonce=").unwrap_or_default();
    let nonce = nonce.split('&').next().unwrap_or_default().to_owned();
    match path {
        "/.probe/version" => {
            let (time, idle) = (TIME.as_secs_f64(), IDLE_TIME.as_secs_f64());
            let limits = json!({
                "head_bytes": HEAD,
                "body_bytes": BODY,
                "head_seconds": time,
                "body_seconds": time,
                "idle_seconds": idle,
            });
            json!({ "probe": 1, "app": "a mutant", "limits": limits }).to_string()
        }
        "/.probe/count" => {
            let count = calls.0.lock().unwrap().get(&nonce).copied().unwrap_or_default();
            json!({ "count": count }).to_string()
        }
        _ => {
            *calls.0.lock().unwrap().entry(nonce).or_default() += 1;
            let filler = "x".repeat(FILLER);
            format!(r#"{{"body_length":{length},"filler":"{filler}"}}"#)
        }
    }
}
