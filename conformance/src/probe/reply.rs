//! Responses that are made as the query says.

use owin_core::http::StatusCode;
use owin_core::{Environment, Error};

use super::query::parameters;

/// Answers as the parameters say, in their order: `status`, `reason`, `header` (`Name:Value`),
/// `body` (a whole one), `chunk` (a piece, written and flushed). What is not said is left alone.
pub(super) async fn shaped(env: &mut Environment, query: &str) -> Result<(), Error> {
    for (name, value) in parameters(query) {
        let mut response = env.response_mut();
        match name {
            "status" => {
                let code = value.parse().ok().and_then(|code: u16| StatusCode::from_u16(code).ok());
                response.set_status(code.ok_or_else(|| odd("status"))?)?;
            }
            "reason" => response.set_reason_phrase(&value)?,
            "header" => {
                let (name, value) = value.split_once(':').ok_or_else(|| odd("header"))?;
                response.headers_mut()?.append(name, value)?;
            }
            "body" => response.set_body(value),
            "chunk" => {
                response.write(value).await?;
                response.flush().await?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn odd(name: &str) -> Error {
    Error::app(format!("the probe cannot use this parameter {name}"))
}
