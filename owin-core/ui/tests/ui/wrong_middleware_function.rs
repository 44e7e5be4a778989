//! A middleware function that forgot what to call next.
use owin_core::{Environment, Error, from_fn};

fn main() {
    let _middleware = from_fn(async |env: Environment| -> Result<Environment, Error> { Ok(env) });
}
