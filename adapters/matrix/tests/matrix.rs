//! Every cell of the table, proven over real sockets; and the page that shows it.

#![expect(clippy::unwrap_used, reason = "a task that panicked is a failed test")]

mod support;

use std::time::Duration;

use owin_adapter_matrix::proof::{Column, Verdict};
use owin_adapter_matrix::servers::{Entry, entries};
use owin_adapter_matrix::table::{Cell, Row, judge, with_table};
use owin_adapter_matrix::{PATIENCE, waiting};
use tokio::task::JoinSet;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");

/// How long one waits for what the entry says to be missing: what is there after all comes sooner.
const IMPATIENCE: Duration = Duration::from_secs(5);

/// A column with its place in the table, and what its proof came to.
type Seen = (usize, Column, Verdict);

/// `UPDATE_GOLDEN=1` rewrites the table in the page. `MATRIX_ONLY=nowin,custom` checks these alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_was_proven() {
    let asked = entries().iter().map(|entry| (entry, tokio::spawn(seen(entry))));
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for (entry, seen) in asked.collect::<Vec<_>>() {
        let row = match seen.await.unwrap() {
            Some(seen) => Row::Checked(cells(entry, &seen, &mut faults)),
            None => Row::Kept,
        };
        rows.push((entry, row));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    let page = std::fs::read_to_string(PAGE).unwrap();
    let right = with_table(&page, &rows).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PAGE, right).unwrap();
        return;
    }
    assert!(page == right, "adapters/README.md shows another table; UPDATE_GOLDEN=1 rewrites it");
}

/// Starts a target and proves its columns; `None` where it is not to be checked here.
async fn seen(entry: &'static Entry) -> Option<Vec<Seen>> {
    let started = tokio::task::spawn_blocking(|| support::started(entry)).await.unwrap()?;
    let prove = |(at, column): (usize, Column)| {
        let target = started.target.clone();
        let is_lacked = entry.lacks.iter().any(|lack| lack.column == column);
        let patience = if is_lacked { IMPATIENCE } else { PATIENCE };
        async move { (at, column, waiting(patience, column.prove(&target)).await) }
    };
    // One by itself: a server that loses its way where much goes in both directions may be helped
    // by what else happens. The others at once: most of what is missing shows by waiting.
    let is_alone = |(_, column): &(usize, Column)| *column == Column::BothWays;
    let (alone, others): (Vec<_>, Vec<_>) = Column::ALL.into_iter().enumerate().partition(is_alone);
    let mut seen = Vec::new();
    for column in alone {
        seen.push(prove(column).await);
    }
    seen.extend(others.into_iter().map(prove).collect::<JoinSet<_>>().join_all().await);
    seen.sort_by_key(|(at, ..)| *at);
    Some(seen)
}

fn cells(entry: &Entry, seen: &[Seen], faults: &mut Vec<String>) -> Vec<Cell> {
    let judged = seen.iter().map(|(_, column, verdict)| judge(entry, *column, verdict));
    judged.filter_map(|cell| cell.map_err(|fault| faults.push(fault)).ok()).collect()
}
