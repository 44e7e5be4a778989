//! What the third-party server is allowed to be: small, and without private friends.

/// The server's source.
const SOURCE: &str = include_str!("../src/custom_server.rs");

fn code_lines() -> impl Iterator<Item = &'static str> {
    SOURCE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"))
}

#[test]
fn it_has_at_most_a_hundred_lines_of_code() {
    assert!(code_lines().count() <= 100, "{} lines", code_lines().count());
}

#[test]
fn its_lines_are_no_longer_than_the_workspace_allows() {
    assert!(code_lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn it_uses_nothing_but_the_contract_tokio_and_httparse() {
    for line in code_lines().filter(|line| line.starts_with("use ")) {
        let allowed = ["use owin_core::", "use tokio::", "use httparse::", "use std::"];
        assert!(allowed.iter().any(|start| line.starts_with(start)), "{line}");
    }
    assert!(!SOURCE.contains("crate::") && !SOURCE.contains("nowin"));
}
