//! A connection that an app takes over (Opaque 0.3; RFC 9110 §7.8).

use std::pin::pin;
use std::time::Duration;

use owin_core::features::Outcome;
use owin_core::upgrade::{Decision, OpaqueStream, OpaqueUpgrade};
use owin_core::{CancelReason, CancelSource, Dictionary, Environment, Error, keys};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::Limits;
use crate::h1::driver::call::Served;
use crate::h1::driver::handed::{self, Handed};
use crate::h1::driver::{Driver, End, Next};
use crate::observe::{End as How, Reason};
use crate::stop::{Phase, Stop};
use crate::transport::Transport;

/// What was offered to the app of a request, and what it made of it.
#[derive(Debug)]
pub(super) struct Offer {
    /// What the client would like to speak.
    protocol: String,
    taken: Option<Taken>,
}

/// What the app does with the connection, and its place among those that are taken over.
pub(super) type Taken = (Decision, OwnedSemaphorePermit);

impl Offer {
    /// Whether the app took it.
    pub(super) fn is_taken(&self) -> bool {
        self.taken.is_some()
    }
}

impl<T: Transport> Driver<T> {
    /// Offers the bytes of the connection (`opaque.Upgrade`), unless there is no room for any.
    #[cold]
    pub(super) fn offer_upgrade(&mut self, env: &mut Environment) {
        if self.settings.limits.upgraded_connections == Some(0) {
            return;
        }
        let protocol = env.request().headers().list("upgrade").next().map(str::to_owned);
        let Some(protocol) = protocol else { return };
        let offered = env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new(protocol.as_str()));
        debug_assert!(offered.is_ok(), "the response is open");
        self.offer = Some(Box::new(Offer { protocol, taken: None }));
    }

    /// The app takes the connection: says so to the client. An app that takes what was not offered
    /// has failed.
    #[cold]
    pub(super) fn accept_upgrade(&mut self) -> Option<Served> {
        let now = self.clock.now();
        let decision = self.call.as_mut().and_then(|call| call.take_upgrade());
        let (Some(offer), Some(call), Some(decision)) = (&mut self.offer, &self.call, decision)
        else {
            tracing::error!("an app takes over a connection that was not offered to it");
            return Some(self.refuse_upgrade(Reason::UpgradeNotOffered));
        };
        let Some(place) = self.settings.upgrades.admit() else {
            return Some(self.refuse_upgrade(Reason::TooManyUpgraded));
        };
        self.machine.write_switch(self.out.bytes_mut(), &call.head(), &offer.protocol, now);
        offer.taken = Some((decision, place));
        self.writing.begin();
        self.writing.hurry();
        None
    }

    /// The callback will not run, and whoever waits for it hears so (Opaque 0.3 §3).
    fn refuse_upgrade(&mut self, reason: Reason) -> Served {
        let now = self.clock.now();
        self.tell_refusal(reason);
        self.watched.set_end(How::Forced(reason));
        self.machine.write_refusal(self.out.bytes_mut(), reason, now);
        if let Some(call) = &self.call {
            call.cancel(CancelReason::WriteFailed);
        }
        Served::Refused
    }

    /// The head that says so is written.
    #[cold]
    pub(super) fn take_over(&mut self) -> Next {
        self.complete(Outcome::Completed);
        self.watched.upgraded();
        self.watched.set_end(How::TakenOver);
        let taken = self.offer.take().and_then(|offer| offer.taken);
        Next::End(taken.map_or(End::Closed, |taken| End::Upgraded(Box::new(taken))))
    }

    /// Runs what the app does with the connection. When the server stops it is told, and it is cut
    /// off when the deadline has passed.
    pub(super) async fn hand_over(mut self, (decision, _place): Taken) {
        let lost = CancelSource::new();
        let unread = std::mem::take(self.machine.unread_mut());
        let (handed, kept) = handed::hand(self.io, unread, lost.clone());
        let Ok(env) = environment_of(handed, &lost) else { return };
        let (stop, limits) = (&mut self.stop, &self.settings.limits);
        let ended = run_until_cut_off(decision.run(env), &lost, stop, limits.app_grace).await;
        if let Err(error) = ended {
            tracing::warn!("an app that had taken a connection over failed: {error}");
        }
        if let Some(io) = kept.take_back() {
            let closed = close(io, &self.settings.limits);
            tokio::select! {
                () = closed => {}
                () = self.stop.reached(Phase::Aborting) => {}
            }
        }
    }
}

/// Runs until it ends: it is told when the server stops, and cut off when the deadline has passed.
async fn run_until_cut_off(
    run: impl Future<Output = Result<(), Error>>,
    lost: &CancelSource,
    stop: &mut Stop,
    grace: Duration,
) -> Result<(), Error> {
    let mut run = pin!(run);
    tokio::select! {
        biased;
        ended = &mut run => return ended,
        () = stop.reached(Phase::Draining) => lost.cancel(CancelReason::Shutdown),
    }
    tokio::select! {
        biased;
        ended = &mut run => return ended,
        () = stop.reached(Phase::Aborting) => stop.count_cut_off(),
    }
    timeout(grace, run).await.unwrap_or(Ok(()))
}

/// Closes so that the client can still read what the app wrote last (RFC 9112 §9.6).
async fn close<T: Transport>(mut io: T, limits: &Limits) {
    let most = u64::try_from(limits.drain_bytes).unwrap_or(u64::MAX);
    let ended = async {
        io.shutdown().await?;
        tokio::io::copy(&mut io.take(most), &mut tokio::io::sink()).await
    };
    let _lost_or_late = timeout(limits.linger, ended).await;
}

/// What the app is given (Opaque 0.3 §3).
fn environment_of<T: Transport>(
    handed: Handed<T>,
    lost: &CancelSource,
) -> Result<Dictionary, Error> {
    let mut env = Dictionary::new();
    env.set(keys::OPAQUE_VERSION, "1.0")?;
    env.set(keys::OPAQUE_STREAM, OpaqueStream::from_tokio(handed))?;
    env.set(keys::OPAQUE_CALL_CANCELLED, lost.token())?;
    Ok(env)
}
