//! An app below a path base.

use crate::middleware::Middleware;
use crate::path::split_base;
use crate::{App, BoxApp, Environment, Error};

/// Sends calls below a path to another app (OWIN 1.0 §5.3).
///
/// The branch sees the matched segments in `owin.RequestPathBase` and the rest in
/// `owin.RequestPath`; on the way out both are as they were. Whole segments match, case kept.
#[derive(Clone, Debug)]
pub struct Map {
    base: String,
    branch: BoxApp,
}

impl Map {
    /// Makes the middleware for a base like `/api`; one of no segments matches everything.
    ///
    /// # Errors
    ///
    /// Where the base is not empty and does not start with `/`.
    pub fn new(base: impl Into<String>, branch: impl App) -> Result<Self, Error> {
        let base = base.into().trim_end_matches('/').to_owned();
        if !base.is_empty() && !base.starts_with('/') {
            return Err(Error::app(format!("the path base {base:?} does not start with a slash")));
        }
        Ok(Self { base, branch: BoxApp::new(branch) })
    }
}

impl<A: App> Middleware<A> for Map {
    type App = MapApp<A>;

    fn wrap(self, app: A) -> MapApp<A> {
        MapApp { map: self, app }
    }
}

/// The app that [`Map`] makes.
#[derive(Clone, Debug)]
pub struct MapApp<A> {
    map: Map,
    app: A,
}

impl<A: App> App for MapApp<A> {
    async fn call(&self, mut env: Environment) -> Result<Environment, Error> {
        let request = env.request();
        let Some((matched, rest)) = split_base(request.path(), &self.map.base) else {
            return self.app.call(env).await;
        };
        let (path, base) = (request.path().to_owned(), request.path_base().to_owned());
        let (inner_base, inner_path) = (format!("{base}{matched}"), rest.to_owned());
        // A mount at the root leaves an empty path nowhere: base and path cannot both be empty.
        move_to(&mut env, &inner_base, &inner_path);
        let mut env = self.map.branch.call(env).await?;
        move_to(&mut env, &base, &path);
        Ok(env)
    }
}

fn move_to(env: &mut Environment, base: &str, path: &str) {
    env.request_mut().set_path_base(base);
    env.request_mut().set_path(path);
}
