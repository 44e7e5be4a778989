//! The table in `adapters/README.md`, written from what was proven.

use crate::proof::{Column, Verdict};
use crate::servers::{Entry, Lack};

/// Between these stands the table.
pub const FENCE: (&str, &str) =
    ("<!-- what each server can do, as it was proven -->\n", "<!-- its end -->\n");

/// A row, as far as it goes: what was proven, or that nobody could look.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Row {
    /// The cells, in the order of the columns.
    Checked(Vec<Cell>),
    /// The server could not be started here; what the page says stays.
    Kept,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cell {
    /// Proven.
    Yes,
    /// Missing, for that reason.
    No(&'static str),
}

/// Judges a verdict by what the entry says.
///
/// # Errors
///
/// Where something is missing that has no reason or shows otherwise than it says, and where a
/// reason is given for what is proven.
///
/// ```
/// use owin_adapter_matrix::proof::{Column, Verdict};
/// use owin_adapter_matrix::table::{Cell, judge};
/// use owin_adapter_matrix::servers::entries;
///
/// let Some(custom) = entries().iter().find(|entry| entry.name == "custom") else { return };
/// assert_eq!(judge(custom, Column::StreamingIn, &Verdict::Proven), Ok(Cell::Yes));
/// assert!(judge(custom, Column::Upgrade, &Verdict::Proven).is_err(), "it says why not");
/// ```
pub fn judge(entry: &Entry, column: Column, verdict: &Verdict) -> Result<Cell, String> {
    let lack = entry.lacks.iter().find(|lack| lack.column == column);
    let at = format!("{}, {}", entry.name, column.title());
    match (verdict, lack) {
        (Verdict::Proven, None) => Ok(Cell::Yes),
        (Verdict::Proven, Some(Lack { reason, .. })) => {
            Err(format!("{at}: proven, so take the reason away: {reason}"))
        }
        (Verdict::Missing(evidence), None) => {
            Err(format!("{at}: missing, and the entry has no reason: {evidence}"))
        }
        (Verdict::Missing(seen), Some(lack)) if seen.text().contains(lack.evidence) => {
            Ok(Cell::No(lack.reason))
        }
        (Verdict::Missing(seen), Some(lack)) => {
            let wanted = lack.evidence;
            Err(format!("{at}: missing, but not as the reason says ({wanted:?}): {seen}"))
        }
    }
}

/// The page with the table of these rows. A row that was kept is what the page has now.
///
/// `None` where the page has no place for the table.
#[must_use]
pub fn with_table(page: &str, rows: &[(&Entry, Row)]) -> Option<String> {
    let (before, rest) = page.split_once(FENCE.0)?;
    let (now, behind) = rest.split_once(FENCE.1)?;
    let table = [cells(rows, now), String::from("\n"), reasons(rows, now), columns()].concat();
    Some([before, FENCE.0, &table, FENCE.1, behind].concat())
}

fn cells(rows: &[(&Entry, Row)], now: &str) -> String {
    let titles: Vec<&str> = Column::ALL.iter().map(|column| column.title()).collect();
    let mut table = format!("| | {} |\n|---|{}\n", titles.join(" | "), ":-:|".repeat(titles.len()));
    for (entry, row) in rows {
        let name = format!("[{}]({})", entry.name, entry.page);
        match row {
            Row::Checked(cells) => {
                let words = cells.iter().map(|cell| match cell {
                    Cell::Yes => " yes |",
                    Cell::No(_) => " no |",
                });
                table += &format!("| {name} |{}\n", words.collect::<String>());
            }
            Row::Kept => table += &kept(now, &name),
        }
    }
    table
}

fn reasons(rows: &[(&Entry, Row)], now: &str) -> String {
    let mut table = String::from("| | no | because |\n|---|---|---|\n");
    for (entry, row) in rows {
        match row {
            Row::Checked(cells) => {
                for (column, cell) in Column::ALL.iter().zip(cells) {
                    if let Cell::No(reason) = cell {
                        table += &format!("| {} | {} | {reason} |\n", entry.name, column.title());
                    }
                }
            }
            Row::Kept => table += &kept(now, entry.name),
        }
    }
    table + "\n"
}

fn columns() -> String {
    let mut table = String::from("| column | yes means |\n|---|---|\n");
    for column in Column::ALL {
        table += &format!("| {} | {} |\n", column.title(), column.what());
    }
    table
}

/// The lines that the page has now of that name.
fn kept(now: &str, name: &str) -> String {
    let start = format!("| {name} |");
    now.split_inclusive('\n').filter(|line| line.starts_with(&start)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Evidence;
    use crate::servers::Protocol;

    const ENTRY: Entry = Entry {
        name: "one",
        page: "one.md",
        protocol: Protocol::Http1,
        server: |servers| servers,
        front: None,
        lacks: &[Lack { column: Column::Upgrade, evidence: "501", reason: "it cannot" }],
    };

    fn missing(evidence: &str) -> Verdict {
        Verdict::Missing(Evidence::new(evidence))
    }

    #[test]
    fn a_no_has_its_reason() {
        assert_eq!(judge(&ENTRY, Column::Upgrade, &missing("a 501 b")), Ok(Cell::No("it cannot")));
    }

    #[test]
    fn a_no_without_a_reason_is_an_error() {
        let said = judge(&ENTRY, Column::Flush, &missing("nothing came")).unwrap_err();
        assert!(said.contains("no reason") && said.contains("nothing came"), "{said}");
    }

    #[test]
    fn a_no_for_another_reason_is_an_error() {
        let said = judge(&ENTRY, Column::Upgrade, &missing("nobody listens")).unwrap_err();
        assert!(said.contains("nobody listens"), "{said}");
    }

    #[test]
    fn a_reason_for_what_is_proven_is_an_error() {
        assert!(judge(&ENTRY, Column::Upgrade, &Verdict::Proven).is_err());
        assert_eq!(judge(&ENTRY, Column::Flush, &Verdict::Proven), Ok(Cell::Yes));
    }

    fn page(table: &str) -> String {
        format!("before\n{}{table}{}behind\n", FENCE.0, FENCE.1)
    }

    fn row() -> Row {
        let cells = Column::ALL.map(|column| match column {
            Column::Upgrade => Cell::No("it cannot"),
            _ => Cell::Yes,
        });
        Row::Checked(cells.to_vec())
    }

    #[test]
    fn the_table_replaces_what_stood_in_its_place() {
        let page = with_table(&page("old\n"), &[(&ENTRY, row())]).unwrap();
        assert!(page.starts_with("before\n") && page.ends_with("behind\n"));
        assert!(page.contains("\n| [one](one.md) | yes |") && !page.contains("old"));
        assert!(page.contains("\n| one | upgrade | it cannot |\n"));
        assert_eq!(with_table("no place", &[]), None);
    }

    #[test]
    fn a_row_that_nobody_could_check_stays_as_it_is() {
        let first = with_table(&page(""), &[(&ENTRY, row())]).unwrap();
        assert_eq!(with_table(&first, &[(&ENTRY, Row::Kept)]).unwrap(), first);
        let other = Entry { name: "two", ..ENTRY };
        let both = with_table(&first, &[(&other, row()), (&ENTRY, Row::Kept)]).unwrap();
        assert!(both.contains("\n| [one](one.md) |") && both.contains("\n| [two](one.md) |"));
        assert!(!with_table(&first, &[(&other, row())]).unwrap().contains("[one]"));
    }
}
