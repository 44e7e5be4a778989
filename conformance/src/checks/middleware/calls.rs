//! How a call goes through a middleware, and what it takes along (OWIN 1.0 §3.1, §3.2).

use owin_core::middleware::Middleware;
use owin_core::testing::TestHost;
use owin_core::{App, AppExt, BoxApp, Environment, Error, Key, Lint, lint};

use crate::check::{Check, Level, Profile, Proof, guideline, owin};
use crate::judge::{Judged, Lapse, demand};
use crate::middleware::{Noted, Rig, noting};

const OUTSIDE: Key<str> = Key::new("conformance.Outside");
const INSIDE: Key<str> = Key::new("conformance.Inside");

pub(in crate::checks) const CALLS: &[Check] = &[
    Check {
        id: "MW-01",
        slug: "reaches-the-app",
        title: "A call that it has no reason to answer reaches the app, once",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[guideline("a middleware answers, or calls the next app")],
        seeds: "",
        means: "pages are empty, or orders are placed twice",
        fix: "call next on every way that does not answer; where it needs a field, say so with_field",
        proof: Proof::OfMiddleware(reaches_the_app),
    },
    Check {
        id: "MW-02",
        slug: "lint",
        title: "No rule of the contract is broken on either side of it",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[
            owin("3.2", "the environment has the required keys, with values of their types"),
            guideline("keys of owin are those of its documents"),
        ],
        seeds: "OWIN-005",
        means: "a server or another middleware meets what it does not know",
        fix: "the rule says it; `Lint::around` names it in a test of your own",
        proof: Proof::OfMiddleware(|rig| lint(rig, is_demanded)),
    },
    Check {
        id: "MW-03",
        slug: "outside-is-seen-inside",
        title: "What is set outside of it is seen inside",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.2", "the environment may be changed, by whoever has it")],
        seeds: "OWIN-005, OWIN-032",
        means: "what one middleware found out, as the user, another cannot know",
        fix: "hand the environment on, and not a new one",
        proof: Proof::OfMiddleware(outside_is_seen_inside),
    },
    Check {
        id: "MW-04",
        slug: "environment-comes-back",
        title: "The environment that comes out is the one that went in, with what was set inside",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.1", "one environment goes through the whole pipeline")],
        seeds: "OWIN-005, OWIN-009",
        means: "the server misses the callbacks and the sink that it put in",
        fix: "return the environment that next returned",
        proof: Proof::OfMiddleware(environment_comes_back),
    },
    Check {
        id: "MW-05",
        slug: "callbacks",
        title: "Callbacks before the head run once, the last registered first",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("common keys", "server.OnSendingHeaders runs its callbacks in reverse")],
        seeds: "CK-037, CK-039, CK-041",
        means: "sessions are not saved, or cookies are set twice",
        fix: "leave server.OnSendingHeaders to the server; add to it, and take nothing out",
        proof: Proof::OfMiddleware(callbacks),
    },
    Check {
        id: "MW-23",
        slug: "lint-advice",
        title: "No recommendation or guideline of the contract is passed over on either side of it",
        level: Level::Should,
        profile: Profile::Middleware,
        clauses: &[guideline("what a middleware changes for the next app it puts back")],
        seeds: "OWIN-022, OWIN-081",
        means: "a middleware outside sees a request that nobody sent",
        fix: "the rule says it; `Lint::around` names it in a test of your own",
        proof: Proof::OfMiddleware(|rig| lint(rig, |level| !is_demanded(level))),
    },
];

/// Whether the documents demand it.
fn is_demanded(level: lint::Level) -> bool {
    matches!(level, lint::Level::Must | lint::Level::MustNot | lint::Level::Text)
}

fn reaches_the_app(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let host = rig.host(noting(&noted, |_| ()));
        let sent = rig.sent(host.get("/orders")).await;
        let calls = noted.taken().len();
        demand(calls == 1, || match sent {
            Ok(response) => {
                format!("the app was called {calls} times; it is answered {}", response.status())
            }
            Err(error) => format!("the app was called {calls} times; the call fails: {error}"),
        })
    })
}

