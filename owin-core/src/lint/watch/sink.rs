//! Sees what is pushed into a response.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Buf;

use crate::body::{Outlet, ResponseSink};
use crate::lint::judge::Judge;
use crate::lint::rules::body;
use crate::lint::watch::Progress;
use crate::{Environment, Error};

/// Sees what is pushed into a response, and passes it on.
pub(crate) struct WatchSink {
    outlet: Outlet,
    /// Who hears of writes after the end; none where bytes are only counted.
    judge: Option<Judge>,
    progress: Arc<Progress>,
    pushed_bytes: AtomicU64,
}

impl WatchSink {
    fn hear(&self) {
        if let Some(judge) = self.judge.as_ref().filter(|_| self.progress.is_over()) {
            body::written_after_the_end(judge);
        }
    }
}

impl ResponseSink for WatchSink {
    fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.hear();
        let before = data.remaining();
        let polled = self.outlet.poll_write(env, data, cx);
        let taken = before.saturating_sub(data.remaining());
        self.pushed_bytes.fetch_add(u64::try_from(taken).unwrap_or(u64::MAX), Ordering::AcqRel);
        polled
    }

    fn poll_flush(&self, env: &mut Environment, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.hear();
        self.outlet.poll_flush(env, cx)
    }
}

impl fmt::Debug for WatchSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchSink")
            .field("pushed_bytes", &self.pushed_bytes)
            .finish_non_exhaustive()
    }
}

/// Where the pushed bytes of a call went before the layer, and what stands there now.
#[derive(Debug)]
pub(in crate::lint) struct WatchedOutlet {
    original: Outlet,
    sink: Option<Arc<WatchSink>>,
}

/// What has become of the outlet of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Restored {
    /// It is where it was.
    Yes,
    /// Another one stands in its place, and takes what is pushed.
    No,
}

impl WatchedOutlet {
    /// Begins to watch. What is captured in memory is not watched: it can be seen anyway.
    pub(in crate::lint) fn attach(
        env: &mut Environment,
        judge: Option<Judge>,
        progress: &Arc<Progress>,
    ) -> Self {
        let Some(body) = env.inner.slots.response_body.get_mut() else {
            return Self { original: Outlet::Detached, sink: None };
        };
        let original = body.outlet();
        if !matches!(original, Outlet::Sink(_)) {
            return Self { original, sink: None };
        }
        let sink = Arc::new(WatchSink {
            outlet: original.clone(),
            judge,
            progress: Arc::clone(progress),
            pushed_bytes: AtomicU64::new(0),
        });
        let shown: Arc<WatchSink> = Arc::clone(&sink);
        let _original = body.set_outlet(Outlet::Sink(shown));
        Self { original, sink: Some(sink) }
    }

    /// Stops watching: puts the original back, where one of the sinks of the lint stands there.
    pub(in crate::lint) fn detach(
        &self,
        env: &mut Environment,
        sinks: &[Arc<WatchSink>],
    ) -> Restored {
        let Some(body) = env.inner.slots.response_body.get_mut() else { return Restored::Yes };
        let current = body.outlet();
        if sinks.iter().any(|sink| is_to(&current, sink)) {
            let _watching = body.set_outlet(self.original.clone());
            return Restored::Yes;
        }
        // Nobody pushes into an outlet that was taken out: nothing can get lost in it.
        let is_harmless = matches!(current, Outlet::Detached) || current.is_same(&self.original);
        if is_harmless { Restored::Yes } else { Restored::No }
    }

    /// How many bytes were pushed through it; `None` where it is not watched.
    pub(in crate::lint) fn pushed_bytes(&self) -> Option<u64> {
        self.sink.as_ref().map(|sink| sink.pushed_bytes.load(Ordering::Acquire))
    }

    pub(in crate::lint) fn sink(&self) -> Option<&Arc<WatchSink>> {
        self.sink.as_ref()
    }

    /// Says whether pushed bytes go elsewhere now.
    pub(in crate::lint) fn is_replaced(&self, current: &Outlet) -> bool {
        match &self.sink {
            Some(sink) => !is_to(current, sink),
            None => !current.is_same(&self.original),
        }
    }
}

fn is_to(outlet: &Outlet, sink: &Arc<WatchSink>) -> bool {
    let Outlet::Sink(current) = outlet else { return false };
    std::ptr::addr_eq(Arc::as_ptr(current), Arc::as_ptr(sink))
}
