//! What a terminal shows. `script` of util-linux gives the program one.

use std::process::{Command, Output};

use crate::command::{printed, run};
use crate::peer::{Does, Peer};

/// Runs the program on a terminal; `None` where nothing gives it one.
fn on_a_terminal(arguments: &str, no_colour: bool) -> Option<Output> {
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: there is no `script` to make a terminal");
        return None;
    }
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_owin-conformance"));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env_remove("GITHUB_ACTIONS");
    script.env_remove("NO_COLOR").env_remove("CLICOLOR");
    if no_colour {
        script.env("NO_COLOR", "1");
    }
    Some(script.output().unwrap())
}

#[test]
fn a_terminal_has_colours_and_a_bar() {
    let peer = Peer::start(Does::TakesAll);
    let arguments = format!("run {} --only SM-02 --only SM-03", peer.url());
    let Some(output) = on_a_terminal(&arguments, false) else { return };
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("\u{1b}[1m\u{1b}[31mfail\u{1b}[0m "), "{text:?}");
    assert!(text.contains("0/2") && text.contains("SM-02 two-lengths"), "{text:?}");

    let Some(output) = on_a_terminal(&arguments, true) else { return };
    let text = printed(&output);
    assert!(!text.contains("\u{1b}[31m") && text.contains("fail SM-02"), "{text:?}");

    let Some(output) = on_a_terminal(&format!("{arguments} --quiet"), false) else { return };
    assert!(!printed(&output).contains("0/2"), "{output:?}");
}

#[test]
fn elsewhere_there_is_nothing_but_text() {
    let peer = Peer::start(Does::TakesAll);
    let output = run(&["run", &peer.url(), "--only", "SM-02"]);
    assert!(!printed(&output).contains('\u{1b}'), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}
