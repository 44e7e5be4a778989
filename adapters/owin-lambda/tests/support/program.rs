//! The program of the tests: an app on the server, in a process of its own, since the server finds
//! the Runtime API by the variables of the process.

use std::sync::Arc;
use std::time::Duration;

use owin_core::http::StatusCode;
use owin_core::{AppExt, Environment, Error, Properties, keys, server};
use owin_lambda::{CONTEXT, LambdaServer, REQUEST_CONTEXT};
use serde_json::json;
use tokio::sync::Notify;

pub(crate) async fn run() {
    let told = Arc::new(Notify::new());
    let telling = Arc::clone(&told);
    let app = move |env: Environment| {
        let telling = Arc::clone(&telling);
        async move { answer(env, &telling).await }
    };
    let server = Box::new(LambdaServer::new().with_margin(Duration::from_millis(400)));
    let started = server::start(server, Properties::new(), |_| Ok(app.boxed())).await;
    let mut running = started.unwrap();
    assert!(running.addresses().is_empty());
    tokio::select! {
        () = told.notified() => {}
        () = running.stopped() => println!("it stopped by itself"),
    }
    let stopped = running.stop(Duration::from_millis(300)).await;
    println!("stopped: {}", stopped.map_or_else(|error| error.to_string(), |()| "cleanly".into()));
}

async fn answer(mut env: Environment, told: &Notify) -> Result<Environment, Error> {
    match env.request().path() {
        "/body" => {
            let body = env.request_mut().take_body().read_to_end(1 << 20).await?;
            env.response_mut().headers_mut()?.set("content-type", "application/octet-stream")?;
            env.response_mut().set_body(body);
        }
        "/cookies" => {
            for (name, value) in
                [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("vary", "x"), ("vary", "y")]
            {
                env.response_mut().headers_mut()?.append(name, value)?;
            }
        }
        "/204" | "/304" => {
            let is_204 = env.request().path() == "/204";
            let status = if is_204 { StatusCode::NO_CONTENT } else { StatusCode::NOT_MODIFIED };
            env.response_mut().set_status(status)?;
        }
        "/fail" | "/panic" => {
            env.response_mut().headers_mut()?.set("x-secret", "1")?;
            env.response_mut().write("half of ").await?;
            env.response_mut().flush().await?;
            assert_ne!(env.request().path(), "/panic");
            return Err(Error::app("tried"));
        }
        "/large" => env.response_mut().set_body(vec![b'x'; 7 << 20]),
        "/wait" => {
            let reason = env.request().cancelled().cancelled().await;
            env.response_mut().set_body(format!("{reason:?}"));
        }
        "/never" => std::future::pending().await,
        "/stop" => {
            told.notify_one();
            tokio::task::yield_now().await;
            env.response_mut().set_body("bye");
        }
        "/stop-and-wait" => {
            told.notify_one();
            env.request().cancelled().cancelled().await;
            env.response_mut().set_body("late");
        }
        _ => {
            let facts = facts(&env);
            env.response_mut().set_body(facts);
        }
    }
    Ok(env)
}

fn facts(env: &Environment) -> String {
    let (request, context) = (env.request(), env.get(CONTEXT));
    let field = |name: &str| {
        let lines = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| lines.join(" | "))
    };
    json!({
        "method": request.method().as_str(),
        "scheme": request.scheme(),
        "base": request.path_base(),
        "path": request.path(),
        "query": request.query_string(),
        "protocol": format!("{:?}", request.protocol()),
        "host": request.host(),
        "id": request.id(),
        "remote": env.get(keys::SERVER_REMOTE_IP_ADDRESS),
        "cookie": field("cookie"),
        "accept": field("accept"),
        "length": field("content-length"),
        "function": context.map(|context| context.env_config.function_name.clone()),
        "gateway": env.get(REQUEST_CONTEXT).and_then(|said| said.pointer("/requestId")).cloned(),
        "absent": [
            env.get(keys::OPAQUE_UPGRADE).is_none(),
            env.get(keys::SENDFILE_SEND_ASYNC).is_none(),
            env.get(keys::SERVER_RAW_TARGET).is_none(),
            env.get(keys::SERVER_REMOTE_PORT).is_none(),
            env.get(keys::SERVER_REQUEST_TRAILERS).is_none(),
        ],
    })
    .to_string()
}
