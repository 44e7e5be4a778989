//! The servers as processes of their own, started and stopped by the one that measures.

pub(crate) mod affinity;
pub(crate) mod cpu;
pub(crate) mod files;
pub(crate) mod memory;
pub(crate) mod nginx;

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use self::nginx::Nginx;
use crate::servers::{Paths, Peer};

/// How often, and how many times, one that was asked to stop is looked at: two seconds in all.
const LOOKS: (Duration, u32) = (Duration::from_millis(20), 100);

/// What the system needs to give back the port and the processor of one that was killed.
const AFTERWARDS: Duration = Duration::from_millis(50);

/// A server that runs in a process of its own; killed where the measurement fails.
#[derive(Debug)]
pub(crate) struct Server {
    nginx: Option<Nginx>,
    child: Child,
    port: u16,
    /// The server ends when this does.
    orders: Option<ChildStdin>,
    replies: Option<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a server; returns when it listens.
    ///
    /// # Errors
    ///
    /// Where it cannot be started, or does not listen.
    pub(crate) fn start(peer: Peer, paths: Paths) -> io::Result<Self> {
        if peer == Peer::Nginx {
            let (nginx, child, port) = Nginx::start()?;
            return Ok(Self { nginx: Some(nginx), child, port, orders: None, replies: None });
        }
        Self::start_under(&[], peer, paths)
    }

    /// Starts a server of this program under another program, which is named with its arguments.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start), and where the server is not of this program.
    pub(crate) fn start_under(wrapper: &[OsString], peer: Peer, paths: Paths) -> io::Result<Self> {
        if peer == Peer::Nginx {
            return Err(io::Error::other(
                "nginx is no part of this program, so it cannot be counted",
            ));
        }
        let mut words = wrapper.to_vec();
        words.push(std::env::current_exe()?.into());
        words.extend(["serve".into(), peer.name().into(), paths.name().into()]);
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        let mut child = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take();
        let replies = child.stdout.take().map(BufReader::new);
        let mut server = Self { nginx: None, child, port: 0, orders, replies };
        let line = server.reply()?;
        server.port = line.parse().map_err(|_| {
            io::Error::other(format!("{} did not start: it says {line:?}", peer.name()))
        })?;
        Ok(server)
    }

    /// The port that it listens on.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The processes that the server consists of: nginx has a worker besides its master.
    ///
    /// # Errors
    ///
    /// Where the system does not say.
    pub(crate) fn processes(&self) -> io::Result<Vec<u32>> {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"))?;
        let children = children.split_ascii_whitespace().filter_map(|number| number.parse().ok());
        Ok([own].into_iter().chain(children).collect())
    }

    /// Sends a server of this program an order; returns the line that it replies.
    ///
    /// # Errors
    ///
    /// Where the server is gone, or is none of this program.
    pub(crate) fn order(&mut self, order: &str) -> io::Result<String> {
        let orders = self.orders.as_mut().ok_or(io::ErrorKind::Unsupported)?;
        writeln!(orders, "{order}")?;
        orders.flush()?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if let Some(replies) = &mut self.replies {
            replies.read_line(&mut line)?;
        }
        Ok(line.trim().to_owned())
    }

    /// Lets a server of this program end by itself, and waits for it.
    ///
    /// # Errors
    ///
    /// Where it ended with an error.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.orders = None;
        let status = self.child.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("the server ended with {status}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(nginx) = &self.nginx {
            // A master that is killed before it has passed the word on leaves its worker behind.
            nginx.stop();
            let has_ended = |_| !matches!(self.child.try_wait(), Ok(None));
            (0..LOOKS.1).map(|_| thread::sleep(LOOKS.0)).any(has_ended);
        }
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
        thread::sleep(AFTERWARDS);
    }
}
