//! The servers that are measured, each with one worker thread and the same answer.

mod actix;
mod axum;
mod floor;
mod hyper;
mod may;
mod owin;

use std::io::{self, Write};
use std::net::TcpListener;

use clap::ValueEnum;

/// The answer of every server.
pub(crate) const BODY: &str = "Hello, World!";

/// A server that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// The reference server of this project.
    Nowin,
    /// A loop that reads and writes and parses nothing: what the system calls cost.
    Floor,
    /// hyper's HTTP/1 connection.
    Hyper,
    /// axum, as `axum::serve` runs it.
    Axum,
    /// actix-web.
    Actix,
    /// may_minihttp, on coroutines.
    May,
}

impl Peer {
    pub(crate) fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nowin => "nowin",
            Self::Floor => "floor",
            Self::Hyper => "hyper",
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::May => "may",
        }
    }
}

/// Runs a server until it is killed.
pub(crate) fn serve(peer: Peer) -> io::Result<()> {
    match peer {
        Peer::May => return may::serve(),
        Peer::Actix => return actix::serve(),
        Peer::Nowin | Peer::Floor | Peer::Hyper | Peer::Axum => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match peer {
            Peer::Floor => floor::serve().await,
            Peer::Axum => axum::serve().await,
            Peer::Nowin => owin::serve().await,
            _ => hyper::serve().await,
        }
    })
}

/// A listener on a free port, which is told to whoever started the process.
fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    say_port(listener.local_addr()?.port())?;
    Ok(listener)
}

fn say_port(port: u16) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{port}")?;
    out.flush()
}
