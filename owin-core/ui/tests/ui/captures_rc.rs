//! The closure holds something that must not cross threads.
use std::rc::Rc;

use owin_core::testing::TestHost;
use owin_core::{Environment, Error};

fn main() {
    let count = Rc::new(1);
    let _host = TestHost::new(move |env: Environment| {
        let _count = *count;
        async move { Ok::<Environment, Error>(env) }
    });
}
