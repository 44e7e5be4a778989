//! Protocol folders hold machines, and a machine does not wait.

use crate::workspace::code::{numbered, parts, words};
use crate::workspace::{SourceFile, Violation};

const RULE: &str = "only the driver of a protocol awaits";

/// The folders of protocols.
const FOLDERS: [&str; 2] = ["nowin-like-server/src/h1/", "adapters/owin-fastcgi/src/protocol/"];

/// The folder in such a folder that may await.
const DRIVER: &str = "driver/";

/// Where the tests of a protocol stand, and what keeps them out of the server.
const TESTS: (&str, &str) = ("tests/", "#[cfg(test)]\nmod tests;");

/// Finds code in protocol folders that awaits or is async, outside their drivers and their tests.
///
/// A folder of tests counts as such only where `mod.rs` compiles it for tests alone.
#[must_use]
pub fn machines(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| is_machine(file, files)) {
        for (number, line) in numbered(&parts(file.text()).code) {
            if words(line).any(|word| matches!(word, "async" | "await")) {
                violations.push(Violation::new(file.path(), RULE, line.trim()).at(number));
            }
        }
    }
    violations
}

fn is_machine(file: &SourceFile, files: &[SourceFile]) -> bool {
    let is_machine = FOLDERS.into_iter().any(|folder| match file.path().strip_prefix(folder) {
        None => false,
        Some(name) if name.starts_with(DRIVER) => false,
        Some(name) if name.starts_with(TESTS.0) => !has_tests_apart(folder, files),
        Some(_) => true,
    });
    file.is_rust() && is_machine
}

fn has_tests_apart(folder: &str, files: &[SourceFile]) -> bool {
    let module = files.iter().find(|file| file.path() == format!("{folder}mod.rs"));
    module.is_some_and(|module| module.text().contains(TESTS.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> usize {
        found_beside(path, "#[cfg(test)]\nmod tests;\n")
    }

    fn found_beside(path: &str, module: &str) -> usize {
        let text = "async fn a() {\n    b().await;\n}\n// .await\nfn awaited() {}\n";
        let module = SourceFile::new("nowin-like-server/src/h1/mod.rs", module);
        machines(&[SourceFile::new(path, text), module]).len()
    }

    #[test]
    fn a_machine_that_awaits_is_found() {
        assert_eq!(found("nowin-like-server/src/h1/state.rs"), 2);
        assert_eq!(found("nowin-like-server/src/h1/body/state.rs"), 2);
    }

    #[test]
    fn tests_may_await_where_they_are_nothing_but_tests() {
        let path = "nowin-like-server/src/h1/tests/times.rs";
        assert_eq!((found(path), found_beside(path, "mod tests;\n")), (0, 2));
    }

    #[test]
    fn a_driver_and_what_is_no_protocol_may_await() {
        assert_eq!(found("nowin-like-server/src/h1/driver/mod.rs"), 0);
        assert_eq!(found("nowin-like-server/src/h1/driver/upgrade.rs"), 0);
        assert_eq!(found("nowin-like-server/src/server/accept.rs"), 0);
    }
}
