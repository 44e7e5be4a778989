//! A check that an expectation file says to vary, by the program, in every form of a report.

use owin_conformance::report::{Document, annotations, badge_line, junit, markdown, page};
use owin_conformance::run::Verdict;

use crate::command::{Reports, printed, program};
use crate::peer::{Does, Peer};

/// Runs the program on a server that does so, with these lines of expectations and options: its exit
/// code, what it printed, and its report.
fn tried(does: Does, lines: &str, options: &[&str]) -> (i32, String, Document) {
    let (reports, peer) = (Reports::new(), Peer::start(does));
    let known = reports.file("known");
    std::fs::write(&known, lines).unwrap();
    let mut program = program();
    program.args(["run", &peer.url(), "--only", "SM-02", "--expect"]).arg(&known);
    let output = program.args(options).args(reports.options()).output().unwrap();
    (output.status.code().unwrap(), printed(&output), reports.all_written())
}

const VARIES: &str = "SM-02 varies now and then it takes both\n";

const SERVERS: [(Does, Verdict); 3] = [
    (Does::Right, Verdict::Pass),
    (Does::TakesAll, Verdict::Fail),
    (Does::RefusesPosts, Verdict::Blocked),
];

#[test]
fn what_varies_is_made_and_told_and_ends_with_0_whatever_it_comes_to() {
    for (does, verdict) in SERVERS {
        let (code, text, document) = tried(does, VARIES, &[]);
        assert_eq!((code, document.checks[0].verdict), (0, verdict), "{text}");
        let told = "SM-02 two-lengths (MUST), which varies: now and then it takes both\n";
        assert!(text.starts_with(&format!("{verdict} {told}smuggling: partial")), "{text}");
        let end = "exit code 0: all that is demanded holds, but for 1 check that varies\n";
        assert!(text.ends_with(end), "{text}");
    }
}

#[test]
fn every_form_of_a_report_says_that_it_varies() {
    for (does, verdict) in SERVERS {
        let (.., document) = tried(does, VARIES, &[]);
        let case = &document.checks[0];
        assert_eq!(case.varies.as_deref(), Some("now and then it takes both"));
        assert!(case.expected.is_none() && !case.breaks_the_run);
        assert_eq!(document.profiles[0].words(), "partial: not everything was proven");
        let page = page(std::slice::from_ref(&document));
        assert!(page.contains(&format!(">{verdict}, varies</span>")), "{page}");
        assert!(page.contains("What it comes to varies: now and then it takes both"), "{page}");
        let junit = junit(&document);
        assert!(!junit.contains("<failure") && !junit.contains("<error"), "{junit}");
        let skipped = format!("MUST {verdict}, which varies: now and then it takes both: ");
        assert_eq!(junit.contains(&skipped), verdict != Verdict::Pass, "{junit}");
        assert!(annotations(&document).is_empty());
        let held = usize::from(verdict == Verdict::Pass);
        assert_eq!(badge_line(&document), format!("smuggling {held}/1"));
        assert!(markdown(&document).contains("| smuggling | partial"));
    }
}

#[test]
fn a_server_that_dies_of_what_varies_is_dead() {
    let (code, text, document) = tried(Does::DiesOfTwoLengths, VARIES, &[]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("the server died in: SM-02 two-lengths\n"), "{text}");
    assert_eq!(document.checks[0].verdict, Verdict::Fail);
}

#[test]
fn a_line_for_a_check_that_is_not_selected_counts_for_nothing() {
    let (code, text, document) = tried(Does::Right, "SM-03 varies so it is\n", &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.ends_with("exit code 0: all that is demanded holds\n"), "{text}");
    assert!(document.checks.len() == 1 && document.checks[0].varies.is_none());
}

#[test]
fn what_came_out_otherwise_by_chance_is_no_change_since_a_baseline() {
    let reports = Reports::new();
    let earlier = reports.file("earlier.json");
    for (before, now) in [(Does::Right, Does::TakesAll), (Does::TakesAll, Does::Right)] {
        let (.., document) = tried(before, VARIES, &[]);
        let verdict = document.checks[0].verdict;
        std::fs::write(&earlier, document.to_json().to_string()).unwrap();
        let baseline = ["--baseline", earlier.to_str().unwrap()];
        let (code, text, document) = tried(now, VARIES, &baseline);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("0 better, 0 worse; 0 not in the baseline"), "{text}");
        assert!(!text.contains("SM-02 two-lengths (MUST): "), "{text}");
        assert_ne!(document.checks[0].verdict, verdict);
        assert_eq!(document.checks[0].before, Some(verdict));
    }
}

#[test]
fn a_file_that_says_two_things_of_a_check_ends_with_2() {
    let (reports, lines) = (Reports::new(), format!("SM-02 fail it takes both\n{VARIES}"));
    let known = reports.file("known");
    std::fs::write(&known, lines).unwrap();
    let mut program = program();
    program.args(["run", "http://127.0.0.1:1", "--expect"]).arg(&known);
    let output = program.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
    let why = "known: line 2: there is another line for SM-02";
    assert!(printed(&output).contains(why), "{}", printed(&output));
}
