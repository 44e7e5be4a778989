//! A process that this one started, and that ends with it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use owin_core::Address;
use rustix::process::{Pid, Signal, kill_process};

use crate::evidence::{Evidence, PATIENCE};

/// How often, and how many times, one that was asked to end is looked at: ten seconds in all.
const PAUSE: Duration = Duration::from_millis(20);
const LOOKS: u32 = 500;

/// A process that this one started; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// `probe-server` ends when this is closed, so also where nobody could kill it.
    _stdin: Option<ChildStdin>,
    /// Whether it is asked to end first, because it has processes of its own.
    is_polite: bool,
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    ///
    /// Where it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self, Evidence> {
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        Ok(Self { child, _stdin: stdin, is_polite: false })
    }

    /// The same process, which is asked to end before it is killed: one that has started others.
    #[must_use]
    pub fn ended_politely(mut self) -> Self {
        self.is_polite = true;
        self
    }

    /// Asks the process to end, and gives it some time.
    fn ask(&mut self) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let asked = id.is_some_and(|id| kill_process(id, Signal::TERM).is_ok());
        for _ in 0..LOOKS {
            if !asked || self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Starts a program that prints `listening on URL` once it listens.
    ///
    /// # Errors
    ///
    /// Where it prints something else, or nothing in time; the evidence is what it says
    /// on standard error.
    pub fn listening(command: &mut Command) -> Result<(Self, SocketAddr), Evidence> {
        let mut process = Self::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let listens = Arc::new(AtomicBool::new(false));
        let said = collected(process.child.stderr.take(), Arc::clone(&listens));
        let (sender, lines) = channel();
        let stdout = process.child.stdout.take().map(BufReader::new);
        thread::spawn(move || {
            for line in stdout.into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
                let _first_is_enough = sender.send(line);
            }
        });
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => match address(&line) {
                Some(address) => {
                    listens.store(true, Ordering::Relaxed);
                    Ok((process, address))
                }
                None => Err(Evidence::new(format!("it does not say where it listens but {line}"))),
            },
            Err(RecvTimeoutError::Timeout) => Err(Evidence::new("it does not listen in time")),
            Err(RecvTimeoutError::Disconnected) => {
                let said = said.recv_timeout(PATIENCE).unwrap_or_default();
                let line = said.lines().last().unwrap_or("it ended without a word");
                Err(Evidence::new(line))
            }
        }
    }

    /// Whether it has ended by itself.
    ///
    /// # Errors
    ///
    /// Where the system does not say.
    pub fn has_ended(&mut self) -> Result<bool, Evidence> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// The number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_polite {
            self.ask();
        }
        let _ended_already = self.child.kill();
        let _nothing_left = self.child.wait();
    }
}

/// All that a process says on standard error, once it has closed it; what it says while it listens
/// goes to this one's too, for it may be a panic.
fn collected(
    stderr: Option<impl Read + Send + 'static>,
    listens: Arc<AtomicBool>,
) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut all = String::new();
        let lines = stderr.map(BufReader::new).into_iter().flat_map(BufRead::lines);
        for line in lines.map_while(Result::ok) {
            all += &format!("{line}\n");
            if listens.load(Ordering::Relaxed) {
                let _unwritable = writeln!(io::stderr(), "{line}");
            }
        }
        let _nobody_asks = sender.send(all);
    });
    receiver
}

fn address(line: &str) -> Option<SocketAddr> {
    let url = line.strip_prefix("listening on ")?.replace("https:", "http:");
    url.parse::<Address>().ok()?.sockets().ok()?.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_of_the_line() {
        let said = address("listening on http://127.0.0.1:5080/");
        assert_eq!(said, Some(SocketAddr::from(([127, 0, 0, 1], 5_080))));
        assert!(address("listening on https://127.0.0.1:5080/").is_some());
        assert_eq!(address("hello"), None);
    }
}
