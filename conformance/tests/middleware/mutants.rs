//! Middlewares that are broken in one way.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use owin_conformance::check::{self, Check, Party};
use owin_conformance::middleware::{Subject, tried};
use owin_conformance::report;
use owin_conformance::run::{Plan, Verdict};
use owin_core::features::OnSendingHeaders;
use owin_core::http::StatusCode;
use owin_core::middleware::Next;
use owin_core::{CancelSource, Environment, Error, Value, from_fn, keys};

use crate::{bodies, sinks};

type Answer = Result<Environment, Error>;

/// A fault, what has it, and the checks that see it; no other does.
struct Mutant {
    name: &'static str,
    subject: fn() -> Subject,
    ids: &'static [&'static str],
    /// Every other check suffers, too: it is tried with its own only.
    spreads: bool,
}

/// Makes a mutant of a closure.
macro_rules! mutant {
    ($name:literal $($id:literal)+ => $($closure:tt)+) => {
        Mutant {
            name: $name,
            subject: || Subject::of(|| from_fn($($closure)+)),
            ids: &[$($id),+],
            spreads: false,
        }
    };
}

fn mutants() -> Vec<Mutant> {
    let mut all = calls();
    all.extend(messages());
    all.extend(bodies());
    all.extend(ends());
    all
}

fn calls() -> Vec<Mutant> {
    let answers = mutant!("it answers by itself" "MW-01" => async |mut env: Environment, _: Next| -> Answer {
        env.response_mut().set_body("hello");
        Ok(env)
    });
    vec![
        Mutant { spreads: true, ..answers },
        mutant!("it adds a key of owin" "MW-02" => async |mut env: Environment, next: Next| -> Answer {
            env.set_value("owin.Mine", Value::new("mine".to_owned()))?;
            next.run(env).await
        }),
        mutant!("it leaves a field in the request" "MW-23" => async |mut env: Environment, next: Next| -> Answer {
            env.request_mut().headers_mut().set("x-mine", "1")?;
            next.run(env).await
        }),
        mutant!("it hides keys that it does not know" "MW-03" => async |mut env: Environment, next: Next| -> Answer {
            let kept = env.remove_value("conformance.Outside")?;
            let mut env = next.run(env).await?;
            if let Some(kept) = kept {
                env.set_value("conformance.Outside", kept)?;
            }
            Ok(env)
        }),
        mutant!("it drops keys that it does not know" "MW-04" => async |env: Environment, next: Next| -> Answer {
            let mut env = next.run(env).await?;
            drop(env.remove_value("conformance.Inside")?);
            Ok(env)
        }),
        mutant!("it begins the callbacks anew" "MW-05" => async |mut env: Environment, next: Next| -> Answer {
            drop(env.set(keys::SERVER_ON_SENDING_HEADERS, OnSendingHeaders::default())?);
            next.run(env).await
        }),
    ]
}

fn joined(env: &Environment, name: &str) -> String {
    let lines = env.request().headers().lines().filter(|(own, _)| *own == name);
    let values: Vec<_> =
        lines.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect();
    values.join(", ")
}

fn messages() -> Vec<Mutant> {
    vec![
        mutant!("it joins lines of a request" "MW-06" => async |mut env: Environment, next: Next| -> Answer {
            let values = joined(&env, "x-many");
            if !values.is_empty() {
                env.request_mut().headers_mut().set("x-many", values.as_str())?;
            }
            next.run(env).await
        }),
        mutant!("it keeps the last cookie" "MW-07" => async |env: Environment, next: Next| -> Answer {
            let mut env = next.run(env).await?;
            let last = env.response().headers().lines().filter(|(name, _)| *name == "set-cookie").last();
            if let Some(last) = last.map(|(_, value)| value.to_vec()) {
                env.response_mut().headers_mut()?.set("set-cookie", last.as_slice())?;
            }
            Ok(env)
        }),
        mutant!("it decodes the query" "MW-08" => async |mut env: Environment, next: Next| -> Answer {
            let query = env.request().query_string().to_owned();
            env.request_mut().set_query_string(&query.replace("%2F", "/"));
            let mut env = next.run(env).await?;
            env.request_mut().set_query_string(&query);
            Ok(env)
        }),
        mutant!("it makes 200 of what is well" "MW-09" => async |env: Environment, next: Next| -> Answer {
            let mut env = next.run(env).await?;
            if env.response().status() == StatusCode::CREATED {
                env.response_mut().set_status(StatusCode::OK)?;
            }
            Ok(env)
        }),
    ]
}