/// The middleware as a type that goes around any app.
struct Any<'a>(&'a Rig);

impl<A: App> Middleware<A> for Any<'_> {
    type App = BoxApp;

    fn wrap(self, app: A) -> BoxApp {
        self.0.wrapped(app)
    }
}

fn lint(rig: &Rig, counts: fn(lint::Level) -> bool) -> Judged {
    rig.run(async {
        let [(outer, out), (around, between), (inner, within)] =
            [(); 3].map(|()| Lint::recording());
        let called = Noted::new();
        let app = noting(&called, |_| ()).with(inner).with(around.around(Any(rig))).with(outer);
        let host = TestHost::new(app);
        let mut response = rig.answered(host.get("/orders").header("accept", "text/html")).await?;
        let _body = response.bytes().await;
        let broken = [out, between, within];
        let broken = broken.iter().flat_map(lint::Violations::iter);
        let broken = broken.filter(|violation| counts(violation.rule().level()));
        let broken: Vec<String> = broken.map(|violation| violation.to_string()).collect();
        demand(broken.is_empty(), || format!("broken is {}", broken.join("; ")))
    })
}

fn outside_is_seen_inside(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let inner = rig.wrapped(noting(&noted, |env| {
            let has = |seen: Option<&str>| seen == Some("here");
            [
                ("a key", has(env.get(OUTSIDE))),
                ("a field of the request", has(env.request().headers().text("x-outside"))),
                ("a field of the response", has(env.response().headers().text("x-outside"))),
            ]
        }));
        let host = TestHost::new(move |mut env: Environment| {
            let inner = inner.clone();
            async move {
                env.set(OUTSIDE, "here")?;
                env.request_mut().headers_mut().set("x-outside", "here")?;
                env.response_mut().headers_mut()?.set("x-outside", "here")?;
                inner.call(env).await
            }
        });
        let _answered = rig.sent(host.get("/orders")).await;
        let seen = noted.first()?;
        seen.into_iter().try_for_each(|(what, is_there)| {
            demand(is_there, || format!("{what} that was set outside is not there inside"))
        })
    })
}

fn environment_comes_back(rig: &Rig) -> Judged {
    rig.run(async {
        let inner = rig.wrapped(async |mut env: Environment| -> Result<Environment, Error> {
            env.set(INSIDE, "here")?;
            env.response_mut().set_body("hello");
            Ok(env)
        });
        let noted = Noted::new();
        let (outer, notes) = (inner, noted.clone());
        let host = TestHost::new(move |mut env: Environment| {
            let (inner, notes) = (outer.clone(), notes.clone());
            async move {
                env.set(OUTSIDE, "here")?;
                let env = inner.call(env).await?;
                notes.put(
                    [("outside", env.get(OUTSIDE)), ("inside", env.get(INSIDE))]
                        .map(|(where_set, seen)| (where_set, seen == Some("here"))),
                );
                Ok::<_, Error>(env)
            }
        });
        let sent = rig.sent(host.get("/orders")).await;
        if let Err(error) = sent {
            return Err(Lapse::Failed(format!("the call fails: {error}")));
        }
        noted.first()?.into_iter().try_for_each(|(where_set, is_there)| {
            demand(is_there, || format!("a key that was set {where_set} does not come back"))
        })
    })
}

fn callbacks(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let register = |name: &'static str| {
            let noted = noted.clone();
            move |env: &mut Environment| {
                let noted = noted.clone();
                env.on_sending_headers(move |_| {
                    noted.put(name);
                    Ok(())
                })
            }
        };
        let (first, second) = (register("outside"), register("inside"));
        let inner = rig.wrapped(move |mut env: Environment| {
            let registered = second(&mut env);
            async move { registered.map(|()| env) }
        });
        let host = TestHost::new(move |mut env: Environment| {
            let (registered, inner) = (first(&mut env), inner.clone());
            async move {
                registered?;
                inner.call(env).await
            }
        });
        let mut response = rig.answered(host.get("/orders")).await?;
        let _body = response.bytes().await;
        let ran = noted.taken();
        demand(ran == ["inside", "outside"], || format!("of those inside and outside ran {ran:?}"))
    })
}
