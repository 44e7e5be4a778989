//! A value of another type altogether.
use owin_core::BoxApp;

fn main() {
    let _app = BoxApp::new("hello");
}
