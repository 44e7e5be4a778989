//! The closure does not give the environment back.
use owin_core::testing::TestHost;
use owin_core::{Environment, Error};

fn main() {
    let _host = TestHost::new(async |_env: Environment| -> Result<(), Error> { Ok(()) });
}
