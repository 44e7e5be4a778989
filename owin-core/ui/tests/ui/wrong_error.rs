//! The closure fails with an error that is not ours.
use owin_core::Environment;
use owin_core::testing::TestHost;

fn main() {
    let _host = TestHost::new(async |env: Environment| -> Result<Environment, String> { Ok(env) });
}
