//! What the page says of one server.

use maud::{Markup, html};

use crate::check::Level;
use crate::report::badge::{Tone, tone};
use crate::report::document::{Document, Mode, Tally};
use crate::run::{Conclusion, Verdict};

pub(super) fn card(number: usize, document: &Document) -> Markup {
    let tone = match tone(document) {
        Tone::Good => "good",
        Tone::Doubtful => "doubtful",
        Tone::Bad => "bad",
        Tone::Lost => "lost",
    };
    html! {
        article class=(format!("card {tone}")) data-target=(number) {
            h3 { (document.name()) }
            p class="ending" { (document.ending()) }
            ul class="tallies" {
                @for tally in &document.profiles { (self::tally(tally)) }
            }
            (facts(document))
        }
    }
}

fn tally(tally: &Tally) -> Markup {
    let class = of_conclusion(tally.conclusion);
    html! {
        li {
            span class="profile" { (tally.name) }
            span class=(format!("conclusion {class}")) { (short(tally)) }
            (bar(tally))
            span class="levels" { @for level in tally.levels() { (self::level(tally, level)) } }
        }
    }
}

/// What is known of a profile, in a word or two.
pub(super) fn short(tally: &Tally) -> &'static str {
    tally.words().split(':').next().unwrap_or_default()
}

/// What came of a level, by verdict.
fn level(tally: &Tally, level: Level) -> Markup {
    html! {
        span class="level" {
            span class="name" { (level) }
            " " b { (tally.count(level, Verdict::Pass)) } " of " (tally.all(level))
            @for verdict in Verdict::all().into_iter().skip(1) {
                @let count = tally.count(level, verdict);
                @if count > 0 { span class=(verdict) { ", " (count) " " (verdict) } }
            }
        }
    }
}

/// A bar of the MUSTs, for the eye: the numbers stand below it.
fn bar(tally: &Tally) -> Markup {
    let all = tally.all(Level::Must);
    let mut from = 0;
    let parts = Verdict::all().map(|verdict| {
        let (start, width) = (from, tally.count(Level::Must, verdict));
        from += width;
        (verdict, start, width)
    });
    html! {
        @if all > 0 {
            svg class="bar" viewBox=(format!("0 0 {all} 1")) preserveAspectRatio="none" aria-hidden="true" {
                @for (verdict, start, width) in parts {
                    @if width > 0 { rect class=(verdict) x=(start) width=(width) height="1" {} }
                }
            }
        }
    }
}

fn facts(document: &Document) -> Markup {
    let run = &document.run;
    let mode = match run.mode {
        Mode::Url => "at its URL",
        Mode::Command => "started by the suite",
        Mode::Process => "in the suite's process",
    };
    let probe = if document.target.probe { "with the probe" } else { "without the probe" };
    let catalogue: String = document.suite.catalogue.chars().take(12).collect();
    html! {
        dl class="facts" {
            dt { "Tried" } dd { (run.begun) ", " (format!("{:.1} s", run.seconds)) }
            dt { "How" }
            dd {
                @if !document.target.url.is_empty() { code { (document.target.url) } ", " }
                (mode) ", " (probe)
            }
            @if !document.target.features.is_empty() {
                dt { "Claims" } dd { (document.target.features.join(", ")) }
            }
            dt { "By" }
            dd {
                (document.suite.name) " " (document.suite.version) ", catalogue "
                code { (catalogue) } ", on " (run.os) " " (run.arch) ", " (run.cores) " cores"
            }
            @if let Some(baseline) = &document.baseline {
                dt { "Baseline" } dd { (baseline.name) ", " (baseline.begun) }
            }
        }
    }
}

pub(super) fn of_conclusion(conclusion: Option<Conclusion>) -> &'static str {
    match conclusion {
        Some(Conclusion::Conforms) => "good",
        Some(Conclusion::Partial) => "doubtful",
        Some(Conclusion::Fails) => "bad",
        Some(Conclusion::NotApplicable) | None => "none",
    }
}
