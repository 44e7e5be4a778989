//! What is told of a run, in every form: of servers that pass, fail, block, die and are not there.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that finds no such thing stops, and one that is skipped says so"
)]

mod baseline;
mod browser;
mod command;
mod exit_codes;
mod github;
mod junit;
mod page;
mod peer;
mod schema;
mod small;
mod terminal;
mod varying;
