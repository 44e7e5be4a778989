//! What makes an app from an app.

mod from_fn;
mod map;

use crate::App;

pub use self::from_fn::{FromFn, FromFnApp, Next, from_fn};
pub use self::map::{Map, MapApp};

/// Makes an app from an app: the middleware of OWIN 1.0 §2.
///
/// A *type* that implements this, and whose app holds the inner app as a generic field, costs no
/// allocation however many of them are stacked. [`from_fn`] makes one of an async closure, for one
/// boxed future a layer.
///
/// ```
/// use owin_core::{App, AppExt, Environment, Error, Middleware};
///
/// struct Named(&'static str);
/// struct NamedApp<A> { name: &'static str, app: A }
///
/// impl<A: App> Middleware<A> for Named {
///     type App = NamedApp<A>;
///     fn wrap(self, app: A) -> NamedApp<A> {
///         NamedApp { name: self.0, app }
///     }
/// }
///
/// impl<A: App> App for NamedApp<A> {
///     async fn call(&self, env: Environment) -> Result<Environment, Error> {
///         let mut env = self.app.call(env).await?;
///         env.response_mut().headers_mut()?.set("x-name", self.name)?;
///         Ok(env)
///     }
/// }
///
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) })
///     .with(Named("inner"))
///     .with(Named("outer"));
/// # let _app = app;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an OWIN middleware",
    label = "expected a middleware: it makes an app from an app",
    note = "make one of an async closure: `owin_core::from_fn(async |env: Environment, next: Next| next.run(env).await)`"
)]
pub trait Middleware<A: App> {
    /// The app that it makes.
    type App: App;

    /// Puts itself around an app.
    fn wrap(self, app: A) -> Self::App;
}

/// No middleware at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity;

impl<A: App> Middleware<A> for Identity {
    type App = A;

    fn wrap(self, app: A) -> A {
        app
    }
}

/// Two middlewares: the first one added is the outer one.
#[derive(Clone, Copy, Debug)]
pub struct Stack<Outer, Inner> {
    outer: Outer,
    inner: Inner,
}

impl<Outer, Inner> Stack<Outer, Inner> {
    pub(crate) const fn new(outer: Outer, inner: Inner) -> Self {
        Self { outer, inner }
    }
}

impl<A, Outer, Inner> Middleware<A> for Stack<Outer, Inner>
where
    A: App,
    Inner: Middleware<A>,
    Outer: Middleware<Inner::App>,
{
    type App = Outer::App;

    fn wrap(self, app: A) -> Outer::App {
        self.outer.wrap(self.inner.wrap(app))
    }
}
