//! `owin.CallCancelled`: tells the application that its answer is of no use any more.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Says why a call was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelReason {
    /// The peer reset the connection or the stream.
    PeerReset,
    /// The peer closed before it had sent the whole request.
    PeerClosed,
    /// The response could not be written.
    WriteFailed,
    /// The server is stopping, and its deadline has passed.
    Shutdown,
    /// The application asked for it, by a reset.
    Reset,
}

impl CancelReason {
    const ALL: [Self; 5] =
        [Self::PeerReset, Self::PeerClosed, Self::WriteFailed, Self::Shutdown, Self::Reset];

    const fn code(self) -> u8 {
        match self {
            Self::PeerReset => 1,
            Self::PeerClosed => 2,
            Self::WriteFailed => 3,
            Self::Shutdown => 4,
            Self::Reset => 5,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// Tells whether a call was cancelled, and waits for it (OWIN 1.0 §3.6).
///
/// Fires on a reset, on an end of the connection before the whole request came, on a write that
/// failed, and when the server's deadline for stopping passes; never after the call has succeeded.
/// Whoever looks for the first time after the event sees it too. Clones fire together; a clone that
/// outlives its call never sees another.
///
/// ```
/// use owin_core::{CancelReason, CancelSource};
///
/// let source = CancelSource::new();
/// let token = source.token();
/// assert!(!token.is_cancelled());
/// source.cancel(CancelReason::PeerReset);
/// assert_eq!(token.reason(), Some(CancelReason::PeerReset));
/// ```
#[derive(Clone, Default)]
pub struct CallCancelled(Token);

#[derive(Clone, Default)]
enum Token {
    #[default]
    Never,
    One(Arc<State>),
    Either(Arc<(CallCancelled, CallCancelled)>),
}

/// The server's side of [`CallCancelled`].
#[derive(Clone, Debug, Default)]
pub struct CancelSource(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// 0, the code of the reason, or [`RETIRED`].
    reason: AtomicU8,
    /// Whether anybody has waited.
    is_awaited: AtomicBool,
    /// Who waits, in the order of the numbers of the waiting futures. A token may live as long as
    /// the server, so a future that is dropped takes its waker along.
    wakers: Mutex<Vec<(u64, Waker)>>,
}

impl State {
    /// Keeps a waker under a number in place of the one before, which is returned: to drop one may
    /// run code of others, which must find the lock free.
    #[must_use]
    fn replace(&self, number: u64, waker: Option<&Waker>) -> Option<Waker> {
        self.is_awaited.store(true, Ordering::Release);
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        match (wakers.binary_search_by_key(&number, |(known, _)| *known), waker) {
            (Ok(place), Some(waker)) => {
                let (_, known) = wakers.get_mut(place)?;
                (!known.will_wake(waker)).then(|| std::mem::replace(known, waker.clone()))
            }
            (Ok(place), None) => Some(wakers.remove(place).1),
            (Err(place), Some(waker)) => {
                wakers.insert(place, (number, waker.clone()));
                None
            }
            (Err(_), None) => None,
        }
    }
}

impl CancelSource {
    /// Makes a source that has not fired.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A token that fires with this source.
    #[must_use]
    pub fn token(&self) -> CallCancelled {
        CallCancelled(Token::One(Arc::clone(&self.0)))
    }

    /// Fires. Only the first reason counts.
    pub fn cancel(&self, reason: CancelReason) {
        let first =
            self.0.reason.compare_exchange(0, reason.code(), Ordering::AcqRel, Ordering::Acquire);
        if first.is_err() {
            return;
        }
        let wakers =
            std::mem::take(&mut *self.0.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Says that the call has succeeded: a source that has not fired never will.
    pub(crate) fn retire(&self) {
        let order = (Ordering::AcqRel, Ordering::Acquire);
        let _fired = self.0.reason.compare_exchange(0, RETIRED, order.0, order.1);
    }

    /// Says whether that token is one of this source and of no other.
    #[inline]
    pub(crate) fn is_source_of(&self, token: &CallCancelled) -> bool {
        matches!(&token.0, Token::One(state) if Arc::ptr_eq(state, &self.0))
    }

    /// Says whether there are so many sources and tokens that fire together: where the caller has
    /// all of them in hand, nobody else sees what happens to them.
    #[inline]
    pub(crate) fn has_owners(&self, count: usize) -> bool {
        crate::exclusive::has_owners(&self.0, count)
    }

    /// Says whether the source is as a new one: nothing has fired, and nobody has waited.
    #[inline]
    pub(crate) fn is_unused(&self) -> bool {
        let State { reason, is_awaited, .. } = &*self.0;
        reason.load(Ordering::Acquire) == 0 && !is_awaited.load(Ordering::Acquire)
    }

    /// Makes the source ready for the next call of a connection.
    ///
    /// Allocates only where a token of the call before is still held somewhere, so that this token
    /// never fires for another call.
    pub fn renew(&mut self) {
        match Arc::get_mut(&mut self.0) {
            Some(state) => {
                *state.reason.get_mut() = 0;
                *state.is_awaited.get_mut() = false;
                state.wakers.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
            }
            None => self.0 = Arc::default(),
        }
    }
}

impl CallCancelled {
    /// A token that never fires.
    #[must_use]
    pub const fn never() -> Self {
        Self(Token::Never)
    }

    /// Says whether the call was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.reason().is_some()
    }

    /// Says why the call was cancelled, or `None` where it was not.
    #[must_use]
    pub fn reason(&self) -> Option<CancelReason> {
        match &self.0 {
            Token::Never => None,
            Token::One(state) => CancelReason::from_code(state.reason.load(Ordering::Acquire)),
            Token::Either(pair) => pair.0.reason().or_else(|| pair.1.reason()),
        }
    }

    /// Waits until the call is cancelled; for ever, where that never happens.
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled { token: self, number: 0 }
    }

    /// A token that fires when either of the two does: what a middleware puts in place of the
    /// server's, so that the server's still counts (OWIN 1.0 §3.6).
    ///
    /// ```
    /// use owin_core::{CancelReason, CancelSource};
    ///
    /// let (server, mine) = (CancelSource::new(), CancelSource::new());
    /// let token = server.token().or(mine.token());
    /// server.cancel(CancelReason::Shutdown);
    /// assert!(token.is_cancelled());
    /// ```
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(Token::Either(Arc::new((self, other))))
    }

    /// The same, in the memory of a token that nobody needs.
    pub(crate) fn or_in(self, mut spare: Self, other: Self) -> Self {
        if let Token::Either(pair) = &mut spare.0
            && let Some(pair) = Arc::get_mut(pair)
        {
            *pair = (self, other);
            return spare;
        }
        self.or(other)
    }

    /// The memory of a joined token that nobody else has; it never fires.
    pub(crate) fn into_spare(mut self) -> Self {
        if let Token::Either(pair) = &mut self.0
            && let Some(pair) = Arc::get_mut(pair)
        {
            *pair = (Self::never(), Self::never());
            return self;
        }
        Self::never()
    }

    /// Says whether this token fires for certain when the other one does.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        match &other.0 {
            Token::Never => true,
            Token::One(state) => self.holds(state),
            Token::Either(pair) => self.includes(&pair.0) && self.includes(&pair.1),
        }
    }

