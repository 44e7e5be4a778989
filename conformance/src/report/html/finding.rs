//! What did not hold: what was expected, beside what was seen.

use maud::{Markup, html};

use super::{anchor, badge, findings, matrix};
use crate::report::document::{Case, Document, Evidence, Kind, Mode, Piece};

/// How many lines of one piece are shown; the JSON report has all that were kept.
const MAX_LINES: usize = 60;

/// How long a line may be.
const MAX_LETTERS: usize = 600;

pub(super) fn section(documents: &[Document]) -> Markup {
    html! {
        section id="findings" aria-labelledby="found" {
            h2 id="found" { "Findings" }
            @if findings(documents).next().is_none() {
                p class="calm" { "Every check that is applicable holds." }
            }
            @for (number, document, case) in findings(documents) {
                (finding(number, document, case))
            }
        }
    }
}

fn finding(number: usize, document: &Document, case: &Case) -> Markup {
    html! {
        details class="finding" id=(anchor(number, case)) data-id=(case.id) data-target=(number)
            data-verdict=(case.verdict) {
            summary {
                h3 {
                    (badge(case))
                    span class="id" { (case.id) } span class="slug" { (case.slug) }
                    span class="level" { (case.level) }
                    span class="server" { (document.name()) }
                }
            }
            div class="sides" { (wanted(case)) (seen(case)) }
            (replay(document, case))
        }
    }
}

fn wanted(case: &Case) -> Markup {
    html! {
        section class="wanted" {
            h4 { "Expected" }
            p class="title" { (case.title) "." }
            ul class="quotes" {
                @for quote in &case.clauses {
                    li { (matrix::place(quote)) " " span class="says" { (quote.says) } }
                }
            }
            dl {
                dt { "If it stays" } dd { (case.means) }
                dt { "To mend it" } dd { (case.fix) }
            }
        }
    }
}

fn seen(case: &Case) -> Markup {
    html! {
        section class="seen" {
            h4 { "Seen" }
            (reason(&case.reason))
            @if let Some(known) = &case.expected {
                p class="known" { (known.verdict) " is known: " (known.reason) }
            }
            @if let Some(reason) = &case.varies {
                p class="known" { "What it comes to varies: " (reason) }
            }
            @if let Some(before) = case.before {
                p class="known" { "In the baseline: " (before) "." }
            }
            @if let Some(evidence) = &case.transcript { (transcript(evidence)) }
            @else { p class="none" { "Nothing went over a connection." } }
        }
    }
}

/// Why, and the message that it is about, where the reason names one.
fn reason(reason: &str) -> Markup {
    let (why, sent) = match reason.rsplit_once("; sent was ") {
        Some((why, sent)) => (why, Some(sent)),
        None => (reason, None),
    };
    html! {
        p class="reason" { @if why.is_empty() { "It holds." } @else { (why) } }
        @if let Some(sent) = sent { p class="about" { "Sent was " code { (bytes(sent)) } } }
    }
}

fn transcript(evidence: &Evidence) -> Markup {
    html! {
        div class="wire" role="region" aria-label="Transcript" tabindex="0" {
            table class="transcript" {
                caption class="unseen" { "What went over the connection" }
                thead class="unseen" {
                    tr { th scope="col" { "Seconds" } th scope="col" { "What" } th scope="col" { "Bytes" } }
                }
                tbody {
                    @for piece in &evidence.entries { (self::piece(piece)) }
                    @for note in evidence.left_out() { (line(Kind::Event, None, &html! { (note) })) }
                }
            }
        }
    }
}

fn piece(piece: &Piece) -> Markup {
    let more = piece.text.lines().count().saturating_sub(MAX_LINES);
    html! {
        @for (number, text) in piece.text.lines().take(MAX_LINES).enumerate() {
            @let at = (number == 0).then_some(piece.at);
            @if piece.kind == Kind::Event { (line(piece.kind, at, &html! { (text) })) }
            @else { (line(piece.kind, at, &bytes(text))) }
        }
        @if more > 0 {
            (line(Kind::Event, None, &html! { (more) " more lines are in the JSON report" }))
        }
    }
}

fn line(kind: Kind, at: Option<f64>, text: &Markup) -> Markup {
    let (class, sign, word) = match kind {
        Kind::Sent => ("sent", "→", "sent"),
        Kind::Came => ("came", "←", "came"),
        Kind::Event => ("event", "•", "event"),
    };
    html! {
        tr class=(class) {
            td class="at" { @if let Some(at) = at { (format!("{at:.3}")) } }
            td class="sign" { span aria-hidden="true" { (sign) } span class="unseen" { (word) } }
            td class="bytes" { (text) }
        }
    }
}

/// A line of bytes, with what is no visible ASCII set off.
fn bytes(text: &str) -> Markup {
    let shown: String = text.chars().take(MAX_LETTERS).collect();
    let is_cut = shown.len() < text.len();
    html! {
        @for (is_escape, part) in parts(&shown) {
            @if is_escape { span class="esc" { (part) } } @else { (part) }
        }
        @if is_cut { span class="esc" { " …" } }
    }
}

/// The escapes of a line, and what stands between them.
fn parts(text: &str) -> Vec<(bool, String)> {
    let mut parts: Vec<(bool, String)> = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let (is_escape, mut piece) = (letter == '\\', letter.to_string());
        if is_escape {
            let next = letters.next();
            piece.extend(next);
            if next == Some('x') {
                piece.extend(letters.by_ref().take(2));
            }
        }
        match parts.last_mut() {
            Some((same, whole)) if *same == is_escape => whole.push_str(&piece),
            _ => parts.push((is_escape, piece)),
        }
    }
    parts
}

/// The command that makes just this check again; none for a server in the suite's process.
fn replay(document: &Document, case: &Case) -> Markup {
    let target = match document.run.mode {
        Mode::Url => word(&document.target.url),
        Mode::Command => "--command '…'".to_owned(),
        Mode::Process => return html! {},
    };
    let command = format!("owin-conformance run {target} --only {}", word(&case.id));
    html! {
        div class="replay" {
            span class="prompt" aria-hidden="true" { "$" }
            code { (command) }
        }
    }
}

/// A word of a shell's command line.
fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:%+=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_set_off_and_nothing_is_lost() {
        let parts = parts("a\\\\n\\r\\x00b\\");
        let whole: String = parts.iter().map(|(_, part)| part.as_str()).collect();
        assert_eq!(whole, "a\\\\n\\r\\x00b\\");
        let escapes: Vec<_> = parts.iter().filter(|(is, _)| *is).map(|(_, p)| p.clone()).collect();
        assert_eq!(escapes, ["\\\\", "\\r\\x00", "\\"]);
    }

    #[test]
    fn a_word_of_a_shell_is_one_word() {
        assert_eq!(word("http://127.0.0.1:80/a"), "http://127.0.0.1:80/a");
        assert_eq!(word("a b'; rm"), "'a b'\\''; rm'");
    }
}
