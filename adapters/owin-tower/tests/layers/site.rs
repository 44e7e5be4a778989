//! A pipeline on a server: what sets keys outside and inside of a layer, and who saw them.

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use http_body::Body;
use owin_core::{App, AppExt as _, Environment, Error, Value, from_fn, middleware::Next};
use owin_tower::BoxError;

use crate::client::{self, Opened, Reply};
use crate::servers::{STACKS, Stack, Started};

/// What an app gives back.
pub(crate) type Answer = Result<Environment, Error>;

/// The key that is set outside of the layer.
const OUTSIDE: &str = "test.Outside";
/// The key that is set inside of it.
const INSIDE: &str = "test.Inside";

/// What became of a call, as the outer middleware saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crossing {
    /// The app inside saw the key that was set outside, and the reverse.
    Through,
    /// The layer did not call, or not any more: the environment is what it was outside.
    TurnedBack,
    /// An error came out.
    Failed(u16),
    /// A key was lost, or that of another call was seen.
    Lost,
}

/// A pipeline that runs on a server.
pub(crate) struct Site {
    pub(crate) stack: &'static Stack,
    server: Started,
    seen: Arc<Mutex<Vec<Crossing>>>,
}

/// Starts the pipeline on each server, with the middleware around it that sets a key, and visits it.
pub(crate) async fn on_each_server<A: App>(rest: impl Fn() -> A, visit: impl AsyncFn(&Site)) {
    for stack in &STACKS {
        let _named = Named(stack.name);
        let seen = Arc::default();
        let app = outside(rest(), Arc::clone(&seen));
        let site = Site { stack, server: stack.start(app).await, seen };
        visit(&site).await;
        site.server.stop().await;
    }
}

/// Puts the middleware around an app that looks for the key that was set outside, and sets one.
pub(crate) fn inside(app: impl App) -> impl App {
    app.with(from_fn(async |mut env: Environment, next: Next| -> Answer {
        let saw = text(&env, OUTSIDE).unwrap_or_default();
        env.set_value(INSIDE, Value::new(saw))?;
        next.run(env).await
    }))
}

/// Puts the middleware around an app that sets a key, and notes what came back.
fn outside(app: impl App, seen: Arc<Mutex<Vec<Crossing>>>) -> impl App {
    static CALL: AtomicUsize = AtomicUsize::new(0);
    app.with(from_fn(move |mut env: Environment, next: Next| {
        let seen = Arc::clone(&seen);
        async move {
            let mine = format!("call {}", CALL.fetch_add(1, Ordering::Relaxed));
            env.set_value(OUTSIDE, Value::new(mine.clone()))?;
            let answer = next.run(env).await;
            let crossing = match &answer {
                Err(error) => Crossing::Failed(error.status().as_u16()),
                Ok(env) if text(env, OUTSIDE).as_ref() != Some(&mine) => Crossing::Lost,
                Ok(env) => match text(env, INSIDE) {
                    None => Crossing::TurnedBack,
                    Some(saw) if saw == mine => Crossing::Through,
                    Some(_) => Crossing::Lost,
                },
            };
            seen.lock().unwrap().push(crossing);
            answer
        }
    }))
}

fn text(env: &Environment, name: &str) -> Option<String> {
    env.value(name).and_then(|value| value.as_str()).map(str::to_owned)
}

impl Site {
    /// Sends a request; the answer begins, and may go on.
    pub(crate) async fn open<B>(&self, request: Request<B>) -> Opened
    where
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        client::open(self.server.socket, request).await.unwrap()
    }

    /// Sends a request, and takes the whole answer.
    pub(crate) async fn send<B>(&self, request: Request<B>) -> Reply
    where
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        client::whole(self.open(request).await).await.unwrap()
    }

    /// A `GET` of that target.
    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send(client::get(target)).await
    }

    /// One call went through, since the last question, with its keys both ways.
    #[track_caller]
    pub(crate) fn went_through(&self) {
        self.was(&[Crossing::Through]);
    }

    /// So many calls went through.
    #[track_caller]
    pub(crate) fn all_went_through(&self, count: usize) {
        self.was(&vec![Crossing::Through; count]);
    }

    /// The layer answered by itself, and the environment came back.
    #[track_caller]
    pub(crate) fn turned_back(&self) {
        self.was(&[Crossing::TurnedBack]);
    }

    /// An error came out that has this status.
    #[track_caller]
    pub(crate) fn failed(&self, status: u16) {
        self.was(&[Crossing::Failed(status)]);
    }

    /// Waits until the outer middleware has seen the end of a call.
    pub(crate) async fn has_seen_a_call(&self) {
        let seen = async {
            while self.seen.lock().unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        client::soon(seen).await;
    }

    /// Forgets what was seen.
    pub(crate) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }

    #[track_caller]
    fn was(&self, wanted: &[Crossing]) {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        assert_eq!(seen, wanted, "on {}", self.stack.name);
    }
}

/// Says on which server a test has failed.
struct Named(&'static str);

impl Drop for Named {
    #[expect(clippy::print_stderr, reason = "whoever reads of a failed test wants to know")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("on the server {}", self.0);
        }
    }
}

/// Takes what something collected out of where it is.
pub(crate) fn taken<T: Default + Debug>(place: &Mutex<T>) -> T {
    std::mem::take(&mut *place.lock().unwrap())
}