fn bodies() -> Vec<Mutant> {
    vec![
        mutant!("it lets 4096 bytes in" "MW-10" => async |mut env: Environment, next: Next| -> Answer {
            bodies::cut(&mut env, 4096);
            next.run(env).await
        }),
        mutant!("it reads the body first" "MW-11" => async |mut env: Environment, next: Next| -> Answer {
            bodies::collected(&mut env).await?;
            next.run(env).await
        }),
        mutant!("it keeps trailers in front" "MW-12" => async |mut env: Environment, next: Next| -> Answer {
            bodies::without_trailers(&mut env);
            next.run(env).await
        }),
        mutant!("it takes 64 KiB of what is written" "MW-13" => async |env: Environment, next: Next| -> Answer {
            sinks::through(env, next, sinks::Cut::new).await
        }),
        mutant!("it holds each flush back" "MW-14" => async |env: Environment, next: Next| -> Answer {
            sinks::through(env, next, sinks::Unflushed::new).await
        }),
        mutant!("it takes whatever is written" "MW-15" => async |env: Environment, next: Next| -> Answer {
            sinks::through(env, next, sinks::Unbounded::new).await
        }),
        mutant!("it drops the trailers of an answer" "MW-16" => async |env: Environment, next: Next| -> Answer {
            let mut env = next.run(env).await?;
            drop(env.remove(keys::SERVER_RESPONSE_TRAILERS)?);
            Ok(env)
        }),
    ]
}

/// Runs the rest, and says whether the response had started where it fails.
async fn watched(mut env: Environment, next: Next) -> Result<Environment, (bool, Error)> {
    let started = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&started);
    let registered = env.on_sending_headers(move |_| {
        seen.store(true, Ordering::SeqCst);
        Ok(())
    });
    registered.map_err(|error| (false, error))?;
    next.run(env).await.map_err(|error| (started.load(Ordering::SeqCst), error))
}

fn ends() -> Vec<Mutant> {
    vec![
        mutant!("it swallows errors" "MW-17" => async |env: Environment, next: Next| -> Answer {
            match watched(env, next).await {
                Err((false, _)) => Ok(Environment::new()),
                Err((true, error)) => Err(error),
                Ok(env) => Ok(env),
            }
        }),
        mutant!("it swallows panics" "MW-18" => async |env: Environment, next: Next| -> Answer {
            let running = tokio::spawn(async move { next.run(env).await });
            running.await.unwrap_or_else(|_| Ok(Environment::new()))
        }),
        mutant!("it swallows late errors" "MW-19" => async |env: Environment, next: Next| -> Answer {
            match watched(env, next).await {
                Err((true, _)) => Ok(Environment::new()),
                Err((false, error)) => Err(error),
                Ok(env) => Ok(env),
            }
        }),
        mutant!("it has a token of its own" "MW-20" "MW-23" => async |mut env: Environment, next: Next| -> Answer {
            let own = CancelSource::new();
            let _lost = env.request_mut().set_cancelled(own.token());
            next.run(env).await
        }),
        mutant!("it takes the upgrade away" "MW-21" => async |mut env: Environment, next: Next| -> Answer {
            drop(env.remove(keys::OPAQUE_UPGRADE)?);
            next.run(env).await
        }),
        Mutant {
            name: "it keeps a field in itself",
            subject: || {
                Subject::of(|| {
                    let last = Arc::new(Mutex::new(String::new()));
                    from_fn(move |env: Environment, next: Next| mixing(env, next, last.clone()))
                })
            },
            ids: &["MW-22"],
            spreads: false,
        },
    ]
}

/// Keeps a field where all calls see it, for as long as another one needs to come.
async fn mixing(mut env: Environment, next: Next, last: Arc<Mutex<String>>) -> Answer {
    let Some(own) = env.request().headers().text("x-call").map(str::to_owned) else {
        return next.run(env).await;
    };
    *last.lock().unwrap() = own;
    tokio::task::yield_now().await;
    let kept = last.lock().unwrap().clone();
    env.request_mut().headers_mut().set("x-call", kept.as_str())?;
    next.run(env).await
}

fn failed(mutant: &Mutant) -> Result<(), String> {
    let mut plan = Plan::new();
    if mutant.spreads {
        plan = plan.with_only(mutant.ids.iter().copied()).unwrap();
    }
    let report = tried((mutant.subject)().named(mutant.name), &plan).unwrap();
    let bad = report.outcomes.iter().filter(|outcome| outcome.verdict.is_bad());
    let seen: BTreeSet<_> = bad.clone().map(|outcome| outcome.check.id()).collect();
    let is_failed = bad.into_iter().all(|outcome| outcome.verdict == Verdict::Fail);
    if is_failed && seen == mutant.ids.iter().copied().collect() {
        return Ok(());
    }
    Err(format!("{}: caught by {seen:?}\n{}", mutant.name, report::console(&report)))
}

#[test]
fn every_broken_middleware_is_caught_by_its_checks_and_by_no_other() {
    let mutants = mutants();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let tried: Vec<_> =
            mutants.iter().map(|mutant| scope.spawn(move || failed(mutant))).collect();
        tried.into_iter().filter_map(|made| made.join().unwrap().err()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_of_a_middleware_has_a_mutant() {
    let caught: BTreeSet<_> =
        mutants().iter().flat_map(|mutant| mutant.ids.iter().copied()).collect();
    let own = check::all().filter(|check| check.party() == Party::Middleware);
    assert_eq!(caught, own.map(Check::id).collect());
}