    fn holds(&self, wanted: &Arc<State>) -> bool {
        match &self.0 {
            Token::Never => false,
            Token::One(state) => Arc::ptr_eq(state, wanted),
            Token::Either(pair) => pair.0.holds(wanted) || pair.1.holds(wanted),
        }
    }

    /// Asks to be woken when the token fires, in the name of the future of that number; without a
    /// waker, not to be woken any more.
    fn register(&self, number: u64, waker: Option<&Waker>) {
        match &self.0 {
            Token::Never => {}
            Token::One(state) => drop(state.replace(number, waker)),
            Token::Either(pair) => {
                pair.0.register(number, waker);
                pair.1.register(number, waker);
            }
        }
    }
}

impl fmt::Debug for CallCancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallCancelled").field(&self.reason()).finish()
    }
}

/// The future of [`CallCancelled::cancelled`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Cancelled<'a> {
    token: &'a CallCancelled,
    /// What the wakers are known by; 0 before the first wait.
    number: u64,
}

impl Future for Cancelled<'_> {
    type Output = CancelReason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CancelReason> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        if let Some(reason) = self.token.reason() {
            return Poll::Ready(reason);
        }
        if self.number == 0 {
            self.number = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        self.token.register(self.number, Some(cx.waker()));
        // It may have fired between the look and the registration.
        self.token.reason().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        if self.number != 0 {
            self.token.register(self.number, None);
        }
    }
}

/// The code of a source that never fires; the code of no reason.
const RETIRED: u8 = u8::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_reason_counts() {
        let source = CancelSource::new();
        source.cancel(CancelReason::PeerClosed);
        source.cancel(CancelReason::Shutdown);
        assert_eq!(source.token().reason(), Some(CancelReason::PeerClosed));
    }

    #[test]
    fn a_future_that_is_dropped_leaves_no_waker_behind() {
        let (source, other) = (CancelSource::new(), CancelSource::new());
        let token = source.token().or(other.token());
        let waiting = || source.0.wakers.lock().unwrap().len();
        for _ in 0..3 {
            let (mut first, mut second) = (token.cancelled(), token.cancelled());
            let cx = &mut Context::from_waker(Waker::noop());
            for _ in 0..2 {
                assert!(Pin::new(&mut first).poll(cx).is_pending());
                assert!(Pin::new(&mut second).poll(cx).is_pending());
            }
            assert_eq!(waiting(), 2);
            drop(first);
            assert_eq!(waiting(), 1);
        }
        assert_eq!((waiting(), other.0.wakers.lock().unwrap().len()), (0, 0));
    }

    #[test]
    fn a_token_of_the_call_before_never_sees_the_next_one() {
        let mut source = CancelSource::new();
        let old = source.token();
        source.renew();
        source.cancel(CancelReason::PeerReset);
        assert!(!old.is_cancelled());
        assert!(source.token().is_cancelled());
    }

    #[test]
    fn a_renewed_source_has_not_fired() {
        let mut source = CancelSource::new();
        source.cancel(CancelReason::PeerReset);
        source.renew();
        assert!(!source.token().is_cancelled());
    }

    #[test]
    fn either_token_fires_a_joined_one() {
        for first in [true, false] {
            let (left, right) = (CancelSource::new(), CancelSource::new());
            let joined = left.token().or(right.token());
            assert!(!joined.is_cancelled());
            if first { &left } else { &right }.cancel(CancelReason::Shutdown);
            assert!(joined.is_cancelled());
        }
    }

    #[tokio::test]
    async fn a_waiting_task_is_woken() {
        let source = CancelSource::new();
        let token = source.token();
        let waiter = tokio::spawn(async move { token.cancelled().await });
        tokio::task::yield_now().await;
        source.cancel(CancelReason::WriteFailed);
        assert_eq!(waiter.await.unwrap(), CancelReason::WriteFailed);
    }
}
