//! What GitHub is told.

use owin_conformance::report::annotations;

use crate::command::{Reports, printed, program, read};
use crate::peer::{Does, Peer, document, nobody};

#[test]
fn on_github_what_breaks_the_run_is_annotated_and_summed_up() {
    let (reports, peer) = (Reports::new(), Peer::start(Does::TakesAll));
    let summary = reports.file("summary.md");
    std::fs::write(&summary, "what stood there before\n").unwrap();
    let mut program = program();
    program.args(["run", &peer.url(), "--only", "SM-02", "--name", "a|<b>"]);
    program.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
    let output = program.output().unwrap();
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");

    let annotations: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(annotations.len(), 1, "{text}");
    let start = "::error title=SM-02 two-lengths (MUST)::fail: it was taken, and answered by 200";
    assert!(annotations[0].starts_with(start), "{text}");
    assert!(annotations[0].contains("%0ARFC 9112 §6.3: "), "{text}");

    let summary = read(&summary);
    let start = "what stood there before\n## owin-conformance: a\\|&lt;b&gt;\n\n| profile |";
    assert!(summary.starts_with(start), "{summary}");
    assert!(summary.contains("| smuggling | does not conform | 0 of 1, 1 fail |\n"), "{summary}");
    assert!(summary.contains("&lt;script&gt;") && !summary.contains("<script"), "{summary}");
}

#[test]
fn no_line_of_a_transcript_is_obeyed() {
    let peer = Peer::start(Does::TakesAll);
    let output = program().args(["run", &peer.url(), "--only", "SM-02", "--github"]).output();
    let text = printed(&output.unwrap());
    let token = text.lines().next().unwrap().strip_prefix("::stop-commands::").unwrap();
    let (fenced, after) = text.split_once(&format!("::{token}::\n")).unwrap();
    assert!(fenced.contains("exit code 1") && token.len() == 16, "{text}");
    assert!(after.lines().all(|line| line.starts_with("::error title=")), "{text}");
}

#[test]
fn elsewhere_nobody_speaks_to_github() {
    let peer = Peer::start(Does::TakesAll);
    let output = program().args(["run", &peer.url(), "--only", "SM-02"]).output().unwrap();
    assert!(!printed(&output).lines().any(|line| line.starts_with("::")), "{output:?}");
}

#[test]
fn there_are_never_more_than_ten_annotations() {
    let nobody = nobody();
    let text = annotations(&nobody);
    assert!(nobody.breaking().count() > 20);
    assert_eq!(text.lines().count(), 10, "{text}");
    let more = format!("::error title={} more::", nobody.breaking().count() + 1 - 9);
    assert!(text.lines().last().unwrap().starts_with(&more), "{text}");
    assert!(annotations(&document(Does::Right, &["SM-02"])).is_empty());
}
