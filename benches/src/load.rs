//! Load from wrk, and what a server needed for it.

use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use tempfile::NamedTempFile;

use crate::process::affinity::Cpu;
use crate::process::{Server, cpu};
use crate::report::Report;
use crate::servers::{Paths, Peer};

/// How many connections wrk keeps open.
const CONNECTIONS: u32 = 64;

/// How much is measured, and how.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many rounds; each server is measured once in each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each measurement takes.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Gives the servers one processor and wrk another: no server is moved while it is measured.
    #[arg(long)]
    pin: bool,
}

/// What a server did in one measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Nanoseconds of CPU time a request.
    pub(crate) cpu_ns: f64,
    /// How much of one core the server used.
    pub(crate) core: f64,
    /// How much of one core wrk used, which has one thread.
    pub(crate) wrk_core: f64,
}

/// The load of a measurement.
#[derive(Debug)]
pub(crate) struct Load {
    options: Options,
    /// The script that makes wrk send several requests at once.
    script: Option<NamedTempFile>,
}

impl Load {
    /// Makes a load of so many requests at once on each connection.
    ///
    /// # Errors
    ///
    /// Where wrk is not installed.
    pub(crate) fn new(options: Options, depth: u32) -> io::Result<Self> {
        if Command::new("wrk").arg("--version").output().is_err() {
            return Err(io::Error::other("wrk is not installed (try: apt-get install wrk)"));
        }
        let script = if depth > 1 { Some(pipelining(depth)?) } else { None };
        Ok(Self { options, script })
    }

    /// Measures servers in rounds, there and back: what comes first in one comes last in the next.
    ///
    /// # Errors
    ///
    /// Where a server fails, or wrk reports an error.
    pub(crate) fn compare(&self, peers: &[Peer]) -> io::Result<Report> {
        let mut report = Report::new(peers);
        for round in 0..self.options.rounds {
            let mut order = peers.to_vec();
            if round % 2 == 1 {
                order.reverse();
            }
            for peer in order {
                report.add(peer, self.measure(peer)?);
            }
        }
        Ok(report)
    }

    /// Starts a server, warms it up, and measures it.
    fn measure(&self, peer: Peer) -> io::Result<Measured> {
        let server = self.start(Cpu::First, || Server::start(peer, Paths::Root))?;
        self.wrk(server.port(), 1)?;
        let processes = server.processes()?;
        let (before, wrk_before) = (cpu::used(&processes)?, cpu::used_by_children()?);
        let (requests, seconds) = self.wrk(server.port(), self.options.seconds)?;
        let used = cpu::used(&processes)?.saturating_sub(before);
        let wrk_used = cpu::used_by_children()?.saturating_sub(wrk_before);
        let core = |used: Duration| used.as_secs_f64() / seconds;
        Ok(Measured {
            rate: requests / seconds,
            cpu_ns: used.as_secs_f64() * 1e9 / requests,
            core: core(used),
            wrk_core: core(wrk_used),
        })
    }

    /// Starts something on that processor, where that was asked for.
    fn start<T>(&self, cpu: Cpu, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.options.pin { cpu.start(start) } else { start() }
    }

    /// Runs wrk; returns how many requests it made in how many seconds.
    fn wrk(&self, port: u16, seconds: u32) -> io::Result<(f64, f64)> {
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")]);
        if let Some(script) = &self.script {
            wrk.arg("-s").arg(script.path());
        }
        wrk.arg(format!("http://127.0.0.1:{port}/"));
        let output = self.start(Cpu::Last, || wrk.output())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        parse(&text)
            .ok_or_else(|| io::Error::other(format!("wrk says what is not understood: {text}")))
    }
}

/// Reads `131840 requests in 3.02s, 16.35MB read`; errors of the server are no measurement.
fn parse(text: &str) -> Option<(f64, f64)> {
    if text.contains("Socket errors") || text.contains("Non-2xx") {
        return None;
    }
    let line = text.lines().find(|line| line.contains(" requests in "))?;
    let (requests, rest) = line.trim().split_once(" requests in ")?;
    let seconds = rest.split(',').next()?;
    let seconds = match seconds.strip_suffix("ms") {
        Some(milliseconds) => milliseconds.parse::<f64>().ok()? / 1000.0,
        None => seconds.strip_suffix('s')?.parse().ok()?,
    };
    Some((requests.parse().ok()?, seconds))
}

fn pipelining(depth: u32) -> io::Result<NamedTempFile> {
    let mut script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    writeln!(
        script,
        "init = function() local one = wrk.format() request_text = string.rep(one, {depth}) end\n\
         request = function() return request_text end"
    )?;
    script.flush()?;
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_wrk_says_is_understood() {
        assert_eq!(parse("  131840 requests in 3.02s, 16.35MB read\n"), Some((131_840.0, 3.02)));
        assert_eq!(parse("  10 requests in 500.00ms, 1KB read\n"), Some((10.0, 0.5)));
        assert_eq!(parse("  10 requests in 1.0s, 1KB read\n  Socket errors: connect 0"), None);
        assert_eq!(parse("nothing"), None);
    }
}
