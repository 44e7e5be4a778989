//! The steps of a new user, as the page of the crate has them: from `cargo new` to a server that
//! passes what is required.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read the page or run cargo stops"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: &str = include_str!("../README.md");

/// The steps stand below this.
const HEADING: &str = "## A server of your own, in ten minutes\n";

/// Where the page says that the repository lies.
const REPOSITORY: &str = "../owin";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap()
}

/// The blocks of code below the heading, each with its language, for a repository that lies where
/// this one does.
fn blocks() -> Vec<(String, String)> {
    let section = PAGE.split_once(HEADING).expect("the page has the steps").1;
    let section = section.split("\n## ").next().unwrap();
    let fenced = section.split("```").skip(1).step_by(2);
    let blocks = fenced.map(|block| block.split_once('\n').unwrap());
    let root = root().display().to_string();
    blocks.map(|(word, text)| (word.to_owned(), text.replace(REPOSITORY, &root))).collect()
}

fn shell(script: &str, folder: &Path) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let cargo = PathBuf::from(std::env::var_os("CARGO").expect("cargo says where it is"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", cargo.parent().unwrap().display());
    let mut command = Command::new("sh");
    command.args(["-ec", script]).current_dir(folder).env("PATH", path);
    command.env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true");
    let output = command.output().unwrap();
    let (out, err) = (&output.stdout, &output.stderr);
    let said = format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    assert!(output.status.success(), "{script}\n{said}");
    said
}

#[test]
fn the_page_has_the_steps_and_no_other_code_between_them() {
    let words: Vec<String> = blocks().into_iter().map(|(word, _)| word).collect();
    assert_eq!(words, ["sh", "toml", "rust,ignore", "sh"]);
    assert!(PAGE.contains("In `tests/conformance.rs`, one line:"));
}

/// What is built besides lies in the target folder of the workspace, so that a second run is short.
#[test]
#[ignore = "it builds the suite as a dependency of a crate outside of the workspace: a minute"]
fn who_takes_the_steps_has_a_server_that_passes_what_is_required() {
    let [begin, manifest, test, end] = blocks().try_into().unwrap();
    let folder = tempfile::tempdir().unwrap();
    shell(&begin.1, folder.path());
    let crate_folder = folder.path().join("my-server");
    let file = crate_folder.join("Cargo.toml");
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.ends_with("[dependencies]\n"), "{written}");
    fs::write(&file, written + &manifest.1).unwrap();
    fs::write(crate_folder.join("tests/conformance.rs"), test.1).unwrap();
    // The versions of the workspace, which are there without a network.
    fs::copy(root().join("Cargo.lock"), crate_folder.join("Cargo.lock")).unwrap();
    let said = shell(&end.1, &crate_folder);
    for line in ["test rq_01_method ... ok", "test rq_17_early_answer ... ok", "; 0 failed;"] {
        assert!(said.contains(line), "{said}");
    }
}
