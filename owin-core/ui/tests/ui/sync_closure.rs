//! The closure is not async.
use owin_core::{AppExt, Environment};

fn main() {
    let _app = (|env: Environment| Ok(env)).boxed();
}
