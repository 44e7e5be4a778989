//! The catalogue agrees with itself, and `CASES.md` with the catalogue.

use std::collections::BTreeSet;
use std::path::Path;

use owin_conformance::check;

#[test]
fn the_page_of_the_checks_is_written_from_the_records() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CASES.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, check::page()).unwrap();
    }
    let shown = std::fs::read_to_string(&path).unwrap();
    assert!(shown == check::page(), "CASES.md shows other checks; UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn no_id_and_no_slug_stands_there_twice() {
    let mut names = BTreeSet::new();
    for check in check::all() {
        assert!(names.insert(check.id().to_lowercase()), "{}", check.id());
        assert!(names.insert(check.slug().to_owned()), "{}", check.slug());
        assert!(check::find(check.id()).is_some_and(|found| found.slug() == check.slug()));
    }
}

#[test]
fn every_record_says_all_of_it() {
    for check in check::all() {
        let id = check.id();
        assert!(!check.clauses().is_empty(), "{id} cites nothing");
        let texts = [check.title(), check.means(), check.fix()];
        for text in texts.into_iter().chain(check.clauses().iter().map(|clause| clause.says())) {
            assert!(text.len() > 3 && !text.ends_with('.'), "{id}: {text:?}");
            assert!(!text.contains("  "), "{id}: {text:?}");
        }
    }
}

#[test]
fn a_part_of_the_contract_that_a_record_names_is_there() {
    let known = include_str!("../catalogue/checks.txt");
    for check in check::all() {
        for seed in check.seeds().split(", ").filter(|seed| !seed.is_empty()) {
            let is_known = known.lines().any(|line| line.starts_with(&format!("{seed} ")));
            assert!(is_known, "{}: {seed}", check.id());
        }
    }
}

#[test]
fn a_message_and_its_twin_differ() {
    for check in check::all().filter(|check| check.is_negative()) {
        let twins = check.twins();
        assert!(!twins.is_empty(), "{}", check.id());
        for bad in check.bad_messages() {
            assert!(!twins.contains(&bad), "{}: {}", check.id(), bad.escape_ascii());
        }
    }
}

/// A list may have empty elements (RFC 9110 §5.6.1.2), so that `5,` is five, once.
#[test]
fn a_length_that_a_standard_has_taken_is_in_no_bad_message() {
    for check in check::all() {
        for bad in check.bad_messages() {
            let text = String::from_utf8_lossy(&bad).to_lowercase();
            let lengths =
                text.split("\r\n").filter_map(|line| line.strip_prefix("content-length:"));
            let lengths: Vec<_> = lengths.collect();
            let is_a_list_of_one = |length: &&str| {
                length.contains(',') && length.split(',').all(|own| matches!(own.trim(), "" | "5"))
            };
            assert!(!lengths.iter().any(is_a_list_of_one), "{}: {text}", check.id());
        }
    }
}
