//! Builds an app of middlewares.

use crate::middleware::{FromFn, Identity, Map, Middleware, Next, Stack, from_fn};
use crate::{App, Environment, Error, Properties};

/// Builds an app of middlewares; the first one added is the outermost (OWIN 1.0 §4).
///
/// The types nest, so a pipeline of middleware types costs no allocation.
///
/// ```
/// use owin_core::{AppBuilder, Environment, Error, Properties, middleware::Next};
///
/// let properties = Properties::new();
/// let app = AppBuilder::new(&properties)
///     .use_fn(async |env: Environment, next: Next| next.run(env).await)
///     .map("/health", async |mut env: Environment| -> Result<Environment, Error> {
///         env.response_mut().set_body("fine");
///         Ok(env)
///     })?
///     .run(async |env: Environment| -> Result<Environment, Error> { Ok(env) });
/// # let _app = app;
/// # Ok::<_, Error>(())
/// ```
#[derive(Debug)]
pub struct AppBuilder<'a, M = Identity> {
    properties: &'a Properties,
    middleware: M,
}

impl<'a> AppBuilder<'a> {
    /// Starts with no middleware.
    #[must_use]
    pub fn new(properties: &'a Properties) -> Self {
        Self { properties, middleware: Identity }
    }
}

impl<'a, M> AppBuilder<'a, M> {
    /// What the server announced and the host wishes.
    #[must_use]
    pub fn properties(&self) -> &'a Properties {
        self.properties
    }

    /// Adds a middleware inside of those added before.
    #[must_use]
    pub fn use_middleware<N>(self, middleware: N) -> AppBuilder<'a, Stack<M, N>> {
        let Self { properties, middleware: outer } = self;
        AppBuilder { properties, middleware: Stack::new(outer, middleware) }
    }

    /// Adds a middleware made of an async closure.
    #[must_use]
    pub fn use_fn<F, Fut>(self, function: F) -> AppBuilder<'a, Stack<M, FromFn<F>>>
    where
        F: Fn(Environment, Next) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Environment, Error>> + Send,
    {
        self.use_middleware(from_fn(function))
    }

    /// Sends calls below a path to another app.
    ///
    /// # Errors
    ///
    /// Where the base is not empty and does not start with `/`.
    pub fn map(
        self,
        base: impl Into<String>,
        branch: impl App,
    ) -> Result<AppBuilder<'a, Stack<M, Map>>, Error> {
        Ok(self.use_middleware(Map::new(base, branch)?))
    }

    /// Ends the pipeline with an app.
    pub fn run<A: App>(self, app: A) -> M::App
    where
        M: Middleware<A>,
    {
        self.middleware.wrap(app)
    }

    /// Ends the pipeline with an app that answers 404: what no branch took is not here.
    pub fn build(self) -> M::App
    where
        M: Middleware<NotFound>,
    {
        self.run(NotFound)
    }
}

/// Answers 404.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotFound;

impl App for NotFound {
    async fn call(&self, mut env: Environment) -> Result<Environment, Error> {
        env.response_mut().set_status(http::StatusCode::NOT_FOUND)?;
        Ok(env)
    }
}
