//! The closure borrows from the function that makes it.
use owin_core::testing::TestHost;
use owin_core::{Environment, Error};

fn main() {
    let greeting = String::from("hello");
    let _host = TestHost::new(|mut env: Environment| {
        let greeting = greeting.clone();
        async move {
            env.response_mut().set_body(greeting);
            Ok::<Environment, Error>(env)
        }
    });
}
