//! Which crate may depend on which, as Cargo sees it.

use serde_json::Value;

use crate::workspace::{SourceFile, Violation};

/// The crates of the workspace, and which of them each may depend on.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("owin-core", &[]),
    ("owin-core-ui", &["owin-core"]),
    ("owin-host", &["owin-core"]),
    ("owin-tiny-http", &["owin-core"]),
    ("nowin-like-server", &["owin-core"]),
    ("owin-actix", &["owin-core"]),
    ("owin-http", &["owin-core"]),
    ("owin-hyper", &["owin-core", "owin-http"]),
    ("owin-lambda", &["owin-core"]),
    ("owin-tower", &["owin-core", "owin-http"]),
    ("owin-cgi", &["owin-core", "owin-host"]),
    ("owin-fastcgi", &["owin-core", "owin-host", "owin-cgi"]),
    ("owin-axum", &["owin-core", "owin-http", "owin-hyper", "owin-tower"]),
    ("examples", &["owin-core", "owin-host", "nowin-like-server"]),
    (
        "owin-benches",
        &["owin-core", "owin-host", "nowin-like-server", "owin-http", "owin-tower", "examples"],
    ),
    (
        "examples-bridges",
        &[
            "owin-core",
            "owin-host",
            "nowin-like-server",
            "owin-http",
            "owin-tower",
            "owin-hyper",
            "owin-axum",
            "owin-actix",
            "owin-tiny-http",
            "owin-cgi",
            "owin-fastcgi",
            "examples",
        ],
    ),
    // Proves what each server can do, so it knows all of them, the reference server too.
    (
        "owin-adapter-matrix",
        &[
            "owin-core",
            "owin-host",
            "nowin-like-server",
            "examples",
            "owin-actix",
            "owin-cgi",
            "owin-conformance",
            "owin-fastcgi",
            "owin-hyper",
            "owin-tiny-http",
        ],
    ),
    ("owin-conformance", &["owin-core", "owin-host", "nowin-like-server", "examples"]),
];

/// What the tests of an adapter may need besides: what it joins to the contract runs on any server,
/// so it is tried on a real one, and on a second that is as different as can be.
const FOR_TESTS_OF_ADAPTERS: [&str; 4] =
    ["nowin-like-server", "examples", "owin-hyper", "owin-tiny-http"];

/// What the tests of whoever brings a server need: the suite, a test for each of its checks.
const FOR_TESTS_OF_SERVERS: &str = "owin-conformance";

/// What runs futures, or brings something that does.
const RUNTIMES: [&str; 12] = [
    "actix-rt",
    "async-executor",
    "async-io",
    "async-std",
    "compio",
    "futures-executor",
    "glommio",
    "hyper",
    "monoio",
    "smol",
    "tokio",
    "tokio-util",
];

