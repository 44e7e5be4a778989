//! Threads that take jobs, as many as are needed up to a bound.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Does a job on a thread of the pool.
type Work<T> = Box<dyn Fn(T) + Send + Sync>;

/// Threads that take jobs: a new one is made where none is idle, up to the bound.
pub(crate) struct Pool<T> {
    state: Mutex<State<T>>,
    wanted: Condvar,
    max_threads: usize,
    max_waiting: usize,
    work: Work<T>,
}

struct State<T> {
    waiting: VecDeque<T>,
    idle: usize,
    threads: usize,
    is_closed: bool,
}

impl<T: Send + 'static> Pool<T> {
    /// Makes a pool of so many threads, for which so many jobs may wait.
    pub(crate) fn new(
        max_threads: usize,
        max_waiting: usize,
        work: impl Fn(T) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let state = State { waiting: VecDeque::new(), idle: 0, threads: 0, is_closed: false };
        Arc::new(Self {
            state: Mutex::new(state),
            wanted: Condvar::new(),
            max_threads,
            max_waiting,
            work: Box::new(work),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a job to the pool.
    ///
    /// # Errors
    ///
    /// The job, where too many wait, or the pool is closed.
    pub(crate) fn push(self: &Arc<Self>, job: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.is_closed || state.waiting.len() >= self.max_waiting {
            return Err(job);
        }
        state.waiting.push_back(job);
        let needs_thread = state.idle < state.waiting.len() && state.threads < self.max_threads;
        if needs_thread && self.spawn() {
            state.threads += 1;
        }
        drop(state);
        self.wanted.notify_one();
        Ok(())
    }

    /// Lets the threads end once they are idle, and drops what waits.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let left = std::mem::take(&mut state.waiting);
        drop(state);
        self.wanted.notify_all();
        drop(left);
    }

    /// Where the system gives no thread, those that are there take the job later.
    fn spawn(self: &Arc<Self>) -> bool {
        let pool = Arc::clone(self);
        let builder = thread::Builder::new().name("owin-tiny-http".to_owned());
        let spawned = builder.spawn(move || while pool.work_once() {});
        if let Err(error) = &spawned {
            tracing::error!(%error, "there is no thread for a call");
        }
        spawned.is_ok()
    }

    /// Waits for a job and does it; `false` once the pool is closed.
    fn work_once(&self) -> bool {
        let mut state = self.lock();
        let job = loop {
            if state.is_closed {
                state.threads -= 1;
                return false;
            }
            if let Some(job) = state.waiting.pop_front() {
                break job;
            }
            state.idle += 1;
            state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        };
        drop(state);
        // A panic of the app is caught in its call; one of tiny_http must not cost a thread.
        if catch_unwind(AssertUnwindSafe(|| (self.work)(job))).is_err() {
            tracing::error!("a call ended by a panic outside of the app");
        }
        true
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("max_threads", &self.max_threads).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn no_more_threads_are_made_than_the_bound_says() {
        let (told, seen) = mpsc::channel();
        let (gate, open) = mpsc::channel::<()>();
        let open = Mutex::new(open);
        let told = Mutex::new(told);
        let pool = Pool::new(2, 100, move |job: u32| {
            told.lock().unwrap().send((job, thread::current().id())).unwrap();
            let _gone = open.lock().unwrap().recv();
        });
        for job in 0..5 {
            pool.push(job).unwrap();
        }
        for _ in 0..5 {
            gate.send(()).unwrap();
        }
        let jobs: Vec<_> = (0..5).map(|_| seen.recv_timeout(SOON).unwrap()).collect();
        let mut threads: Vec<_> = jobs.iter().map(|(_, thread)| format!("{thread:?}")).collect();
        threads.sort();
        threads.dedup();
        assert!(threads.len() <= 2, "{threads:?}");
        pool.close();
    }

    #[test]
    fn a_job_too_many_is_given_back() {
        let pool = Pool::new(0, 1, |_job: u32| ());
        assert_eq!(pool.push(1), Ok(()));
        assert_eq!(pool.push(2), Err(2));
        pool.close();
        assert_eq!(pool.push(3), Err(3));
    }

    #[test]
    fn a_panic_costs_no_thread() {
        let (told, seen) = mpsc::channel();
        let told = Mutex::new(told);
        let pool = Pool::new(1, 10, move |job: u32| {
            assert!(job != 0, "on purpose");
            told.lock().unwrap().send(job).unwrap();
        });
        pool.push(0).unwrap();
        pool.push(1).unwrap();
        assert_eq!(seen.recv_timeout(SOON), Ok(1));
        pool.close();
    }
}
