//! What the compiler says of a closure that is no app, and of a value that is no middleware.

#[test]
fn a_closure_that_is_no_app_is_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
