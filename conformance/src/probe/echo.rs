//! What an app saw of its request, as JSON.

use owin_core::{Environment, Error};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Reads the request whole, and says what it was.
pub(super) async fn seen(env: &mut Environment) -> Result<Value, Error> {
    let (mut digest, mut length) = (Sha256::new(), 0_u64);
    while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
        digest.update(&chunk);
        length += u64::try_from(chunk.len()).unwrap_or_default();
    }
    let trailers = env.request_mut().body_mut().trailers().map(|trailers| lines(trailers.lines()));
    let request = env.request();
    Ok(json!({
        "method": request.method().as_str(),
        "target": request.raw_target(),
        "scheme": request.scheme(),
        "path_base": request.path_base(),
        "path": request.path(),
        "query": request.query_string(),
        "protocol": format!("{:?}", request.protocol()),
        "headers": lines(request.headers().lines()),
        "trailers": trailers.unwrap_or_default(),
        "body_length": length,
        "body_sha256": hex(&digest.finalize()),
    }))
}

/// Field lines as pairs; every byte of a value is the character of that number.
fn lines<'a>(lines: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<[String; 2]> {
    let text = |value: &[u8]| value.iter().map(|byte| char::from(*byte)).collect();
    lines.map(|(name, value)| [name.to_owned(), text(value)]).collect()
}

/// Bytes as hexadecimal digits, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
