//! The app of the main job: says where it runs, echoes, shows the environment.

use owin_core::body::Whole;
use owin_core::http::{Method, StatusCode};
use owin_core::{Environment, Error, keys};
use serde_json::{Map, Value, json};

/// `GET /` says which server hosts it, where that listens, and what was asked for; `POST /echo`
/// streams the body back; `GET /env` shows the environment as JSON.
///
/// # Errors
///
/// Never: nothing has started the response before.
pub async fn hello(mut env: Environment) -> Result<Environment, Error> {
    let request = env.request();
    match (request.path(), request.method()) {
        ("/", &Method::GET | &Method::HEAD) => {
            let text = greeting(&env);
            answer(&mut env, "text/plain; charset=utf-8", text.into())?;
        }
        ("/env", &Method::GET | &Method::HEAD) => {
            let text = format!("{:#}\n", shown(&env));
            answer(&mut env, "application/json", text.into())?;
        }
        ("/echo", &Method::POST) => echo(&mut env)?,
        ("/" | "/env", _) => refuse(&mut env, "GET, HEAD")?,
        ("/echo", _) => refuse(&mut env, "POST")?,
        _ => env.response_mut().set_status(StatusCode::NOT_FOUND)?,
    }
    Ok(env)
}

fn greeting(env: &Environment) -> String {
    let capabilities = env.get(keys::SERVER_CAPABILITIES);
    let server = capabilities.and_then(|said| said.get(keys::SERVER_NAME)).unwrap_or("nobody");
    let mut text = format!("Hello from an app on the server {server:?}.\n");
    for address in env.get(keys::HOST_ADDRESSES).into_iter().flat_map(|addresses| &addresses.0) {
        text += &format!("It listens on {address}\n");
    }
    text + &format!("You asked for {}\n", env.request().url())
}

/// Every key with the type and the value that it has.
fn shown(env: &Environment) -> Value {
    let entries = env.iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| format!("{value:?}"), str::to_owned);
        let kind = value.type_name().rsplit("::").next().unwrap_or_default();
        (name.to_owned(), json!({ "type": kind, "value": text }))
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

fn echo(env: &mut Environment) -> Result<(), Error> {
    let kind = env.request().headers().text("content-type").map(str::to_owned);
    let body = env.request_mut().take_body();
    answer(env, kind.as_deref().unwrap_or("application/octet-stream"), Whole::stream(body))
}

fn answer(env: &mut Environment, content_type: &str, body: Whole) -> Result<(), Error> {
    let mut response = env.response_mut();
    response.headers_mut()?.set("content-type", content_type)?;
    response.set_body(body);
    Ok(())
}

fn refuse(env: &mut Environment, allowed: &str) -> Result<(), Error> {
    env.response_mut().set_status(StatusCode::METHOD_NOT_ALLOWED)?;
    env.response_mut().headers_mut()?.set("allow", allowed)
}
