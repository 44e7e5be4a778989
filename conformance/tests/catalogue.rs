//! Every check of the contract has a test, or a reason why it has none.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the tree stops")]

use std::collections::BTreeSet;
use std::path::Path;

use owin_conformance::workspace::{self, SourceFile};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn file<'a>(files: &'a [SourceFile], name: &str) -> &'a SourceFile {
    let path = format!("conformance/catalogue/{name}");
    files.iter().find(|file| file.path() == path).unwrap()
}

#[test]
fn every_check_is_named_by_a_test_or_has_a_reason() {
    let files = workspace::files(Path::new(ROOT)).unwrap();
    let lists = ["checks.txt", "elsewhere.txt", "pending.txt"].map(|name| file(&files, name));
    let [checks, elsewhere, pending] = lists;
    let violations = workspace::catalogue(checks, elsewhere, pending, &files);
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn the_catalogue_leaves_no_number_out() {
    let files = workspace::files(Path::new(ROOT)).unwrap();
    let checks = file(&files, "checks.txt").text();
    let lines: BTreeSet<&str> = checks.lines().filter(|line| !line.starts_with('#')).collect();
    let has = |id: &str| lines.iter().any(|line| line.starts_with(&format!("{id} ")));
    let families = [("OWIN-", 3, 124), ("CK-", 3, 43), ("DF-", 2, 45), ("HT-", 2, 25)];
    for (family, width, last) in families {
        for number in 1..=last {
            let id = format!("{family}{number:0width$}");
            assert!(has(&id), "{id}");
        }
    }
    for class in [1, 2, 3, 4, 5, 7, 15, 16, 17, 30] {
        assert!(has(&format!("attack {class}")), "attack {class}");
    }
}
