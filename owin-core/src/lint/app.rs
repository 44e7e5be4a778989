//! The app that a lint makes.

use std::sync::Arc;

use crate::lint::Lint;
use crate::lint::life::Life;
use crate::lint::memory::Memory;
use crate::lint::rules::{self, lifetime};
use crate::lint::watch::Watch;
use crate::{App, Environment, Error};

/// The app that [`Lint`] makes: judges a call on its way in, during it, and on its way out.
#[derive(Clone, Debug)]
pub struct LintApp<A> {
    lint: Lint,
    memory: Arc<Memory>,
    app: A,
}

impl<A> LintApp<A> {
    pub(super) fn new(lint: Lint, app: A) -> Self {
        Self { lint, memory: Arc::default(), app }
    }
}

impl<A: App> App for LintApp<A> {
    async fn call(&self, mut env: Environment) -> Result<Environment, Error> {
        let judge = self.lint.judge(&env);
        rules::at_entry(&env, &self.lint.startup, &self.memory, &judge);
        judge.verdict()?;
        let watch = Watch::attach(&mut env, &judge);
        let mut life = Life::new(&judge, &self.lint.limits, env.request().cancelled().clone());
        match life.drive(self.app.call(env)).await {
            Ok(env) => watch.leave(env),
            Err(error) => {
                lifetime::failed(&error, life.is_cancelled(), &judge);
                judge.verdict()?;
                Err(error)
            }
        }
    }
}
