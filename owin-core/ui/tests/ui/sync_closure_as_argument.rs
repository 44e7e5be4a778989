//! The closure is not async, and its result is one of an app's.
use owin_core::testing::TestHost;
use owin_core::{Environment, Error};

fn main() {
    let _host = TestHost::new(|env: Environment| -> Result<Environment, Error> { Ok(env) });
}
