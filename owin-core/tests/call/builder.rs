//! Pipelines: the order of middlewares, mounts, and the end of the line.

use owin_core::middleware::Next;
use owin_core::testing::TestHost;
use owin_core::{App, AppBuilder, AppExt as _, Environment, Error, Middleware, Properties, keys};

use crate::support::{Answer, Notes};

/// A middleware that notes when a call goes in and out.
#[derive(Clone)]
struct Noting(&'static str, Notes);

struct NotingApp<A>(Noting, A);

impl<A: App> Middleware<A> for Noting {
    type App = NotingApp<A>;

    fn wrap(self, app: A) -> NotingApp<A> {
        NotingApp(self, app)
    }
}

impl<A: App> App for NotingApp<A> {
    async fn call(&self, env: Environment) -> Answer {
        let Noting(name, notes) = &self.0;
        notes.add(format!("{name}>"));
        let env = self.1.call(env).await?;
        notes.add(format!("<{name}"));
        Ok(env)
    }
}

/// Answers with base and path as `base|path`.
async fn tell(mut env: Environment) -> Answer {
    let told = format!("{}|{}", env.request().path_base(), env.request().path());
    env.response_mut().set_body(told);
    Ok(env)
}

async fn answer(app: impl App, target: &str) -> String {
    let mut response = TestHost::new(app).get(target).send().await.unwrap();
    format!("{} {}", response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn the_middleware_that_was_added_first_is_the_outermost() {
    // MW-006.
    let notes = Notes::default();
    let properties = Properties::new();
    let app = AppBuilder::new(&properties)
        .use_middleware(Noting("a", notes.clone()))
        .use_middleware(Noting("b", notes.clone()))
        .use_middleware(Noting("c", notes.clone()))
        .run(tell);
    assert_eq!(answer(app, "/").await, "200 |/");
    assert_eq!(notes.all(), "a> b> c> <c <b <a");
}

#[tokio::test]
async fn the_middleware_that_is_put_around_an_app_last_is_the_outermost() {
    let notes = Notes::default();
    let app = tell.with(Noting("inner", notes.clone())).with(Noting("outer", notes.clone()));
    let _answer = answer(app, "/").await;
    assert_eq!(notes.all(), "outer> inner> <inner <outer");
}

#[tokio::test]
async fn a_closure_and_a_type_stand_in_the_order_in_which_they_were_added() {
    let notes = Notes::default();
    let noted = notes.clone();
    let properties = Properties::new();
    let app = AppBuilder::new(&properties)
        .use_middleware(Noting("type", notes.clone()))
        .use_fn(move |env: Environment, next: Next| {
            noted.add("closure>");
            async move { next.run(env).await }
        })
        .run(tell);
    let _answer = answer(app, "/").await;
    assert_eq!(notes.all(), "type> closure> <type");
}

#[tokio::test]
async fn a_middleware_that_answers_by_itself_keeps_the_call_from_the_inner_ones() {
    // MW-007.
    let notes = Notes::default();
    let properties = Properties::new();
    let app = AppBuilder::new(&properties)
        .use_fn(async |mut env: Environment, _: Next| -> Answer {
            env.response_mut().set_body("short");
            Ok(env)
        })
        .use_middleware(Noting("inner", notes.clone()))
        .run(tell);
    assert_eq!(answer(app, "/").await, "200 short");
    assert_eq!(notes.all(), "");
}

#[tokio::test]
async fn what_no_branch_took_is_not_found() {
    let properties = Properties::new();
    let app = AppBuilder::new(&properties).map("/a", tell).unwrap().build();
    assert_eq!(answer(app, "/b").await, "404 ");
}

#[tokio::test]
async fn the_factory_sees_the_properties() {
    // MW-005.
    let mut properties = Properties::new();
    properties.set(keys::HOST_APP_NAME, "shop").unwrap();
    let builder = AppBuilder::new(&properties);
    assert_eq!(builder.properties().get(keys::HOST_APP_NAME), Some("shop"));
}

/// A mount at `/a`, with one at `/b` inside, and something outside.
fn mounts() -> impl App {
    let properties = Properties::new();
    let inner = AppBuilder::new(&properties).map("/b", tell).unwrap().run(tell);
    AppBuilder::new(&properties).map("/a", inner).unwrap().build()
}

#[tokio::test]
async fn a_mount_moves_whole_segments_into_the_base() {
    // OWIN-014, OWIN-015, OWIN-102, DF-20 to DF-30.
    for (target, expected) in [
        ("/a/x?q", "200 /a|/x"),
        ("/a", "200 /a|"),
        ("/a/", "200 /a|/"),
        ("/a/b/x", "200 /a/b|/x"),
        ("/a/b", "200 /a/b|"),
        ("/a/bc", "200 /a|/bc"),
        ("/ab", "404 "),
        ("/A/x", "404 "),
        ("/", "404 "),
        ("/%61/x", "200 /a|/x"),
    ] {
        assert_eq!(answer(mounts(), target).await, expected, "{target}");
    }
}

#[tokio::test]
async fn a_mount_puts_base_and_path_back_on_the_way_out() {
    // MW-008.
    let notes = Notes::default();
    let noted = notes.clone();
    let properties = Properties::new();
    let app = AppBuilder::new(&properties)
        .use_fn(move |env: Environment, next: Next| {
            let noted = noted.clone();
            async move {
                let env = next.run(env).await?;
                noted.add(format!("{}|{}", env.request().path_base(), env.request().path()));
                Ok(env)
            }
        })
        .run(mounts());
    assert_eq!(answer(app, "/a/b/x").await, "200 /a/b|/x");
    assert_eq!(notes.all(), "|/a/b/x");
}

#[tokio::test]
async fn a_mount_on_a_base_keeps_the_base() {
    let host = TestHost::new(mounts());
    let based = |env: &mut Environment| {
        env.request_mut().set_path_base("/root");
        Ok(())
    };
    let mut response = host.get("/a/x").with(based).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "/root/a|/x");
}

#[tokio::test]
async fn a_mount_of_no_segments_takes_everything_and_ends_no_base_with_a_slash() {
    // OWIN-098, OWIN-100.
    for base in ["", "/"] {
        let properties = Properties::new();
        let app = || AppBuilder::new(&properties).map(base, tell).unwrap().build();
        assert_eq!(answer(app(), "/").await, "200 |/");
        assert_eq!(answer(app(), "/x/").await, "200 |/x/");
    }
}

#[test]
fn a_mount_that_does_not_start_with_a_slash_is_refused() {
    let properties = Properties::new();
    let error: Error = AppBuilder::new(&properties).map("a", tell).unwrap_err();
    assert!(error.to_string().contains("\"a\""), "{error}");
}

#[tokio::test]
async fn a_branch_that_fails_fails_the_call() {
    let properties = Properties::new();
    let failing = async |_: Environment| -> Answer { Err(Error::app("on purpose")) };
    let app = AppBuilder::new(&properties).map("/a", failing).unwrap().build();
    assert!(TestHost::new(app).get("/a").send().await.is_err());
}
