//! Every cell of the table, proven over real sockets; and the page that shows it.

mod support;

use owin_adapter_matrix::proof::{Column, Verdict};
use owin_adapter_matrix::servers::{Entry, Target, entries};
use owin_adapter_matrix::table::{Cell, Row, judge, with_table};
use tokio::task::JoinSet;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");

/// `UPDATE_GOLDEN=1` rewrites the table in the page. `MATRIX_ONLY=nowin,custom` checks these alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_was_proven() {
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for entry in entries() {
        let row = match support::started(entry) {
            Some(started) => row(entry, &started.target, &mut faults).await,
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

/// All columns of a target, at once: most of what is missing shows by waiting.
async fn row(entry: &Entry, target: &Target, faults: &mut Vec<String>) -> Row {
    let mut proofs = JoinSet::new();
    for (at, column) in Column::ALL.into_iter().enumerate() {
        let target = target.clone();
        proofs.spawn(async move { (at, column, column.prove(&target).await) });
    }
    let mut verdicts: Vec<(usize, Column, Verdict)> = proofs.join_all().await;
    verdicts.sort_by_key(|(at, ..)| *at);
    let cells = verdicts.iter().map(|(_, column, verdict)| match judge(entry, *column, verdict) {
        Ok(cell) => cell,
        Err(fault) => {
            faults.push(fault);
            Cell::Yes
        }
    });
    Row::Checked(cells.collect())
}
