//! An app whose type was forgotten.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::app::{App, Caller};
use crate::{Environment, Error};

/// The future of an app whose type was forgotten.
pub(crate) type BoxCall<'a> = Pin<Box<dyn Future<Output = Result<Environment, Error>> + Send + 'a>>;

/// An app in object-safe form.
pub(crate) trait ErasedApp: Send + Sync {
    fn call_boxed(&self, env: Environment) -> BoxCall<'_>;
    fn caller(self: Arc<Self>) -> Caller;
}

impl<A: App> ErasedApp for A {
    fn call_boxed(&self, env: Environment) -> BoxCall<'_> {
        Box::pin(self.call(env))
    }

    fn caller(self: Arc<Self>) -> Caller {
        Caller::new(self, async |app: Arc<A>, env| {
            let returned = app.call(env).await;
            (app, returned)
        })
    }
}

/// Any app, with its type forgotten; cheap to clone.
///
/// Called as an [`App`] it boxes a future for each call. A server makes a [`Caller`] for each
/// connection instead, which boxes once.
///
/// ```
/// use owin_core::{AppExt, BoxApp, Environment, Error};
///
/// let app: BoxApp = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
/// # let _app = app;
/// ```
#[derive(Clone)]
pub struct BoxApp(Arc<dyn ErasedApp>);

impl BoxApp {
    /// Forgets the type of an app.
    #[must_use]
    pub fn new(app: impl App) -> Self {
        Self(Arc::new(app))
    }

    /// Makes what calls this app again and again without allocating.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Arc::clone(&self.0).caller()
    }
}

impl App for BoxApp {
    fn call(&self, env: Environment) -> impl Future<Output = Result<Environment, Error>> + Send {
        self.0.call_boxed(env)
    }
}

impl fmt::Debug for BoxApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxApp")
    }
}
