//! A closure that was not given to `from_fn`.
use owin_core::middleware::Next;
use owin_core::{AppExt, Environment, Error};

async fn app(env: Environment) -> Result<Environment, Error> {
    Ok(env)
}

fn main() {
    let _app = app.with(async |env: Environment, next: Next| next.run(env).await);
}
