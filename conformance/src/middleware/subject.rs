//! A middleware that is to be tried, and all that is said about how.

use std::fmt;
use std::sync::Arc;

use owin_core::{BoxApp, Middleware};

/// Puts a new middleware around an app.
pub(crate) type Wrap = dyn Fn(BoxApp) -> BoxApp + Send + Sync;

/// A middleware that is to be tried, by what makes it; each check makes one of its own.
///
/// ```
/// use owin_conformance::middleware::{Subject, tried};
/// use owin_conformance::run::Plan;
/// use owin_core::{Environment, from_fn, middleware::Next};
///
/// let subject = Subject::of(|| from_fn(async |env: Environment, next: Next| next.run(env).await))
///     .named("nothing at all")
///     .with_field("authorization", "Basic YTpi");
/// let report = tried(subject, &Plan::new())?;
/// assert_eq!(report.exit_code(), 0, "{}", owin_conformance::report::console(&report));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Subject {
    pub(crate) wrap: Arc<Wrap>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) name: String,
    pub(crate) known: String,
}

impl Subject {
    /// A middleware by what makes it.
    #[must_use]
    pub fn of<F, M>(make: F) -> Self
    where
        F: Fn() -> M + Send + Sync + 'static,
        M: Middleware<BoxApp>,
    {
        let wrap = Arc::new(move |app| BoxApp::new(make().wrap(app)));
        let name = "the middleware".to_owned();
        Self { wrap, fields: Vec::new(), name, known: String::new() }
    }

    /// Names it, for the report.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a field line to each request: what it takes so that the middleware lets a call through.
    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Knows deviations, in the form of an expectation file: a line for each, with an id, a verdict
    /// and a reason, as what the middleware is for; see
    /// [`Plan::with_expectations`](crate::run::Plan::with_expectations).
    #[must_use]
    pub fn with_known(mut self, lines: impl Into<String>) -> Self {
        self.known = lines.into();
        self
    }
}

impl<F, M> From<F> for Subject
where
    F: Fn() -> M + Send + Sync + 'static,
    M: Middleware<BoxApp>,
{
    fn from(make: F) -> Self {
        Self::of(make)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("name", &self.name)
            .field("fields", &self.fields)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}
