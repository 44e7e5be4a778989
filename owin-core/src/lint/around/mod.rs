//! A lint around a middleware: one layer outside of it, one inside.

mod crossing;
mod facts;

use std::sync::Arc;

use self::crossing::Identity;
use crate::lint::Lint;
use crate::middleware::Middleware;
use crate::{App, Environment, Error};

pub(super) use self::crossing::Crossing;
pub(super) use self::facts::{Answer, Question, regrouped};

/// A middleware between two layers of a [`Lint`]; made by [`Lint::around`].
#[derive(Clone, Debug)]
pub struct Around<M> {
    lint: Lint,
    identity: Identity,
    middleware: M,
}

impl<M> Around<M> {
    pub(super) fn new(lint: Lint, middleware: M) -> Self {
        Self { lint, identity: Arc::default(), middleware }
    }
}

impl<A: App, M: Middleware<Inside<A>>> Middleware<A> for Around<M> {
    type App = Outside<M::App>;

    fn wrap(self, app: A) -> Self::App {
        let inside = Inside { identity: Arc::clone(&self.identity), app };
        Outside { lint: self.lint, identity: self.identity, app: self.middleware.wrap(inside) }
    }
}

/// The layer outside of a middleware.
#[derive(Clone, Debug)]
pub struct Outside<A> {
    lint: Lint,
    identity: Identity,
    app: A,
}

impl<A: App> App for Outside<A> {
    async fn call(&self, mut env: Environment) -> Result<Environment, Error> {
        let judge = self.lint.judge(&env);
        let (crossing, mark) = Crossing::enter(&mut env, &self.identity, judge);
        match self.app.call(env).await {
            Ok(env) => crossing.leave(&mark, env),
            Err(error) => {
                crossing.fail(&error);
                Err(error)
            }
        }
    }
}

/// The layer inside of a middleware.
#[derive(Clone, Debug)]
pub struct Inside<A> {
    identity: Identity,
    app: A,
}

impl<A: App> App for Inside<A> {
    async fn call(&self, env: Environment) -> Result<Environment, Error> {
        // A middleware that makes an environment of its own is told of by the layer outside.
        let Some(crossing) = Crossing::of(&env, &self.identity) else {
            return self.app.call(env).await;
        };
        crossing.go_in(&env);
        let env = self.app.call(env).await?;
        crossing.come_back(&env);
        Ok(env)
    }
}
