//! The servers that are measured, each with one worker thread and the same answer.

mod actix;
mod axum;
mod bridges;
mod control;
mod floor;
mod hyper;
mod may;
mod owin;

use std::io::{self, Write};
use std::net::TcpListener;

use clap::ValueEnum;
use nowin_like_server::Runtimes;

pub(crate) use self::control::COUNTS;
use crate::process::nginx;

/// The answer of every server.
pub(crate) const BODY: &str = "Hello, World!";

/// A server that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// The reference server of this project.
    Nowin,
    /// The same on one runtime with a thread for each core.
    NowinShared,
    /// The same with a runtime of one thread for each core.
    NowinPerCore,
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
    /// The app of the reference server as a service on hyper.
    HyperApp,
    /// A tower service on hyper.
    HyperTower,
    /// The bare loop, which calls the same tower service and does nothing with its answer.
    FloorTower,
    /// The same tower service on the reference server.
    NowinTower,
    /// The reference server with five layers of tower in the pipeline that do nothing.
    NowinLayers,
    /// The same with layers that look at no request.
    NowinBlind,
    /// nginx, which is no part of this program and has to be installed.
    Nginx,
}

/// What a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Paths {
    /// Every request alike, without a look at its path: what is timed.
    Root,
    /// A `POST` when its body has been read; `/big` of the reference server with much.
    All,
}

impl Paths {
    /// What the command line calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::All => "all",
        }
    }
}

impl Peer {
    /// All that have one worker thread, and so can be compared.
    pub(crate) fn all() -> Vec<Self> {
        let all = Self::value_variants().iter().copied();
        all.filter(|peer| !peer.is_bridge())
            .filter(|peer| !matches!(peer, Self::NowinShared | Self::NowinPerCore))
            .collect()
    }

    /// Whether an app or a service comes by way of a bridge: compared with what does without.
    const fn is_bridge(self) -> bool {
        matches!(
            self,
            Self::HyperApp
                | Self::HyperTower
                | Self::FloorTower
                | Self::NowinTower
                | Self::NowinLayers
                | Self::NowinBlind
        )
    }

    /// Those of this program.
    pub(crate) fn own() -> Vec<Self> {
        Self::all().into_iter().filter(|peer| *peer != Self::Nginx).collect()
    }

    /// What the command line and the tables call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nowin => "nowin",
            Self::NowinShared => "nowin-shared",
            Self::NowinPerCore => "nowin-per-core",
            Self::Floor => "floor",
            Self::Hyper => "hyper",
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::May => "may",
            Self::HyperApp => "hyper-app",
            Self::HyperTower => "hyper-tower",
            Self::FloorTower => "floor-tower",
            Self::NowinTower => "nowin-tower",
            Self::NowinLayers => "nowin-layers",
            Self::NowinBlind => "nowin-blind",
            Self::Nginx => "nginx",
        }
    }
}

/// Those that somebody asked for, or else the usual ones; says so where nginx is left out.
///
/// # Errors
///
/// Where somebody asked for nginx and it is not installed.
pub(crate) fn chosen(only: &[Peer], usual: &[Peer]) -> io::Result<Vec<Peer>> {
    let is_there = nginx::program().is_some();
    if only.contains(&Peer::Nginx) && !is_there {
        return Err(io::Error::other(nginx::MISSING));
    }
    if !only.is_empty() {
        return Ok(only.to_vec());
    }
    let (there, left_out): (Vec<Peer>, Vec<Peer>) =
        usual.iter().partition(|peer| **peer != Peer::Nginx || is_there);
    if !left_out.is_empty() {
        writeln!(io::stdout(), "nginx is left out: {}\n", nginx::MISSING)?;
    }
    Ok(there)
}

/// Runs a server until it is killed or its input ends.
pub(crate) fn serve(peer: Peer, paths: Paths) -> io::Result<()> {
    control::listen()?;
    match peer {
        Peer::May => return may::serve(),
        Peer::Actix => return actix::serve(),
        Peer::Nginx => return Err(io::Error::other("nginx is a program of its own")),
        Peer::NowinShared => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            return runtime.block_on(owin::serve(paths, Runtimes::Shared));
        }
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match peer {
            Peer::Floor => floor::serve(|| {}).await,
            Peer::Axum => axum::serve().await,
            Peer::Nowin => owin::serve(paths, Runtimes::Shared).await,
            Peer::NowinPerCore => owin::serve(paths, Runtimes::per_core()).await,
            Peer::Hyper => hyper::serve(paths).await,
            bridge => bridges::serve(bridge).await,
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
