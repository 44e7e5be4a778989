//! The future keeps something over an await that must not cross threads.
use std::rc::Rc;

use owin_core::testing::TestHost;
use owin_core::{Environment, Error};

fn main() {
    let _host = TestHost::new(async |mut env: Environment| -> Result<Environment, Error> {
        let count = Rc::new(1);
        env.response_mut().flush().await?;
        drop(count);
        Ok(env)
    });
}
