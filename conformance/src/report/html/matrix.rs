//! The matrix: a row for each check, a column for each server; and what filters it.

use maud::{Markup, html};

use super::card::{of_conclusion, short};
use super::{anchor, badge};
use crate::check::Level;
use crate::report::document::{Case, Document, Quote};
use crate::run::Verdict;

/// More servers than that are shown by signs alone.
const FEW: usize = 5;

/// The checks of a profile.
pub(super) struct Group<'a> {
    profile: &'a str,
    pub(super) rows: Vec<Row<'a>>,
}

/// A check, and what it came to on each server.
pub(super) struct Row<'a> {
    case: &'a Case,
    cells: Vec<Option<&'a Case>>,
}

/// The checks of all reports, by profile, in the order in which the reports have them.
pub(super) fn groups(documents: &[Document]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (number, case) in
        documents.iter().enumerate().flat_map(|(n, own)| own.checks.iter().map(move |c| (n, c)))
    {
        let place = groups.iter().position(|group| group.profile == case.profile);
        let place = place.unwrap_or_else(|| {
            groups.push(Group { profile: &case.profile, rows: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.put(documents.len(), number, case);
        }
    }
    groups
}

impl<'a> Group<'a> {
    fn put(&mut self, width: usize, number: usize, case: &'a Case) {
        let place = self.rows.iter().position(|row| row.case.id == case.id);
        let place = place.unwrap_or_else(|| {
            self.rows.push(Row { case, cells: vec![None; width] });
            self.rows.len() - 1
        });
        let cell = self.rows.get_mut(place).and_then(|row| row.cells.get_mut(number));
        if let Some(cell) = cell {
            *cell = Some(case);
        }
    }
}

pub(super) fn section(documents: &[Document], groups: &[Group<'_>]) -> Markup {
    let class = if documents.len() > FEW { "scroll many" } else { "scroll" };
    html! {
        section id="matrix" aria-labelledby="checks" {
            h2 id="checks" { "Checks" }
            (filters(documents, groups))
            (legend())
            div class=(class) role="region" aria-labelledby="checks" tabindex="0" {
                table class="matrix" {
                    caption class="unseen" { "What each check came to on each server" }
                    thead {
                        tr {
                            th scope="col" { "Check" }
                            th scope="col" { "Level" }
                            @for (number, document) in documents.iter().enumerate() {
                                th scope="col" class="server" data-target=(number) {
                                    (document.name())
                                }
                            }
                        }
                    }
                    @for group in groups { (body(documents, group)) }
                }
                p id="nothing" hidden { "No check is like that." }
            }
        }
    }
}

fn body(documents: &[Document], group: &Group<'_>) -> Markup {
    html! {
        tbody data-profile=(group.profile) {
            tr class="group" {
                th scope="rowgroup" colspan="2" { (group.profile) }
                @for (number, document) in documents.iter().enumerate() {
                    @let own = document.profiles.iter().find(|own| own.name == group.profile);
                    td data-target=(number) {
                        @if let Some(tally) = own {
                            span class=(format!("conclusion {}", of_conclusion(tally.conclusion))) {
                                (short(tally))
                            }
                        }
                    }
                }
            }
            @for row in &group.rows { (self::row(row)) }
        }
    }
}

fn row(row: &Row<'_>) -> Markup {
    let case = row.case;
    html! {
        tr class="check" data-id=(case.id) data-level=(case.level) {
            th scope="row" {
                span class="id" { (case.id) } " " span class="slug" { (case.slug) }
                span class="about" {
                    span class="title" { (case.title) } " "
                    @for quote in &case.clauses { (place(quote)) " " }
                }
            }
            td class="level" { (case.level) }
            @for (number, cell) in row.cells.iter().enumerate() {
                @match cell {
                    Some(case) => td data-target=(number) data-verdict=(case.verdict) {
                        @if case.is_telling() {
                            a href=(format!("#{}", anchor(number, case))) { (badge(case)) }
                        } @else if case.reason.is_empty() {
                            (badge(case))
                        } @else {
                            details class="why" { summary { (badge(case)) } p { (case.reason) } }
                        }
                    },
                    None => td data-target=(number) data-verdict="none" {
                        span class="v none" {
                            span class="sign" aria-hidden="true" { "·" } span class="word" { "not made" }
                        }
                    },
                }
            }
        }
    }
}

/// Where a clause stands, as a link where it can be read.
pub(super) fn place(quote: &Quote) -> Markup {
    html! {
        @if let Some(url) = quote.url() {
            a class="clause" href=(url) rel="noreferrer" { (quote.place()) }
        } @else {
            span class="clause" { (quote.place()) }
        }
    }
}

fn filters(documents: &[Document], groups: &[Group<'_>]) -> Markup {
    let verdicts = Verdict::all().map(Verdict::name);
    html! {
        form class="filters" role="search" aria-label="Filter the checks" hidden {
            label class="wide" {
                span { "Text" }
                input type="search" name="text" autocomplete="off" spellcheck="false"
                    placeholder="id, name, title, clause   ( / )";
            }
            label {
                span { "Verdict" }
                select name="verdict" {
                    option value="" { "any" }
                    option value="bad" { "not proven" }
                    option value="differs" { "differs" }
                    @for verdict in verdicts { option { (verdict) } }
                }
            }
            label {
                span { "Level" }
                select name="level" {
                    option value="" { "any" }
                    @for level in Level::all() { option { (level) } }
                }
            }
            label {
                span { "Profile" }
                select name="profile" {
                    option value="" { "any" }
                    @for group in groups { option { (group.profile) } }
                }
            }
            label {
                span { "Server" }
                select name="target" {
                    option value="" { "all" }
                    @for (number, document) in documents.iter().enumerate() {
                        option value=(number) { (document.name()) }
                    }
                }
            }
            button type="reset" { "Clear" }
            output id="shown" aria-live="polite" {}
        }
    }
}

fn legend() -> Markup {
    let words = [
        ("pass soft", "✓", "it holds"),
        ("fail hard", "✕", "it does not, and that breaks the run"),
        ("fail soft", "✕", "it does not, but is known, varies or is not demanded"),
        ("blocked soft", "⊘", "what must hold first does not"),
        ("inconclusive soft", "?", "the evidence contradicts itself"),
        ("skipped soft", "–", "not applicable"),
        ("error soft", "!", "the suite could not go on"),
    ];
    html! {
        ul class="legend" aria-label="What the signs mean" {
            @for (class, sign, means) in words {
                li {
                    span class=(format!("v {class}")) { span class="sign" aria-hidden="true" { (sign) } }
                    " " (means)
                }
            }
        }
    }
}
