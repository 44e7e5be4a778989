//! A report as JUnit XML, read by a parser of XML.

use owin_conformance::report::{Document, junit};
use roxmltree::Node;

use crate::peer::{Does, SAID, document, nobody};

/// How many cases are in each state, as the numbers of the whole say, and as they are there.
fn counts(document: &Document) -> [usize; 4] {
    let text = junit(document);
    let xml = roxmltree::Document::parse(&text).unwrap();
    let root = xml.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let said = |name: &str| root.attribute(name).unwrap().parse::<usize>().unwrap();
    let elements = |name: &str| xml.descendants().filter(|node| node.has_tag_name(name)).count();
    let (failures, errors) = (elements("failure"), elements("error"));
    assert_eq!(
        [said("tests"), said("failures"), said("errors")],
        [elements("testcase"), failures, errors]
    );
    // What breaks the run, and nothing else, is told as such.
    let breaks = document.breaking().count() + usize::from(document.lost.is_some());
    assert_eq!(failures + errors, breaks, "{text}");
    [elements("testcase"), failures, errors, elements("skipped")]
}

fn text<'a>(case: Node<'a, '_>, name: &str) -> &'a str {
    case.children().find(|node| node.has_tag_name(name)).and_then(|node| node.text()).unwrap()
}

#[test]
fn each_check_is_a_case_in_the_state_that_it_has() {
    assert_eq!(counts(&document(Does::Right, &["SM-02"])), [1, 0, 0, 0]);
    assert_eq!(counts(&document(Does::TakesAll, &["SM-02"])), [1, 1, 0, 0]);
    assert_eq!(counts(&document(Does::RefusesPosts, &["SM-02"])), [1, 0, 1, 0]);
    assert_eq!(counts(&document(Does::Right, &["RQ-01"])), [1, 0, 0, 1]);
    let nobody = nobody();
    let [cases, failures, ..] = counts(&nobody);
    assert_eq!((cases, failures), (nobody.checks.len() + 1, 0));
}

#[test]
fn as_in_the_baseline_it_is_skipped() {
    let earlier = document(Does::TakesAll, &["SM-02"]);
    assert_eq!(counts(&earlier.clone().compared_with(&earlier)), [1, 0, 0, 1]);
}

#[test]
fn a_failure_has_its_clause_its_message_and_its_transcript() {
    let xml = junit(&document(Does::TakesAll, &["SM-02"]));
    let xml = roxmltree::Document::parse(&xml).unwrap();
    let suite = xml.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    let case = xml.descendants().find(|node| node.has_tag_name("testcase")).unwrap();
    assert_eq!(suite.attribute("name"), Some("smuggling"));
    assert_eq!(case.attribute("name"), Some("SM-02 two-lengths"));
    assert_eq!(case.attribute("classname"), Some("RFC 9112 §6.3"));
    let failure = case.children().find(|node| node.has_tag_name("failure")).unwrap();
    assert!(failure.attribute("message").unwrap().starts_with("MUST fail: "), "{failure:?}");
    assert!(failure.text().unwrap().contains("to mend it: "));
    let transcript = text(case, "system-out");
    assert!(transcript.contains("> Content-Length: "), "{transcript}");
    // What the server said is there as text, and its escapes as words.
    assert!(transcript.contains(SAID.lines().next().unwrap()), "{transcript}");
    assert!(transcript.contains("\\x1B[31m"), "{transcript}");
}

#[test]
fn a_server_that_died_is_an_error_that_says_in_what() {
    let xml = junit(&document(Does::DiesOfTwoLengths, &["SM-02"]));
    let xml = roxmltree::Document::parse(&xml).unwrap();
    let mut suites = xml.descendants().filter(|node| node.has_tag_name("testsuite"));
    let suite = suites.next_back().unwrap();
    let error = suite.descendants().find(|node| node.has_tag_name("error")).unwrap();
    assert_eq!(suite.attribute("name"), Some("target"));
    assert_eq!(error.attribute("message"), Some("the server died in SM-02"));
}
