//! A driver over pipes in memory: what comes when is up to the test, and so is the clock.

mod bodies;
mod ends;
mod loss;
mod machine;
mod readers;
mod times;
mod transport;
mod upgrades;
mod writes;

use std::sync::Arc;

use owin_core::features::ConnectionInfo;
use owin_core::{App, AppExt, Environment, Error};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};

use self::transport::{Remembering, WasReset};
use super::{Calls, Driver, Settings};
use crate::Limits;
use crate::observe::Watch;
use crate::stop::{StopTimes, Stopper};

type Answer = Result<Environment, Error>;

/// A driver at work, and the client's end of its connection.
struct Wire {
    client: DuplexStream,
    driver: JoinHandle<Option<WasReset>>,
    stopper: Stopper,
    started: Instant,
}

impl Wire {
    /// A driver of an app over a pipe that holds so many bytes.
    fn of(app: impl App, bytes: usize) -> Self {
        Self::within(Limits::default(), app, bytes)
    }

    /// The same, within limits.
    fn within(limits: Limits, app: impl App, bytes: usize) -> Self {
        let (client, io) = tokio::io::duplex(bytes);
        let (driver, stopper) = drive_within(limits, app, io);
        Self { client, driver, stopper, started: Instant::now() }
    }

    async fn send(&mut self, bytes: &str) {
        self.client.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Sends a request and reads so many bytes of the answer.
    async fn ask(&mut self, request: &str, bytes: usize) -> String {
        self.send(request).await;
        let mut answer = vec![0; bytes];
        self.client.read_exact(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Everything up to the end.
    async fn rest(&mut self) -> String {
        let mut all = String::new();
        self.client.read_to_string(&mut all).await.unwrap();
        all
    }

    /// How many seconds have gone by since the start.
    fn seconds(&self) -> f32 {
        self.started.elapsed().as_secs_f32()
    }
}

/// Drives an app over any pipe.
fn drive<T>(app: impl App, io: T) -> (JoinHandle<Option<WasReset>>, Stopper)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    drive_within(Limits::default(), app, io)
}

/// Drives an app over any pipe, within limits; says at the end whether the pipe was reset.
fn drive_within<T>(limits: Limits, app: impl App, io: T) -> (JoinHandle<Option<WasReset>>, Stopper)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (stopper, stop) = Stopper::new();
    let calls = Arc::new(Calls::new(app.boxed()));
    let settings = Arc::new(Settings { limits, ..Settings::default() });
    let watched = Watch::default().open(Arc::new(ConnectionInfo::new()));
    let (io, was_reset) = Remembering::of(io);
    let driver = Driver::new(io, calls, settings, stop, watched);
    let driven = async move {
        Box::new(driver).run(()).await;
        was_reset()
    };
    (tokio::spawn(driven), stopper)
}

/// Lets every other task go as far as it can.
async fn settle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

/// Answers with a text and the same date for ever, so that answers can be compared.
async fn hello(mut env: Environment) -> Answer {
    env.response_mut().headers_mut()?.set("date", "now")?;
    env.response_mut().set_body("hello");
    Ok(env)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const GET_AND_CLOSE: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const HALF: &str = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf";
const HELLO: &str = "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 5\r\n\r\nhello";

/// Long enough for everything that ends at all.
const EVER: Duration = Duration::from_secs(1_000);

/// A stop at once, within a deadline.
fn within(deadline: Duration) -> StopTimes {
    StopTimes { leaving: Duration::ZERO, deadline, app_grace: Limits::default().app_grace }
}
