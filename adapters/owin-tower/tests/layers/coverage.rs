//! Nothing of tower or tower-http is left out without a reason.
//!
//! What there is to cover is read from the sources that cargo resolved: every public module of
//! `lib.rs`, and every type whose name ends in `Layer`. What is covered is read from these tests: a
//! layer that they name. So whoever takes a newer release is told what is new in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What is not tried in the middle of a pipeline, and why.
const NOT_APPLICABLE: [(&str, &str, &str); 8] = [
    ("tower", "MakeBalanceLayer", "balances makers of connections, as clients have them"),
    ("tower", "hedge", "sends a call twice at once, and a call has one environment"),
    ("tower", "make", "makes services of connections: for clients, and for accept loops"),
    ("tower", "ready_cache", "keeps services ready for a balancer, no layer of its own"),
    ("tower", "reconnect", "makes a client's connection again"),
    ("tower-http", "FollowRedirectLayer", "for clients: it asks again where a server points to"),
    ("tower-http", "follow_redirect", "for clients: it asks again where a server points to"),
    ("tower-http", "body", "the types of bodies that the layers make; no layer"),
];

/// Where these tests are.
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/layers");

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(cargo).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The folder of the sources of a dependency of ours, in the version that is in use.
fn sources(package: &str) -> PathBuf {
    // What only other platforms need may never have been fetched.
    let version = cargo(&["-vV"]);
    let platform = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = ["metadata", "--offline", "--format-version", "1", "--filter-platform"];
    let metadata = cargo(&[&metadata[..], &[platform]].concat());
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours = packages.iter().find(|it| it["name"] == "owin-tower").unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["id"] == ours["id"]).unwrap();
    let used: Vec<&Value> = node["dependencies"].as_array().unwrap().iter().collect();
    let found = packages.iter().find(|it| it["name"] == package && used.contains(&&it["id"]));
    let manifest = found.unwrap()["manifest_path"].as_str().unwrap();
    Path::new(manifest).parent().unwrap().join("src")
}

/// The texts of all Rust files below a folder.
fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    texts
}

/// The words of a text that are no comment.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

/// The names that follow these words at the start of a line, as `name` of `pub mod name;`.
fn declared(text: &str, start: &str, has: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(start));
    let names =
        lines.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
    names.filter(|name| has(name)).map(str::to_owned).collect()
}

/// What a crate has to cover: its public modules, and its layers.
fn offered(package: &str) -> BTreeSet<String> {
    let folder = sources(package);
    let root = std::fs::read_to_string(folder.join("lib.rs")).unwrap();
    let modules = declared(&root, "pub mod ", |_| true);
    assert!(modules.len() > 10, "these are not the modules of {package}: {modules:?}");
    let all = texts(&folder);
    let layers =
        all.iter().flat_map(|text| declared(text, "pub struct ", |it| it.ends_with("Layer")));
    let offered: BTreeSet<String> = layers.chain(modules).collect();
    assert!(offered.iter().filter(|name| name.ends_with("Layer")).count() > 15, "{offered:?}");
    offered
}

/// What these tests name of a crate: its modules in paths, its layers anywhere.
fn named(package: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    let path = format!("{}::", package.replace('-', "_"));
    for text in texts(Path::new(HERE)).iter().filter(|text| !text.contains("NOT_APPLICABLE")) {
        named.extend(words(text).filter(|word| word.ends_with("Layer")).map(str::to_owned));
        let modules = text.split(&*path).skip(1).filter_map(|rest| words(rest).next());
        named.extend(modules.map(str::to_owned));
    }
    named
}

#[test]
fn every_module_and_layer_is_tried_or_has_a_reason() {
    let mut wrong = Vec::new();
    for package in ["tower", "tower-http"] {
        let (offered, named) = (offered(package), named(package));
        let excused = NOT_APPLICABLE.iter().filter(|(of, ..)| *of == package);
        let excused: BTreeSet<String> = excused.map(|(_, name, _)| (*name).to_owned()).collect();
        for name in offered.difference(&named).filter(|name| !excused.contains(*name)) {
            wrong.push(format!("{package}: no test names {name}, and no reason why"));
        }
        for name in &excused {
            if !offered.contains(name) {
                wrong.push(format!("{package}: {name} is excused, and is not there"));
            }
            if named.contains(name) {
                wrong.push(format!("{package}: {name} is excused, and a test names it"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_module_or_layer_of_a_newer_release_would_be_found() {
    let newer = "#[cfg(feature = \"x\")]\npub mod brand_new;\npub(crate) mod hidden;\n";
    assert_eq!(declared(newer, "pub mod ", |_| true), ["brand_new"]);
    let newer = "    pub struct BrandNewLayer<S> {\n/// pub struct OldLayer;\npub struct Other;";
    assert_eq!(declared(newer, "pub struct ", |it| it.ends_with("Layer")), ["BrandNewLayer"]);
    assert!(!named("tower-http").contains("brand_new"));
    assert!(named("tower-http").contains("compression"));
}
