//! How a call passes a middleware: in, to the next app, back, out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Answer, Question};
use crate::lint::judge::Judge;
use crate::lint::mark::Mark;
use crate::lint::rules::{lifetime, middleware};
use crate::lint::watch::{Restored, WatchedOutlet};
use crate::{CallCancelled, Environment, Error, ResponseBody};

/// Tells one [`Around`](super::Around) from another.
pub(super) type Identity = Arc<()>;

/// How a call passes a middleware.
#[derive(Debug)]
pub(in crate::lint) struct Crossing {
    around: Identity,
    judge: Judge,
    outlet: WatchedOutlet,
    question: Question,
    answer: Answer,
    id: Option<String>,
    token: CallCancelled,
    inside: Mutex<Option<Inside>>,
}

/// What was seen between the middleware and the next app.
#[derive(Debug)]
struct Inside {
    question: Question,
    has_replaced_body: bool,
    /// `None` where the next app failed.
    answer: Option<Answer>,
}

impl Crossing {
    /// The call enters the middleware.
    pub(super) fn enter(
        env: &mut Environment,
        around: &Identity,
        judge: Judge,
    ) -> (Arc<Self>, Arc<Mark>) {
        let outlet = WatchedOutlet::attach(env, None, &Arc::default());
        let sink = outlet.sink().cloned();
        let crossing = Arc::new(Self {
            around: Arc::clone(around),
            judge,
            question: Question::of(env),
            answer: Answer::of(env, None),
            id: env.request().id().map(str::to_owned),
            token: env.request().cancelled().clone(),
            inside: Mutex::new(None),
            outlet,
        });
        let mark = Mark::enter(env, sink, Some(Arc::clone(&crossing)));
        (crossing, mark)
    }

    /// The crossing that an environment is in.
    pub(super) fn of(env: &Environment, around: &Identity) -> Option<Arc<Self>> {
        Mark::crossing(env, |crossing| Arc::ptr_eq(&crossing.around, around))
    }

    fn inside(&self) -> MutexGuard<'_, Option<Inside>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The middleware calls the next app.
    pub(super) fn go_in(&self, env: &Environment) {
        let question = Question::of(env);
        middleware::id_changed(self.id.as_deref(), env, &self.judge);
        let tokens = (&self.token, env.request().cancelled());
        middleware::went_in(&self.question, &question, tokens, &self.judge);
        let current = env.response().body().map(ResponseBody::outlet).unwrap_or_default();
        let has_replaced_body = self.outlet.is_replaced(&current);
        *self.inside() = Some(Inside { question, has_replaced_body, answer: None });
    }

    /// The next app has answered.
    pub(super) fn come_back(&self, env: &Environment) {
        if let Some(inside) = &mut *self.inside() {
            inside.answer = Some(Answer::of(env, self.outlet.pushed_bytes()));
        }
    }

    /// The middleware is done.
    ///
    /// # Errors
    ///
    /// The violation of a MUST, where the lint makes the call fail by it.
    pub(super) fn leave(
        &self,
        mark: &Arc<Mark>,
        mut env: Environment,
    ) -> Result<Environment, Error> {
        match mark.leave(&mut env) {
            None => lifetime::another_environment(&self.judge),
            Some(sinks) if self.outlet.detach(&mut env, &sinks) == Restored::No => {
                middleware::outlet_not_restored(&self.judge);
            }
            Some(_) => self.judge(&env),
        }
        self.judge.verdict()?;
        Ok(env)
    }

    /// The middleware has failed.
    pub(super) fn fail(&self, error: &Error) {
        if let Some(answer) = self.inside().as_ref().and_then(|inside| inside.answer.as_ref()) {
            middleware::failed_after(answer, error, &self.judge);
        }
    }

    fn judge(&self, env: &Environment) {
        let (question, answer) = (Question::of(env), Answer::of(env, self.outlet.pushed_bytes()));
        let inside = self.inside();
        let Some(inside) = &*inside else {
            return middleware::answered_alone(&self.answer, &answer, &self.judge);
        };
        middleware::restored(&self.question, &inside.question, &question, &self.judge);
        if let Some(inner) = &inside.answer {
            let has_replaced = inside.has_replaced_body;
            middleware::came_out(inner, &answer, env, has_replaced, &self.judge);
        }
    }
}
