//! What every server has to show, each in a process of its own with the app.
//!
//! `MATRIX_STREAM_BYTES` is how long a stream is; without it, 256 MiB.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "what was seen belongs to the test, and a task that panicked is a failed one"
)]

mod support;

use std::fmt::Debug;
use std::future::Future;

use owin_adapter_matrix::Evidence;
use owin_adapter_matrix::duty::{self, Way};
use owin_adapter_matrix::proof::Column;
use owin_adapter_matrix::servers::{Entry, Target, entries};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How long a stream is where nobody says.
const STREAM_BYTES: u64 = 256 << 20;

fn stream_bytes() -> u64 {
    std::env::var("MATRIX_STREAM_BYTES").map_or(STREAM_BYTES, |said| {
        said.parse().unwrap_or_else(|_| panic!("MATRIX_STREAM_BYTES={said} is no number of bytes"))
    })
}

/// Servers that are asked at the same time, by whatever test: much of it is waiting.
static AT_A_TIME: Semaphore = Semaphore::const_new(4);

/// Asks every server, each just started; says what was seen, and fails with all that failed.
async fn every<T, F>(what: &str, check: fn(&'static Entry, Target) -> F)
where
    T: Debug + Send + 'static,
    F: Future<Output = Result<T, Evidence>> + Send + 'static,
{
    let asked = entries().iter().map(|entry| (entry, tokio::spawn(one(entry, check))));
    let mut faults = Vec::new();
    for (entry, seen) in asked.collect::<Vec<_>>() {
        match seen.await.unwrap() {
            Some(Ok(seen)) => println!("{}: {what}: {seen:?}", entry.name),
            Some(Err(evidence)) => faults.push(format!("{}: {evidence}", entry.name)),
            None => {}
        }
    }
    assert!(faults.is_empty(), "{what}\n{}\n", faults.join("\n"));
}

/// Asks a server; `None` where it is not to be checked here.
async fn one<T, F>(
    entry: &'static Entry,
    check: fn(&'static Entry, Target) -> F,
) -> Option<Result<T, Evidence>>
where
    F: Future<Output = Result<T, Evidence>>,
{
    let _turn = AT_A_TIME.acquire().await.unwrap();
    let started = spawn_blocking(|| support::started(entry)).await.unwrap()?;
    let seen = check(entry, started.target.clone()).await;
    spawn_blocking(move || drop(started)).await.unwrap(); // it waits for processes to end
    Some(seen)
}

/// Whether the table says yes; another test proves that it is right.
fn can(entry: &Entry, column: Column) -> bool {
    entry.lacks.iter().all(|lack| lack.column != column)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_stream_into_the_app_leaves_the_memory_flat() {
    every("grown by bytes", |_, target| async move {
        duty::stream(&target, Way::In, stream_bytes()).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_stream_out_of_the_app_leaves_the_memory_flat() {
    every("grown by bytes", |_, target| async move {
        duty::stream(&target, Way::Out, stream_bytes()).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_stream_both_ways_at_once_leaves_the_memory_flat() {
    every("grown by bytes", |entry, target| async move {
        match can(entry, Column::BothWays) {
            true => duty::stream(&target, Way::Both, stream_bytes()).await.map(Some),
            false => Ok(None),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_does_not_read_holds_the_client_back() {
    every(
        "bytes under way",
        |_, target| async move { duty::back_pressure(&target, Way::In).await },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_holds_the_app_back() {
    every(
        "bytes under way",
        |_, target| async move { duty::back_pressure(&target, Way::Out).await },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_is_noticed_within_a_second() {
    every("noticed", |entry, target| async move {
        match can(entry, Column::Cancellation) {
            true => duty::disconnects(&target).await.map(Some),
            false => Ok(None),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_announces_what_it_can_and_nothing_else() {
    every("announced", |_, target| async move { duty::announcements(&target).await }).await;
}
