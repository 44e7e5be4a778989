//! What the lint sees of a call while the app runs.

mod files;
mod read;
mod sink;
mod socket;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use self::files::FileWatch;
use crate::lint::judge::Judge;
use crate::lint::mark::Mark;
use crate::lint::rules::{self, body, key_names, lifetime, response, upgrade};
use crate::{Environment, Error, ResponseState};

pub(crate) use self::read::ReadWatch;
pub(crate) use self::sink::WatchSink;
pub(in crate::lint) use self::sink::{Restored, WatchedOutlet};
pub(in crate::lint) use self::socket::SocketWatch;

/// How far a call is, for whatever outlives the layer.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The layer has handed the environment out again.
    has_left: AtomicBool,
    /// The call is over: its response was sent, or it failed.
    is_over: AtomicBool,
}

impl Progress {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

/// What the lint sees of a call while the app runs.
#[derive(Debug)]
pub(super) struct Watch {
    judge: Judge,
    progress: Arc<Progress>,
    mark: Arc<Mark>,
    outlet: WatchedOutlet,
    reads: Arc<ReadWatch>,
    files: Option<FileWatch>,
    names: BTreeSet<String>,
    request_id: Option<String>,
    had_decision: bool,
}

impl Watch {
    /// Begins to watch: puts itself between the environment and the app.
    pub(super) fn attach(env: &mut Environment, judge: &Judge) -> Self {
        let progress = Arc::new(Progress::default());
        let names = key_names::foreign(env).map(str::to_owned).collect();
        let request_id = env.request().id().map(str::to_owned);
        let had_decision = env.upgrade_decision().is_some();
        let outlet = WatchedOutlet::attach(env, Some(judge.clone()), &progress);
        let mark = Mark::enter(env, outlet.sink().cloned(), None);
        let reads = ReadWatch::attach(env.request_mut().body_mut(), judge, &progress);
        let files = FileWatch::attach(env, judge);
        watch_the_start(env, judge, &progress);
        watch_the_end(env, &progress);
        let judge = judge.clone();
        Self { judge, progress, mark, outlet, reads, files, names, request_id, had_decision }
    }

    /// Takes itself off again and judges what the app gives back.
    ///
    /// # Errors
    ///
    /// The violation of a MUST, where the lint makes the call fail by it.
    pub(super) fn leave(self, mut env: Environment) -> Result<Environment, Error> {
        self.progress.has_left.store(true, Ordering::Release);
        match self.mark.leave(&mut env) {
            None => lifetime::another_environment(&self.judge),
            Some(sinks) => self.take_off(&mut env, &sinks),
        }
        self.judge.verdict()?;
        Ok(env)
    }

    fn take_off(&self, env: &mut Environment, sinks: &[Arc<WatchSink>]) {
        if let Some(files) = &self.files {
            files.detach(env);
        }
        let is_back = self.reads.detach(env.request_mut().body_mut());
        if !is_back && self.reads.is_being_read() {
            body::read_pending_at_the_end(env, &self.judge);
        }
        if self.outlet.detach(env, sinks) == Restored::No {
            rules::middleware::outlet_not_restored(&self.judge);
        }
        self.judge_what_came_back(env);
    }

    fn judge_what_came_back(&self, env: &mut Environment) {
        let judge = &self.judge;
        rules::middleware::id_changed(self.request_id.as_deref(), env, judge);
        key_names::added(&self.names, env, judge);
        if env.upgrade_decision().is_some() {
            if !self.had_decision {
                let has_body = response::has_body(env, self.outlet.pushed_bytes());
                upgrade::accepted(env, has_body, judge);
                upgrade::watch_callback(env, judge);
            }
            return;
        }
        if env.response_state() == ResponseState::Open {
            response::head(env, judge);
        }
        let sent_file = self.files.as_ref().is_some_and(FileWatch::was_used);
        if let Some(pushed) = self.outlet.pushed_bytes() {
            response::length(env, pushed, sent_file, judge);
        }
    }
}

/// A head that goes out while the app runs is judged before it does: afterwards it may be too late.
fn watch_the_start(env: &mut Environment, judge: &Judge, progress: &Arc<Progress>) {
    let (judge, progress) = (judge.clone(), Arc::clone(progress));
    // Where the response has started, or the server has no such key, there is nothing to see.
    let _unseen = env.on_sending_headers(move |env| {
        if !progress.has_left.load(Ordering::Acquire) && env.upgrade_decision().is_none() {
            response::head(env, &judge);
        }
        judge.verdict()
    });
}

fn watch_the_end(env: &mut Environment, progress: &Arc<Progress>) {
    let progress = Arc::clone(progress);
    let _unseen = env.on_completed(move |_| progress.is_over.store(true, Ordering::Release));
}
