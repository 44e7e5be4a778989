//! A server of this process while it is tried.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use owin_core::{Error, Running, server};
use tokio::runtime::{Builder, Runtime};

use crate::in_process::Subject;
use crate::run::{Plan, Report, Site, Target, Unreachable, look, run_at};
use crate::{clock, probe};

/// How long a stop may take; nothing that matters is under way then.
const STOP: Duration = Duration::from_millis(700);

/// Two run what the server does while another waits in a call that blocks.
const THREADS: usize = 3;

/// A server that runs on a runtime of its own and hosts the probe contract; stopped when dropped.
///
/// It is made and dropped where no future runs.
pub(super) struct Hosted {
    runtime: Runtime,
    /// Only for the stop; `Sync` by the lock, since tests share it.
    running: Mutex<Option<Box<dyn Running>>>,
    target: Target,
    /// What was seen of it, once for all the checks that are made of it one by one: a look is three
    /// connections, and one of them may have to wait until silence counts.
    seen: Mutex<Option<Site>>,
    /// The lines of the known deviations.
    known: String,
}

impl Hosted {
    pub(super) fn start(subject: Subject) -> Result<Self, Error> {
        let Subject { server, mut properties, connector, known } = subject;
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
        if properties.addresses().is_empty() && connector.is_none() {
            properties.listen_on("http://127.0.0.1:0".parse()?);
        }
        let starting = server::start(server, properties, |_| Ok(probe::app()));
        let running = runtime.block_on(starting)?;
        let first = running.addresses().first();
        let target = match (connector, first) {
            (Some(connector), first) => {
                let path = first.map(|address| address.path()).unwrap_or_default();
                Target::in_memory(connector(runtime.handle().clone()), path)
            }
            (None, Some(first)) => first.to_string().parse().map_err(Error::server)?,
            (None, None) => return Err(Error::server("the server says no address")),
        };
        let (running, seen) = (Mutex::new(Some(running)), Mutex::default());
        Ok(Self { runtime, running, target, seen, known })
    }

    /// Makes the checks of a plan that knows what is known of this server.
    pub(super) fn tried(&self, plan: Plan) -> Result<Report, Error> {
        let plan = plan.with_expectations(&self.known).map_err(Error::app)?;
        Ok(run_at(&self.target, self.seen(&plan), &plan))
    }

    /// What was seen of the server; who looks lets the others wait, and what nobody saw is looked at
    /// again.
    fn seen(&self, plan: &Plan) -> Result<Site, Unreachable> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &*seen {
            Some(site) => Ok(site.clone()),
            None => Ok(seen.insert(look(&self.target, plan, clock::now())?).clone()),
        }
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.take() {
            let _cut_off = self.runtime.block_on(running.stop(STOP));
        }
    }
}

/// Starts a server, makes the checks of a plan, and stops it. It blocks; it may be called where
/// futures run, too.
///
/// ```
/// use nowin_like_server::NowinServer;
/// use owin_conformance::in_process::tried;
/// use owin_conformance::run::Plan;
///
/// let plan = Plan::new().with_only(["method", "SM-02"])?;
/// let report = tried(NowinServer::new(), &plan)?;
/// assert_eq!(report.exit_code(), 0, "{}", owin_conformance::report::console(&report));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Where the server does not start, or a line of its known deviations cannot be read.
pub fn tried(subject: impl Into<Subject>, plan: &Plan) -> Result<Report, Error> {
    let (subject, plan) = (subject.into(), plan.clone());
    let made = std::thread::spawn(move || Hosted::start(subject)?.tried(plan));
    made.join().unwrap_or_else(|_| Err(Error::server("the server panicked at its start")))
}
