//! Where code may depend on a feature of Cargo's.

use crate::workspace::code::{numbered, parts};
use crate::workspace::{SourceFile, Violation};

const RULE: &str = "a feature gates an item or a variant, never a part of a function";

/// What may follow the gate where it stands inside something.
const ITEMS: [&str; 3] = ["mod ", "use ", "impl"];

/// Finds gates inside functions: a feature adds API, it never changes what existing API does.
///
/// A gate is taken for right where it stands at the start of a line, or directly before a `mod`, a
/// `use`, an `impl` or a variant.
#[must_use]
pub fn feature_gates(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let code = parts(file.text()).code;
        let lines: Vec<(usize, &str)> = numbered(&code).collect();
        for ((index, (number, line)), whole) in lines.iter().enumerate().zip(file.text().lines()) {
            let behind = lines.iter().skip(index + 1).map(|(_, line)| *line);
            if depends_on_a_feature(line) && !stands_right(line, behind) {
                violations.push(Violation::new(file.path(), RULE, whole.trim()).at(*number));
            }
        }
    }
    violations
}

fn depends_on_a_feature(line: &str) -> bool {
    let is_gate = line.contains("cfg(") || line.contains("cfg!(") || line.contains("cfg_attr(");
    is_gate && line.contains("feature")
}

fn stands_right<'a>(line: &str, mut behind: impl Iterator<Item = &'a str>) -> bool {
    if line.contains("cfg!(") {
        return false;
    }
    if line.starts_with("#[") || line.starts_with("#![") {
        return true;
    }
    let rest = line.rsplit(']').next().unwrap_or_default().trim();
    if !rest.is_empty() {
        return is_item(rest);
    }
    let next = behind.find(|line| !line.trim().is_empty() && !line.trim().starts_with("#["));
    next.is_some_and(|next| is_item(next.trim()))
}

fn is_item(line: &str) -> bool {
    let after_pub = line.strip_prefix("pub").map_or(line, |rest| {
        let rest = rest.trim_start();
        if rest.starts_with('(') { rest.split_once(')').map_or(rest, |pair| pair.1) } else { rest }
    });
    let item = after_pub.trim_start();
    ITEMS.into_iter().any(|start| item.starts_with(start)) || is_variant(line)
}

/// Whether a line begins a variant: a name in Pascal case, then its fields, its end or its value.
fn is_variant(line: &str) -> bool {
    let name = line.find(|c: char| !c.is_alphanumeric()).unwrap_or(line.len());
    let rest = line.get(name..).unwrap_or_default();
    let is_whole = matches!(rest, "" | ",") || rest.starts_with(" {") || rest.starts_with(" = ");
    let is_tuple = rest.starts_with('(') && (rest.ends_with("),") || rest.ends_with('('));
    line.starts_with(char::is_uppercase) && (is_whole || is_tuple)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        feature_gates(&[SourceFile::new("a/src/b.rs", text)]).len()
    }

    #[test]
    fn a_gate_inside_a_function_is_found() {
        assert_eq!(found("fn a() {\n    #[cfg(feature = \"b\")]\n    c();\n}\n"), 1);
        assert_eq!(found("fn a() {\n    #[cfg(feature = \"b\")]\n    let c = 1;\n}\n"), 1);
        assert_eq!(found("fn a() {\n    #[cfg(feature = \"b\")]\n    return Some(1);\n}\n"), 1);
        assert_eq!(found("fn a() {\n    #[cfg(all(unix, feature = \"b\"))] c();\n}\n"), 1);
        assert_eq!(found("fn a() -> bool {\n    cfg!(feature = \"b\")\n}\n"), 1);
        assert_eq!(found("struct A {\n    #[cfg(feature = \"b\")]\n    c: u8,\n}\n"), 1);
    }

    #[test]
    fn a_gate_of_an_item_or_a_variant_is_right() {
        assert_eq!(found("#[cfg(feature = \"a\")]\nmod b;\n"), 0);
        assert_eq!(found("#![cfg_attr(feature = \"a\", allow(b))]\n"), 0);
        for item in ["mod b;", "pub(crate) use b::c;", "impl A {}", "B,", "B(u8),", "B { c: u8 },"]
        {
            let text = format!("mod a {{\n    #[cfg(feature = \"a\")]\n    #[b]\n    {item}\n}}\n");
            assert_eq!(found(&text), 0, "{item}");
        }
    }

    #[test]
    fn a_gate_of_something_else_is_no_affair_of_this_rule() {
        assert_eq!(found("fn a() {\n    #[cfg(unix)]\n    b();\n}\n// cfg(feature\n"), 0);
    }
}
