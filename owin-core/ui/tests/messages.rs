//! What the compiler says of a closure that is no app, of a value that is no middleware, and of two
//! writes at once.

#[test]
fn what_breaks_the_contract_at_compile_time_is_explained() {
    // OWIN-076: a response is written by one at a time.
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
