//! The normal client: requests at a fixed pace, on one connection and now and then on a new one.

use std::io;
use std::thread;
use std::time::Duration;

use crate::client::{Client, GET};
use crate::clock;

/// Each request of so many comes on a connection of its own, which has to be accepted first.
const NEW: u32 = 10;

/// A client that makes requests at a fixed pace, however long the answers take.
#[derive(Debug)]
pub(super) struct Pace {
    port: u16,
    interval: Duration,
    rate: u32,
}

/// What the client noted of its requests.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// How long they took.
    pub(super) taken: Vec<Duration>,
    /// How late the system woke the client for them: what the machine does to every program.
    pub(super) late: Vec<Duration>,
}

impl Pace {
    /// Makes a client of so many requests a second.
    pub(super) fn new(port: u16, rate: u32) -> Self {
        Self { port, interval: Duration::from_secs(1) / rate, rate }
    }

    /// Makes requests for so long.
    ///
    /// A request that has to wait for the one before it is late by that; its time begins when it
    /// should have been sent, or else an answer that takes long would hide how many it holds up.
    ///
    /// # Errors
    ///
    /// Where a request fails.
    pub(super) fn keep(&self, time: Duration) -> io::Result<Times> {
        let mut client = Client::connect(self.port)?;
        let count = u32::try_from(time.as_secs()).unwrap_or(u32::MAX).saturating_mul(self.rate);
        let mut times = Times::default();
        let mut due = clock::now();
        for number in 0..count {
            due += self.interval;
            let early = due.saturating_duration_since(clock::now());
            thread::sleep(early);
            let woken = clock::now();
            let started = if early.is_zero() { due } else { woken };
            if !early.is_zero() {
                times.late.push(woken.saturating_duration_since(due));
            }
            if number % NEW == 0 {
                Client::connect(self.port)?.ask(GET, 1, 1)?;
            } else {
                client.ask(GET, 1, 1)?;
            }
            times.taken.push(clock::now().saturating_duration_since(started));
        }
        Ok(times)
    }
}