/// A crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    name: String,
    /// The path of its manifest, from the root.
    manifest: String,
    has_description: bool,
    has_licence: bool,
    dependencies: Vec<Dependency>,
    features: Vec<(String, Vec<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Dependency {
    name: String,
    is_optional: bool,
    is_for_development: bool,
}

impl Package {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn violation(&self, rule: &'static str, seen: impl Into<String>) -> Violation {
        Violation::new(&self.manifest, rule, seen)
    }
}

/// Reads what `cargo metadata --format-version 1 --no-deps` prints.
///
/// # Errors
///
/// Where the text is no JSON.
pub fn packages(metadata: &str) -> Result<Vec<Package>, serde_json::Error> {
    let metadata: Value = serde_json::from_str(metadata)?;
    let root = metadata.get("workspace_root").and_then(Value::as_str).unwrap_or_default();
    Ok(list(&metadata, "packages").map(|package| read(package, root)).collect())
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn read(package: &Value, root: &str) -> Package {
    let manifest = text(package, "manifest_path").replace('\\', "/");
    let root = root.replace('\\', "/");
    let manifest =
        manifest.strip_prefix(&root).map_or(&*manifest, |rest| rest.trim_start_matches('/'));
    let dependencies = list(package, "dependencies").map(|dependency| Dependency {
        name: text(dependency, "name").to_owned(),
        is_optional: dependency.get("optional") == Some(&Value::Bool(true)),
        is_for_development: text(dependency, "kind") == "dev",
    });
    let features = package.get("features").and_then(Value::as_object).into_iter().flatten();
    let features = features.map(|(name, parts)| {
        let parts = parts.as_array().into_iter().flatten().filter_map(Value::as_str);
        (name.clone(), parts.map(str::to_owned).collect())
    });
    Package {
        name: text(package, "name").to_owned(),
        manifest: manifest.to_owned(),
        has_description: !text(package, "description").is_empty(),
        has_licence: !text(package, "license").is_empty(),
        dependencies: dependencies.collect(),
        features: features.collect(),
    }
}

/// Finds dependencies between our crates that go where none may go.
#[must_use]
pub fn directions(packages: &[Package]) -> Vec<Violation> {
    const RULE: &str = "our crates depend on each other in one direction only";
    let mut violations = Vec::new();
    for package in packages {
        let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(name, _)| *name == package.name)
        else {
            violations.push(package.violation(RULE, "nobody said what this crate may depend on"));
            continue;
        };
        for dependency in &package.dependencies {
            let is_ours = packages.iter().any(|other| other.name == dependency.name);
            let is_adapter = package.manifest.starts_with("adapters/");
            let has_server = is_adapter || package.manifest.starts_with("examples/");
            let is_for_a_test = dependency.is_for_development
                && (is_adapter && FOR_TESTS_OF_ADAPTERS.contains(&dependency.name.as_str())
                    || has_server && dependency.name == FOR_TESTS_OF_SERVERS);
            if is_ours && !is_for_a_test && !allowed.contains(&dependency.name.as_str()) {
                let seen = format!("{} depends on {}", package.name, dependency.name);
                violations.push(package.violation(RULE, seen));
            }
        }
    }
    violations
}

/// Finds runtimes that the contract would bring to whoever did not ask for them.
#[must_use]
pub fn runtimes(packages: &[Package]) -> Vec<Violation> {
    const RULE: &str = "owin-core has a runtime's traits behind its feature tokio, and no runtime";
    let mut violations = Vec::new();
    for core in packages.iter().filter(|package| package.name == "owin-core") {
        for dependency in core.dependencies.iter().filter(|d| !d.is_for_development) {
            let is_gated = dependency.name == "tokio" && dependency.is_optional;
            if RUNTIMES.contains(&dependency.name.as_str()) && !is_gated {
                violations.push(core.violation(RULE, format!("it needs {}", dependency.name)));
            }
        }
        for (feature, parts) in core.features.iter().filter(|(feature, _)| feature != "tokio") {
            if parts.iter().any(|part| part.contains("tokio")) {
                violations
                    .push(core.violation(RULE, format!("its feature {feature} brings tokio")));
            }
        }
    }
    violations
}

/// Finds crates that do not say what they are: a description, a licence, a README.
#[must_use]
pub fn particulars(packages: &[Package], files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "a crate has a description, a licence and a README.md";
    let mut violations = Vec::new();
    for package in packages {
        let folder = package.manifest.trim_end_matches("Cargo.toml");
        let page = files.iter().find(|file| file.path() == format!("{folder}README.md"));
        let has_page = page.is_some_and(|page| page.text().lines().count() > 1);
        let parts = [
            (package.has_description, "there is no description"),
            (package.has_licence, "there is no licence"),
            (has_page, "there is no README.md, or nothing in it"),
        ];
        for (_, seen) in parts.into_iter().filter(|(is_there, _)| !is_there) {
            violations.push(package.violation(RULE, seen));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(package: &str) -> Vec<Package> {
        let core = r#"{"name":"nowin-like-server","manifest_path":"/w/n/Cargo.toml"}"#;
        let text = format!(r#"{{"workspace_root":"/w","packages":[{package},{core}]}}"#);
        let mut both = packages(&text).unwrap();
        both[1].has_description = true;
        both[1].has_licence = true;
        both
    }

    fn found(check: fn(&[Package]) -> Vec<Violation>, package: &str) -> Vec<String> {
        check(&one(package)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_dependency_against_the_direction_is_found_of_whatever_kind() {
        for kind in ["null", r#""dev""#, r#""build""#] {
            let package = format!(
                r#"{{"name":"owin-host","manifest_path":"/w/h/Cargo.toml",
                "dependencies":[{{"name":"nowin-like-server","kind":{kind}}},{{"name":"clap"}}]}}"#
            );
            let found = found(directions, &package);
            assert_eq!(found.len(), 1, "{kind}");
            assert!(found[0].starts_with("h/Cargo.toml: "), "{found:?}");
            assert!(found[0].ends_with("owin-host depends on nowin-like-server"), "{found:?}");
        }
    }

    #[test]
    fn the_tests_of_an_adapter_may_need_the_reference_server_and_the_adapter_may_not() {
        for (kind, count) in [(r#""dev""#, 0), ("null", 1), (r#""build""#, 1)] {
            let package = format!(
                r#"{{"name":"owin-http","manifest_path":"/w/adapters/owin-http/Cargo.toml",
                "dependencies":[{{"name":"nowin-like-server","kind":{kind}}}]}}"#
            );
            assert_eq!(found(directions, &package).len(), count, "{kind}");
        }
    }

    #[test]
    fn the_tests_of_a_server_may_need_the_suite_and_the_server_may_not() {
        for (folder, kind, count) in
            [("adapters/owin-http", r#""dev""#, 0), ("examples", r#""dev""#, 0)]
                .into_iter()
                .chain([("examples", "null", 1), ("owin-host", r#""dev""#, 1)])
        {
            let name = folder.trim_start_matches("adapters/");
            let suite = r#"{"name":"owin-conformance","manifest_path":"/w/c/Cargo.toml"}"#;
            let package = format!(
                r#"{{"name":"{name}","manifest_path":"/w/{folder}/Cargo.toml",
                "dependencies":[{{"name":"owin-conformance","kind":{kind}}}]}},{suite}"#
            );
            assert_eq!(found(directions, &package).len(), count, "{folder} {kind}");
        }
    }

    #[test]
    fn a_crate_that_nobody_placed_is_found() {
        assert_eq!(found(directions, r#"{"name":"owin-new"}"#).len(), 1);
        assert_eq!(found(directions, r#"{"name":"owin-core"}"#).len(), 0);
    }

    #[test]
    fn a_runtime_that_the_contract_needs_is_found() {
        let core = |rest: &str| format!(r#"{{"name":"owin-core",{rest}}}"#);
        let tokio = |more: &str| format!(r#""dependencies":[{{"name":"tokio"{more}}}]"#);
        assert_eq!(found(runtimes, &core(&tokio(""))).len(), 1);
        assert_eq!(found(runtimes, &core(&tokio(r#","optional":true"#))).len(), 0);
        assert_eq!(found(runtimes, &core(&tokio(r#","kind":"dev""#))).len(), 0);
        let smol = r#""dependencies":[{"name":"smol","optional":true}]"#;
        assert_eq!(found(runtimes, &core(smol)).len(), 1);
    }

    #[test]
    fn a_feature_that_brings_a_runtime_by_the_way_is_found() {
        let core = r#"{"name":"owin-core","features":{"default":["tokio"],"tokio":["dep:tokio"]}}"#;
        assert_eq!(found(runtimes, core).len(), 1);
    }

    #[test]
    fn a_crate_that_does_not_say_what_it_is_is_found() {
        let pages = [("a/README.md", "# a\nb\n"), ("n/README.md", "# n\nb\n")];
        let pages = pages.map(|(path, text)| SourceFile::new(path, text));
        let bare = one(r#"{"name":"a","manifest_path":"/w/a/Cargo.toml"}"#);
        assert_eq!(particulars(&bare, &pages).len(), 2);
        assert_eq!(particulars(&bare, &[]).len(), 4);
        let heading = [SourceFile::new("a/README.md", "# a\n"), pages[1].clone()];
        assert_eq!(particulars(&bare, &heading).len(), 3);
    }
}
