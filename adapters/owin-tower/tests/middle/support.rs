//! An outer middleware, something of tower's, and an app; what each of them sees.

use std::sync::{Arc, Mutex};

use owin_core::testing::{TestHost, TestResponse};
use owin_core::{App, AppExt as _, Environment, Error, Value, from_fn, middleware::Next};

/// What an app gives back.
pub(crate) type Answer = Result<Environment, Error>;

/// The key that is set outside, and what it says.
pub(crate) const OUTSIDE: &str = "test.Outside";
/// The key that is set inside.
pub(crate) const INSIDE: &str = "test.Inside";

pub(crate) fn text(env: &Environment, name: &str) -> Option<String> {
    env.value(name).and_then(|value| value.as_str()).map(str::to_owned)
}

/// What the outer middleware saw on the way out; `None` where the call failed further in.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Option<Outside>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outside {
    pub(crate) inside: Option<String>,
    pub(crate) address: usize,
    pub(crate) agent: Option<String>,
    pub(crate) path: String,
}

impl Seen {
    pub(crate) fn get(&self) -> Option<Outside> {
        self.0.lock().unwrap().clone()
    }
}

/// The address of a value in the environment: the same as long as it is the same environment.
pub(crate) fn address(env: &Environment) -> usize {
    std::ptr::from_ref(env.get(owin_core::keys::REQUEST_METHOD).unwrap()).addr()
}

/// A host whose pipeline sets a key, and notes what comes back.
pub(crate) fn host(rest: impl App) -> (TestHost, Seen) {
    let seen = Seen::default();
    let notes = seen.clone();
    let outer = from_fn(move |mut env: Environment, next: Next| {
        let notes = notes.clone();
        async move {
            env.set_value(OUTSIDE, Value::new("set outside"))?;
            let env = next.run(env).await?;
            *notes.0.lock().unwrap() = Some(Outside {
                inside: text(&env, INSIDE),
                address: address(&env),
                agent: env.request().headers().text("user-agent").map(str::to_owned),
                path: env.request().path().to_owned(),
            });
            Ok(env)
        }
    });
    (TestHost::new(rest.with(outer)), seen)
}

/// An app that says what was set outside, and sets a key.
pub(crate) async fn inner(mut env: Environment) -> Answer {
    let outside = text(&env, OUTSIDE).unwrap_or_default();
    let here = address(&env);
    env.set_value(INSIDE, Value::new("set inside"))?;
    env.response_mut().headers_mut()?.set("x-address", here.to_string().as_str())?;
    let said = format!("{} {outside}", env.request().path());
    env.response_mut().set_body(said);
    Ok(env)
}

pub(crate) async fn get(host: &TestHost, target: &str) -> TestResponse {
    host.get(target).header("user-agent", "test").send().await.unwrap()
}
