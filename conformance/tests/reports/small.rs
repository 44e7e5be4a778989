//! Badges and tables.

use owin_conformance::report::{badge_json, badge_svg, markdown};

use crate::command::{Reports, printed, program, read};
use crate::peer::{Does, Peer, document, nobody};

#[test]
fn a_badge_counts_the_musts_of_each_profile() {
    let both = document(Does::Right, &["SM-02", "H1-01", "RQ-01"]);
    let json = badge_json(&both);
    assert_eq!(json["label"], "OWIN MUST");
    let message = json["message"].as_str().unwrap();
    assert!(message.ends_with("smuggling 1/1") && !message.contains("required"), "{message}");
    for (does, colour) in [(Does::TakesAll, "red"), (Does::RefusesPosts, "yellow")] {
        assert_eq!(badge_json(&document(does, &["SM-02"]))["color"], colour, "{does:?}");
    }
    assert_eq!(badge_json(&nobody())["color"], "lightgrey");
}

#[test]
fn a_picture_is_xml_that_says_what_it_shows() {
    let svg = badge_svg(&document(Does::TakesAll, &["SM-02"]));
    let xml = roxmltree::Document::parse(&svg).unwrap();
    let root = xml.root_element();
    assert_eq!(root.attribute("aria-label"), Some("OWIN MUST: smuggling 0/1"));
    let texts = xml.descendants().filter(|node| node.has_tag_name("text"));
    let texts: Vec<_> = texts.map(|node| node.text().unwrap()).collect();
    assert_eq!(texts, ["OWIN MUST", "smuggling 0/1"]);
    assert_eq!(xml.descendants().filter(|node| node.has_tag_name("rect")).count(), 3);
}

#[test]
fn the_ending_of_a_file_says_which_badge_it_is() {
    let (reports, peer) = (Reports::new(), Peer::start(Does::Right));
    for (name, start) in [("badge.svg", "<svg "), ("badge.json", "{\n")] {
        let mut program = program();
        program.args(["run", &peer.url(), "--only", "SM-02", "--badge"]).arg(reports.file(name));
        let output = program.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
        assert!(read(&reports.file(name)).starts_with(start), "{name}");
    }
}

#[test]
fn a_table_counts_levels_apart() {
    let text = markdown(&document(Does::TakesAll, &["SM-02", "odd-name"]));
    assert!(text.contains("| profile | | MUST | SHOULD |\n|---|---|--:|--:|\n"), "{text}");
    assert!(text.contains("| smuggling | does not conform | 0 of 1, 1 fail | |\n"), "{text}");
}
