//! Words that our sources do not use.

use crate::workspace::code::{numbered, parts, words};
use crate::workspace::{SourceFile, Violation};

/// What the glossary has another word for.
const NEVER: [&str; 7] = ["Handler", "Context", "Ctx", "Filter", "Plugin", "Manager", "Processor"];

/// What stands before the name of a type or a module.
const DECLARE: [&str; 6] = ["struct", "enum", "union", "trait", "type", "mod"];

/// What says that something is not done; in two halves, or this line would say it.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// What stops the program where something is not done.
const MACROS: [&str; 2] = ["todo", "unimplemented"];

/// Finds code that takes the compiler's checks away.
#[must_use]
pub fn without_checks(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "no code is unsafe";
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in numbered(&parts(file.text()).code) {
            if words(line).any(|word| word == "unsafe") {
                violations.push(Violation::new(file.path(), RULE, line.trim()).at(number));
            }
        }
    }
    violations
}

/// Finds what says that it is not done.
#[must_use]
pub fn unfinished(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "nothing is left undone";
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let parts = parts(file.text());
        for (number, line) in numbered(&parts.comments) {
            if let Some(mark) = words(line).find(|word| MARKS.contains(word)) {
                violations.push(Violation::new(file.path(), RULE, mark).at(number));
            }
        }
        for (number, line) in numbered(&parts.code) {
            if let Some(name) = MACROS.into_iter().find(|name| calls(line, name)) {
                violations.push(Violation::new(file.path(), RULE, format!("{name}!")).at(number));
            }
        }
    }
    violations
}

/// Finds types and modules that are named by a word that the glossary replaces.
#[must_use]
pub fn names(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "types and modules are named by the words of the glossary";
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in numbered(&parts(file.text()).code) {
            let mut before = "";
            for word in words(line) {
                let is_name = DECLARE.contains(&before);
                before = word;
                if is_name && NEVER.into_iter().any(|never| is_made_with(word, never)) {
                    violations.push(Violation::new(file.path(), RULE, word).at(number));
                }
            }
        }
    }
    violations
}

/// Whether a line calls a macro.
fn calls(line: &str, name: &str) -> bool {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(name) {
        let is_whole = before.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        if is_whole && after.trim_start().starts_with('!') {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether a name has the word among its own, as `CallHandler` and `call_handler` have `Handler`.
fn is_made_with(name: &str, word: &str) -> bool {
    let mut rest = name;
    while let Some((_, after)) = rest.split_once(word) {
        if !after.starts_with(|next: char| next.is_lowercase()) {
            return true;
        }
        rest = after;
    }
    let lower = word.to_ascii_lowercase();
    name.split('_').any(|part| part == lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(check: fn(&[SourceFile]) -> Vec<Violation>, text: &str) -> Vec<usize> {
        let violations = check(&[SourceFile::new("a/src/b.rs", text)]);
        let lines = (1..=text.lines().count()).filter(|line| {
            violations.iter().any(|v| v.to_string().starts_with(&format!("a/src/b.rs:{line}:")))
        });
        lines.collect()
    }

    #[test]
    fn an_unchecked_block_is_found_and_a_word_about_one_is_not() {
        let text = "fn a() { unsafe { b() } }\n// unsafe\n\"unsafe\";\nlet unsafe_code = 1;\n";
        assert_eq!(lines(without_checks, text), [1]);
    }

    #[test]
    fn marks_and_macros_of_undone_work_are_found() {
        let text = format!("// {}: later\ntodo!();\nunimplemented!()\n", MARKS[0]);
        assert_eq!(lines(unfinished, &text), [1, 2, 3]);
        assert_eq!(lines(unfinished, "// done\nlet todo = 1;\n\"todo!\";\nmy_todo!();\n"), [0; 0]);
    }

    #[test]
    fn a_name_with_a_word_that_is_never_used_is_found() {
        let text = "pub struct CallHandler<T>;\nmod filter;\nenum Ctx {}\ntype X = Context<'a>;\n";
        assert_eq!(lines(names, text), [1, 2, 3]);
        assert_eq!(lines(names, "trait Filtered {}\nstruct Managers;\nmod contexts;\n"), [0; 0]);
    }
}
