//! The apps that stand behind the layers.

use std::future::pending;

use owin_core::{Environment, Error};

use crate::site::Answer;

/// Says method, path and fields of the request as the app sees them.
pub(crate) async fn tell(mut env: Environment) -> Answer {
    let request = env.request();
    let mut told = format!("{} {}", request.method(), request.path());
    for (name, value) in request.headers().map() {
        told += &format!("\n{name}: {}", value.to_str().unwrap_or("no text"));
    }
    env.response_mut().headers_mut()?.set("x-app", "yes")?;
    env.response_mut().set_body(told);
    Ok(env)
}

/// Gives the body of the request back.
pub(crate) async fn echo(mut env: Environment) -> Answer {
    let all = env.request_mut().body_mut().read_to_end(1 << 24).await?;
    env.response_mut().set_body(all);
    Ok(env)
}

/// Pushes pieces, with a flush behind each.
pub(crate) async fn steps(mut env: Environment) -> Answer {
    env.response_mut().headers_mut()?.set("x-app", "yes")?;
    for step in STEPS {
        env.response_mut().write(step).await?;
        env.response_mut().flush().await?;
    }
    Ok(env)
}

/// What [`steps`] pushes.
pub(crate) const STEPS: [&str; 3] = ["one ", "two ", "three "];

/// Pushes a piece, and nothing more.
pub(crate) async fn stalls(mut env: Environment) -> Answer {
    env.response_mut().write("begun").await?;
    env.response_mut().flush().await?;
    pending::<()>().await;
    Ok(env)
}

/// Pushes a piece, and ends when it is told that the client has gone.
pub(crate) async fn until_told(mut env: Environment) -> Answer {
    env.response_mut().write("begun").await?;
    env.response_mut().flush().await?;
    let token = env.request().cancelled().clone();
    let _reason = token.cancelled().await;
    Ok(env)
}

/// Never answers.
pub(crate) async fn silent(env: Environment) -> Answer {
    pending::<()>().await;
    Ok(env)
}

/// Fails.
pub(crate) async fn failing(_env: Environment) -> Answer {
    Err(Error::app("on purpose"))
}

/// Panics.
pub(crate) async fn panicking(_env: Environment) -> Answer {
    panic!("on purpose")
}
