//! The future of an async closure borrows from the closure: it has to clone what it uses.
use owin_core::testing::TestHost;
use owin_core::{Environment, Error};

fn main() {
    let greeting = String::from("hello");
    let _host = TestHost::new(async move |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_body(greeting.clone());
        Ok(env)
    });
}
