//! The servers of this project side by side with others: `cargo run --release -p owin-benches -- plaintext`.

mod allocations;
mod bridges;
mod client;
mod clock;
mod counter;
mod figures;
mod idle;
mod instructions;
mod load;
mod plaintext;
mod process;
mod report;
mod servers;
mod slow;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::servers::{Paths, Peer};

/// Counting needs an allocator of its own.
#[cfg(all(feature = "jemalloc", not(feature = "count")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures servers against one another.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// `Hello, World!` to 64 keep-alive connections, one request at a time and 16 at a time.
    Plaintext(plaintext::Options),
    /// What it costs that an app or a service comes by way of a bridge.
    Bridges(load::Options),
    /// What a keep-alive request makes a server allocate.
    Allocations(allocations::Options),
    /// How many instructions outside the kernel a request takes.
    Instructions(instructions::Options),
    /// The memory of idle connections, and what is left of a burst.
    Idle(idle::Options),
    /// What thousands of slow connections do to a client that is not slow.
    Slow(slow::Options),
    /// Runs one of the servers until the input ends; what the measurement starts.
    #[command(hide = true)]
    Serve {
        /// The server.
        peer: Peer,
        /// What it answers.
        #[arg(default_value = "root")]
        paths: Paths,
    },
}

fn main() -> ExitCode {
    run(Options::parse().what).unwrap_or_else(|error| {
        let _unwritable = writeln!(io::stderr(), "owin-benches: {error}");
        ExitCode::from(2)
    })
}

/// Does what was asked for; says whether what was measured is good enough, where that is judged.
fn run(what: What) -> io::Result<ExitCode> {
    match what {
        What::Plaintext(options) => plaintext::run(&options)?,
        What::Bridges(options) => bridges::run(options)?,
        What::Allocations(options) => return allocations::run(&options),
        What::Instructions(options) => instructions::run(&options)?,
        What::Idle(options) => idle::run(&options)?,
        What::Slow(options) => return slow::run(&options),
        What::Serve { peer, paths } => servers::serve(peer, paths)?,
    }
    Ok(ExitCode::SUCCESS)
}
