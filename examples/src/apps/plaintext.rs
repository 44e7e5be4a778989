//! What benchmarks run.

use owin_core::http::HeaderValue;
use owin_core::http::header::CONTENT_TYPE;
use owin_core::{Environment, Error};

/// Answers every request with `Hello, World!`.
///
/// # Errors
///
/// Never: nothing has started the response before.
pub async fn plaintext(mut env: Environment) -> Result<Environment, Error> {
    let mut response = env.response_mut();
    response.headers_mut()?.set(CONTENT_TYPE, HeaderValue::from_static("text/plain"))?;
    response.set_body("Hello, World!");
    Ok(env)
}
