//! The closure borrows the environment instead of taking it.
use owin_core::testing::TestHost;
use owin_core::{Environment, Error};

fn main() {
    let _host = TestHost::new(async |_env: &mut Environment| -> Result<(), Error> { Ok(()) });
}
