//! Responses that are made as the query says, step by step.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use owin_core::features::TrailersMut;
use owin_core::http::StatusCode;
use owin_core::{Environment, Error};

use super::State;
use super::fates::Told;
use super::pattern::pattern;
use super::query::parameters;

/// How many bytes `bytes` writes at once.
const PIECE: usize = 16 * 1024;

/// Does what the parameters say, in their order; what is not said is left alone.
pub(super) async fn shaped(
    env: &mut Environment,
    query: &str,
    state: &State,
    told: &Told,
) -> Result<(), Error> {
    for (name, value) in parameters(query) {
        match name {
            "status" | "reason" | "header" | "body" | "trailer" | "callback"
            | "callback-status" | "callback-fail" => told_of(env, name, value)?,
            "chunk" | "write" | "flush" | "bytes" => {
                let written = writes(env, name, &value, told).await;
                written.inspect_err(|_| told.failed("write"))?;
            }
            "read" => {
                let is_whole = value.is_empty();
                let read = reads(env, is_whole).await;
                read.inspect_err(|_| told.failed("read"))?;
            }
            "wait" => waits(env, &value, state).await,
            "blind" => state.gates.passed(&value).await,
            "file" => state.files.send(env, &value).await?,
            _ => {}
        }
    }
    Ok(())
}

/// The steps that need not wait.
fn told_of(env: &mut Environment, name: &str, value: String) -> Result<(), Error> {
    let mut response = env.response_mut();
    match name {
        "status" => response.set_status(status(&value)?),
        "reason" => response.set_reason_phrase(&value),
        "header" => {
            let (name, value) = value.split_once(':').ok_or_else(|| odd("header"))?;
            response.headers_mut()?.append(name, value)
        }
        "body" => {
            response.set_body(value);
            Ok(())
        }
        "trailer" => {
            let (name, value) = value.split_once(':').ok_or_else(|| odd("trailer"))?;
            let trailers = env.feature_mut::<TrailersMut<'_>>();
            trailers.ok_or_else(|| odd("trailer"))?.append(name, value)
        }
        "callback" => env.on_sending_headers(move |env| {
            env.response_mut().headers_mut()?.append("x-order", value.as_str())
        }),
        "callback-status" => {
            let status = status(&value)?;
            env.on_sending_headers(move |env| env.response_mut().set_status(status))
        }
        _ => env.on_sending_headers(|_| Err(Error::app("the probe's callback was told to fail"))),
    }
}

async fn writes(env: &mut Environment, name: &str, value: &str, told: &Told) -> Result<(), Error> {
    let mut response = env.response_mut();
    match name {
        "bytes" => {
            let length: usize = value.parse().map_err(|_| odd("bytes"))?;
            for from in (0..length).step_by(PIECE) {
                let piece = pattern(from, PIECE.min(length - from));
                response.write(&piece).await?;
                told.wrote(piece.len());
            }
        }
        "flush" => {}
        _ => {
            response.write(value).await?;
            told.wrote(value.len());
        }
    }
    if matches!(name, "chunk" | "flush") {
        response.flush().await?;
    }
    Ok(())
}

/// Reads the body of the request to its end, or one piece of it.
async fn reads(env: &mut Environment, is_whole: bool) -> Result<(), Error> {
    while env.request_mut().body_mut().chunk().await?.is_some() && is_whole {}
    Ok(())
}

/// Waits until the gate opens, or the call is cancelled.
async fn waits(env: &Environment, name: &str, state: &State) {
    let token = env.request().cancelled().clone();
    let mut cancelled = pin!(token.cancelled());
    poll_fn(|cx| match cancelled.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => state.gates.poll_passed(name, cx),
    })
    .await;
}

fn status(value: &str) -> Result<StatusCode, Error> {
    let code = value.parse().ok().and_then(|code: u16| StatusCode::from_u16(code).ok());
    code.ok_or_else(|| odd("status"))
}

fn odd(name: &str) -> Error {
    Error::app(format!("the probe cannot use this parameter {name}"))
}
