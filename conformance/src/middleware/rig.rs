//! What the code of a check has at hand: the middleware around apps, in memory.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use owin_core::testing::{TestHost, TestRequest, TestResponse};
use owin_core::{App, AppExt, BoxApp, Environment, Error};
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use crate::clock;
use crate::judge::{Judged, Lapse};
use crate::middleware::Subject;
use crate::wire::Transcript;

/// How long a whole check may take.
const WHOLE: Duration = Duration::from_millis(3300);

/// How long something may take that needs nobody but the middleware.
const SOON: Duration = Duration::from_millis(700);

/// How often the clock is looked at, to see whether the machine has time.
const TICK: Duration = Duration::from_millis(10);

/// Between two looks at what another task does.
const PAUSE: Duration = Duration::from_millis(1);

/// A middleware, what is asked through it, and what was seen.
pub(crate) struct Rig {
    subject: Subject,
    log: Arc<Mutex<Transcript>>,
}

impl Rig {
    pub(crate) fn new(subject: Subject, log: Arc<Mutex<Transcript>>) -> Self {
        Self { subject, log }
    }

    /// A new middleware around an app.
    pub(crate) fn wrapped(&self, app: impl App) -> BoxApp {
        (self.subject.wrap)(app.boxed())
    }

    /// The same, to be asked.
    pub(crate) fn host(&self, app: impl App) -> TestHost {
        TestHost::new(self.wrapped(app))
    }

    /// A request with what it takes so that the middleware lets it through.
    pub(crate) fn asked(&self, request: TestRequest) -> TestRequest {
        let fields = self.subject.fields.iter();
        fields.fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Sends a request; what comes of it is noted.
    pub(crate) async fn sent(&self, request: TestRequest) -> Result<TestResponse, Error> {
        let sent = self.asked(request).send().await;
        self.note(match &sent {
            Ok(response) => format!("the answer begins: {}", response.status()),
            Err(error) => format!("the call fails: {error}"),
        });
        sent
    }

    /// Sends a request that has to be answered.
    pub(crate) async fn answered(&self, request: TestRequest) -> Result<TestResponse, Lapse> {
        Ok(self.sent(request).await?)
    }

    /// Puts a line into the transcript.
    pub(crate) fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).event(what);
    }

    /// Runs the check to its end; not for ever.
    pub(crate) fn run(&self, work: impl Future<Output = Judged>) -> Judged {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Lapse::Broken(format!("no runtime: {error}")))?;
        runtime.block_on(async {
            tokio::select! {
                judged = work => judged,
                lapse = in_vain() => Err(lapse),
            }
        })
    }

    /// Sends a request, and its body by another future as long as somebody may read it; reads the
    /// answer to its end.
    pub(crate) async fn fed(
        &self,
        request: TestRequest,
        feeding: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let answered = async {
            let mut response = self.sent(request).await?;
            response.bytes().await.map(drop)
        };
        let feeding = async {
            feeding.await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = answered => done,
            () = feeding => Ok(()),
        }
    }
}

/// What it means that the time of a check is over: silence, where the machine had time for it.
async fn in_vain() -> Lapse {
    let (end, mut ticks) = (clock::now() + WHOLE, 0);
    while !clock::until(end).is_zero() {
        sleep(TICK).await;
        ticks += 1;
    }
    let why = format!("nothing came of it in {:.1} s", WHOLE.as_secs_f64());
    let is_idle = TICK * 2 * ticks > WHOLE;
    if is_idle { Lapse::Failed(why) } else { Lapse::Inconclusive(why) }
}

/// The call fails, and should not.
impl From<Error> for Lapse {
    fn from(error: Error) -> Self {
        Self::Failed(format!("the call fails: {error}"))
    }
}

/// What happens soon; `None` where it does not.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> Option<T> {
    timeout(SOON, work).await.ok()
}

/// What apps have seen, in the order of their notes.
#[derive(Debug)]
pub(crate) struct Noted<T>(Arc<Mutex<Vec<T>>>);

impl<T> Noted<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn put(&self, seen: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    /// All that was noted so far.
    pub(crate) fn taken(&self) -> Vec<T> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The first note. That there is none is another check's affair: the app was not called.
    pub(crate) fn first(&self) -> Result<T, Lapse> {
        let first = self.taken().into_iter().next();
        first.ok_or_else(|| Lapse::Blocked("the call did not reach the app".to_owned()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Waits until something is noted; it stays.
    pub(crate) async fn is_there_soon(&self) -> bool {
        let there = async {
            while self.is_empty() {
                sleep(PAUSE).await;
            }
        };
        soon(there).await.is_some()
    }
}

impl<T> Clone for Noted<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// An app that notes what it sees and says hello.
pub(crate) fn noting<T: Send + 'static>(
    noted: &Noted<T>,
    look: fn(&Environment) -> T,
) -> impl App + use<T> {
    let noted = noted.clone();
    move |mut env: Environment| {
        noted.put(look(&env));
        async move {
            env.response_mut().set_body("hello");
            Ok::<_, Error>(env)
        }
    }
}
