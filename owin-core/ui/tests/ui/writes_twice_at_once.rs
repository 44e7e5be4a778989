//! Two writes of one response at the same time.
use owin_core::{Environment, Error};

async fn write_twice(env: &mut Environment) -> Result<(), Error> {
    let mut first = env.response_mut();
    let mut second = env.response_mut();
    let (one, two) = tokio::join!(first.write("one"), second.write("two"));
    one.and(two)
}

fn main() {
    let mut env = Environment::new();
    drop(write_twice(&mut env));
}
