//! Checks both sides of the contract at run time, and names the rule that was broken.
//!
//! Put a [`Lint`] around an app and it judges what the server and the middlewares outside hand in,
//! what the app does during the call, and what it gives back. Put [`Lint::around`] a middleware and
//! it judges what the middleware makes of a call. Rules have public names, as in `OWIN-092`;
//! [`rules`] lists them, and [`NOT_JUDGED`] says why others are left to the conformance suite.

mod app;
mod around;
mod judge;
mod life;
mod mark;
mod memory;
mod rules;
mod violation;
mod watch;

use std::future::Future;
use std::time::Duration;

use self::judge::{Judge, Policy};
use self::life::{Limits, Timer};
use self::memory::Startup;
use crate::middleware::Middleware;
use crate::{App, Environment, Properties};

pub use self::app::LintApp;
pub use self::around::{Around, Inside, Outside};
pub use self::rules::{Level, NOT_JUDGED, Party, Rule, rules};
pub use self::violation::{Violation, Violations};

pub(crate) use self::mark::Mark;
pub(crate) use self::watch::ReadWatch;

/// A middleware that checks both sides of the contract at run time.
///
/// A violation of a MUST makes the call fail with an error that names it; one of a lesser rule is
/// reported to [`with_report`](Self::with_report), else to `host.TraceOutput`. A call that breaks
/// no rule passes as if the lint were not there.
///
/// ```
/// use owin_core::{AppExt, Environment, Error, Lint, keys, testing::TestHost};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).with(Lint::new());
/// let host = TestHost::new(app);
/// assert_eq!(host.get("/").send().await?.status(), 200);
///
/// let broken = host.get("/").with(|env| env.set(keys::REQUEST_PATH_BASE, "api").map(drop));
/// let error = broken.send().await.expect_err("no slash in front");
/// assert!(error.to_string().contains("OWIN-099 owin.RequestPathBase"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Lint {
    policy: Policy,
    limits: Limits,
    startup: Startup,
}

impl Lint {
    /// Makes a lint by which a call that breaks a MUST fails.
    #[must_use]
    pub fn new() -> Self {
        Self::with_policy(Policy::default())
    }

    /// Makes a lint that lets every call go on, and the collection in which it records.
    #[must_use]
    pub fn recording() -> (Self, Violations) {
        let violations = Violations::default();
        (Self::with_policy(Policy::recording(violations.clone())), violations)
    }

    fn with_policy(policy: Policy) -> Self {
        let limits = Limits { timer: None, call: CALL_LIMIT, cancel: CANCEL_LIMIT };
        Self { policy, limits, startup: Startup::default() }
    }

    /// Calls a function with every violation, whatever its level.
    ///
    /// ```
    /// use owin_core::Lint;
    ///
    /// let lint = Lint::new().with_report(|violation| eprintln!("{violation}"));
    /// # let _lint = lint;
    /// ```
    #[must_use]
    pub fn with_report(mut self, report: impl Fn(&Violation) + Send + Sync + 'static) -> Self {
        self.policy.set_report(report);
        self
    }

    /// Adds a timer, for the rules that need one: a call must end within
    /// [`with_call_limit`](Self::with_call_limit), and after its token has fired within
    /// [`with_cancel_limit`](Self::with_cancel_limit).
    ///
    /// ```
    /// use owin_core::Lint;
    ///
    /// // With tokio: `Lint::new().with_timer(tokio::time::sleep)`.
    /// let lint = Lint::new().with_timer(|_| std::future::pending());
    /// # let _lint = lint;
    /// ```
    #[must_use]
    pub fn with_timer<F, Fut>(mut self, sleep: F) -> Self
    where
        F: Fn(Duration) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.limits.timer = Some(Timer::new(sleep));
        self
    }

    /// How long a call may take, where there is a timer; 30 seconds without this.
    #[must_use]
    pub fn with_call_limit(mut self, limit: Duration) -> Self {
        self.limits.call = limit;
        self
    }

    /// How long a call may go on after its token has fired, where there is a timer; 5 seconds
    /// without this.
    #[must_use]
    pub fn with_cancel_limit(mut self, limit: Duration) -> Self {
        self.limits.cancel = limit;
        self
    }

    /// Tells what was announced at start-up, so that every call can be compared with it.
    #[must_use]
    pub fn with_properties(mut self, properties: &Properties) -> Self {
        self.startup = Startup::of(properties);
        self
    }

    /// Judges a middleware instead of an app: what it changes on the way in and on the way out.
    ///
    /// ```
    /// use owin_core::{AppExt, Environment, Error, Lint, from_fn, middleware::Next, testing::TestHost};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// let silent = from_fn(async |env: Environment, _: Next| -> Result<Environment, Error> { Ok(env) });
    /// let (lint, violations) = Lint::recording();
    /// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) })
    ///     .with(lint.around(silent));
    /// let _response = TestHost::new(app).get("/").send().await?;
    /// assert_eq!(violations.ids(), ["MW-007"], "it neither answers nor calls next");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn around<M>(self, middleware: M) -> Around<M> {
        Around::new(self, middleware)
    }

    fn judge(&self, env: &Environment) -> Judge {
        Judge::new(&self.policy, env)
    }
}

impl Default for Lint {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: App> Middleware<A> for Lint {
    type App = LintApp<A>;

    fn wrap(self, app: A) -> LintApp<A> {
        LintApp::new(self, app)
    }
}

/// Kestrel waits as long for a head; what takes longer is mostly stuck.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Enough to finish a query, too little to be forgotten.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);
