//! `idle`: the memory of connections that say nothing, and what is left of a burst.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use clap::Args;

use crate::client::{Client, GET};
use crate::figures::{each, mebibytes};
use crate::process::{Server, files, memory};
use crate::servers::{Paths, Peer, chosen};

/// What an idle connection of the reference server may take.
const GOAL_BYTES: f64 = 2048.0;

/// How much more than before the burst may be resident when its connections are closed.
const LEFT_BYTES: u64 = 16 << 20;

/// Requests before the first look, so that code and tables that all share are in memory.
const WARM_UP: u32 = 100;

/// How long a server has to finish what it does.
const PAUSE: Duration = Duration::from_millis(300);

/// The body of each request of the burst; the first half comes on all connections, then the rest.
const BODY_BYTES: usize = 16 * 1024;

/// How to measure it.
#[derive(Args)]
pub(crate) struct Options {
    /// How many connections stay open.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// How many seconds after the burst the memory is read.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The servers to measure, separated by commas; all of them without this.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Peer>,
}

/// What a server has in memory, in bytes.
#[derive(Clone, Copy, Debug)]
struct Resident {
    before: u64,
    idle: u64,
    burst: u64,
    after: u64,
}

/// Measures, and prints a table.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    let mut out = io::stdout();
    let peers = chosen(&options.only, &Peer::all())?;
    let connections = files::make_room(options.connections)?;
    writeln!(out, "{connections} idle connections; MiB resident")?;
    writeln!(
        out,
        "{:<14}{:>12}{:>10}{:>10}{:>10}{:>10}",
        "server", "bytes each", "before", "idle", "burst", "after"
    )?;
    for peer in peers {
        let resident = measure(peer, connections, Duration::from_secs(options.seconds))?;
        let bytes = each(resident.before, resident.idle, connections);
        let Resident { before, idle, burst, after } = resident;
        let [before, idle, burst, after] = [before, idle, burst, after].map(mebibytes);
        let verdict = if peer == Peer::Nowin { verdict(bytes, &resident) } else { String::new() };
        writeln!(
            out,
            "{:<14}{bytes:>12.0}{before:>10.1}{idle:>10.1}{burst:>10.1}{after:>10.1}{verdict}",
            peer.name()
        )?;
    }
    Ok(())
}

fn measure(peer: Peer, connections: u32, settling: Duration) -> io::Result<Resident> {
    let server = Server::start(peer, Paths::All)?;
    let processes = server.processes()?;
    let resident = |pause| {
        thread::sleep(pause);
        memory::resident_bytes(&processes)
    };
    Client::connect(server.port())?.ask(GET, 1, WARM_UP)?;
    let before = resident(PAUSE)?;
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut client = Client::connect(server.port())?;
        client.ask(GET, 1, 1)?;
        clients.push(client);
    }
    let idle = resident(PAUSE)?;
    let burst = burst(&mut clients, || resident(PAUSE))?;
    drop(clients);
    Ok(Resident { before, idle, burst, after: resident(settling)? })
}

/// Sends a request with a body on all connections; returns the larger of what is found when each is
/// half there and when each is answered.
fn burst(clients: &mut [Client], look: impl Fn() -> io::Result<u64>) -> io::Result<u64> {
    let head =
        format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
    let half = vec![b'x'; BODY_BYTES / 2];
    for client in &mut *clients {
        client.send(head.as_bytes())?;
        client.send(&half)?;
    }
    let half_there = look()?;
    for client in &mut *clients {
        client.send(&half)?;
    }
    for client in clients {
        client.answers(1)?;
    }
    Ok(look()?.max(half_there))
}

/// Whether the goals of the reference server are met.
fn verdict(bytes_each: f64, resident: &Resident) -> String {
    let is_small = bytes_each <= GOAL_BYTES;
    let has_fallen = resident.after <= resident.before.saturating_add(LEFT_BYTES);
    let said = |is_met| if is_met { "met" } else { "MISSED" };
    format!(
        "  at most {GOAL_BYTES} bytes each: {}; within {:.0} MiB afterwards: {}",
        said(is_small),
        mebibytes(LEFT_BYTES),
        said(has_fallen)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_goals_are_judged() {
        let resident = |after| Resident { before: 0, idle: 0, burst: 0, after };
        let said = verdict(2048.0, &resident(LEFT_BYTES + 1));
        assert!(said.contains("each: met") && said.ends_with("MISSED"), "{said}");
        let said = verdict(2048.1, &resident(LEFT_BYTES));
        assert!(said.contains("each: MISSED") && said.ends_with("met"), "{said}");
    }
}
