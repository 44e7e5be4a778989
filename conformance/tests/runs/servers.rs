//! Servers that nobody here wrote do what is known of them, and `RESULTS.md` says what that is.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot start a server stops, and one that is skipped says so"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use owin_conformance::check::Profile;
use owin_conformance::report::{self, UNJUDGED};
use owin_conformance::run::{Launch, Plan, Verdict, run};

/// Those that are tried in a few seconds, by profiles whose checks do not have to wait; `run.sh` takes
/// care of the others, and the tests of the command of Python.
const QUICK: [(&str, &[Profile]); 9] = [
    ("nginx", HTTP_1),
    ("apache", HTTP_1),
    ("lighttpd", HTTP_1),
    ("haproxy", &[Profile::Http1, Profile::Smuggling, Profile::Http2]),
    ("haproxy-tls", &[Profile::Http1, Profile::Http2, Profile::Tls]),
    ("node", &[Profile::Required, Profile::Http1, Profile::Smuggling]),
    ("hyper", HTTP_1),
    ("actix", HTTP_1),
    ("tiny_http", HTTP_1),
];

const HTTP_1: &[Profile] = &[Profile::Http1, Profile::Smuggling];

fn in_crate(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(in_crate(path)).unwrap()
}

/// What `serve.sh` says to that; `None` where it fails.
fn served(arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("bash");
    command.arg(in_crate("servers/serve.sh")).args(arguments).env("OWIN_EXAMPLES", examples());
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Where Cargo puts the examples of this crate.
fn examples() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.parent().unwrap().with_file_name("examples")
}

fn names() -> Vec<String> {
    served(&["names"]).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_servers_that_are_there_do_what_is_known_of_them() {
    std::thread::scope(|scope| {
        for (name, profiles) in QUICK {
            scope.spawn(|| does_what_is_known(name, profiles));
        }
    });
}

/// Another version than that of the page may do otherwise, but the suite must come to an end with it.
fn does_what_is_known(name: &str, profiles: &[Profile]) {
    let Some(version) = served(&[name, "version"]) else {
        println!("skipped: {name} is not there");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = in_crate("servers/serve.sh");
    let command = format!(
        "OWIN_EXAMPLES='{}' exec bash '{}' {name} start {{port}} '{}'",
        examples().display(),
        script.display(),
        folder.path().display()
    );
    let mut launch = Launch::new(command).with_log(folder.path().join("log"));
    if name.ends_with("-tls") {
        let path = folder.path();
        served(&[name, "certificate", path.to_str().unwrap()]).unwrap();
        launch = launch.with_tls().with_roots(std::fs::read(path.join("cert.pem")).unwrap());
    }
    let started = launch.start().unwrap();
    let plan = Plan::new().with_profiles(profiles.iter().copied());
    let plan = plan.with_expectations(&read(&format!("servers/{name}.expect"))).unwrap();
    let made = run(started.target(), &plan, &|_| {});
    drop(started);
    let text = report::console(&made);
    assert!(made.lost.is_none(), "{version}: {text}");
    assert!(made.outcomes.iter().all(|outcome| outcome.verdict != Verdict::Error), "{text}");
    if read("RESULTS.md").contains(&format!("\n## {version}\n")) {
        assert_eq!(made.exit_code(), 0, "{version}: {text}");
    } else {
        println!("not compared: {version} is another version than that of RESULTS.md");
    }
}

/// A server's name, the id of a check, what it came to, and the judgement.
type Line = (String, String, String, String);

#[test]
fn the_page_of_results_says_what_the_expectations_say() {
    let page = read("RESULTS.md");
    assert!(!page.contains(UNJUDGED), "RESULTS.md has a line that nobody has judged");
    let (shown, known) = (shown(&page), known());
    let of = |one: &BTreeSet<Line>, other| one.difference(other).cloned().collect::<Vec<_>>();
    assert!(of(&shown, &known).is_empty(), "only in RESULTS.md: {:#?}", of(&shown, &known));
    assert!(of(&known, &shown).is_empty(), "not in RESULTS.md: {:#?}", of(&known, &shown));
}

fn shown(page: &str) -> BTreeSet<Line> {
    let (mut lines, mut name) = (BTreeSet::new(), String::new());
    for line in page.lines() {
        if let Some((_, rest)) = line.split_once("`conformance/servers/") {
            name = rest.split_once(".expect`").map_or(String::new(), |(name, _)| name.to_owned());
        }
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        if let [check, _, verdict, .., judgement] = cells.as_slice()
            && let Some((id, _)) = check.trim().split_once(" `")
        {
            let judgement = judgement.trim().to_owned();
            lines.insert((name.clone(), id.to_owned(), (*verdict).to_owned(), judgement));
        }
    }
    lines
}

fn known() -> BTreeSet<Line> {
    let mut lines = BTreeSet::new();
    for name in names() {
        let text = read(&format!("servers/{name}.expect"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.splitn(3, ' ').map(str::to_owned);
            let mut word = || words.next().unwrap();
            lines.insert((name.clone(), word(), word(), word()));
        }
    }
    lines
}
