//! How calls end through a middleware: errors, panics, clients that go, upgrades (OWIN 1.0 §3.6, §6).

use owin_core::testing::TestHost;
use owin_core::upgrade::{OpaqueStream, OpaqueUpgrade};
use owin_core::{CancelReason, Dictionary, Environment, Error, keys};
use tokio::task::JoinSet;

use crate::check::{Check, Level, Profile, Proof, owin};
use crate::judge::{Judged, Lapse, demand};
use crate::middleware::{Noted, Rig};

/// Calls that are in the middleware at the same time.
const CALLS: usize = 8;

pub(in crate::checks) const ENDS: &[Check] = &[
    Check {
        id: "MW-17",
        slug: "error",
        title: "An error of the app does not become a success",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("6", "an error of the app is answered with 500")],
        seeds: "OWIN-115",
        means: "clients and monitors are told that all is well",
        fix: "return the error, or answer with a status of 500 or more",
        proof: Proof::OfMiddleware(|rig| is_no_success(rig, Fault::Error)),
    },
    Check {
        id: "MW-18",
        slug: "panic",
        title: "A panic of the app does not become a success",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("6", "what the app throws is answered with 500")],
        seeds: "OWIN-114",
        means: "clients and monitors are told that all is well",
        fix: "let it pass, or answer with a status of 500 or more",
        proof: Proof::OfMiddleware(|rig| is_no_success(rig, Fault::Panic)),
    },
    Check {
        id: "MW-19",
        slug: "late-error",
        title: "An answer whose app fails in its middle does not look whole",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("6", "after the start the failure must be seen")],
        seeds: "OWIN-072, OWIN-117",
        means: "half a file is taken for a whole one",
        fix: "return the error also where the response has started",
        proof: Proof::OfMiddleware(late_error),
    },
    Check {
        id: "MW-20",
        slug: "cancellation",
        title: "The token inside fires when the client goes",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.6", "a token that takes its place fires with owin.CallCancelled")],
        seeds: "OWIN-077, OWIN-081",
        means: "work goes on for which nobody waits",
        fix: "join the two where you replace it: old.or(new)",
        proof: Proof::OfMiddleware(cancellation),
    },
    Check {
        id: "MW-21",
        slug: "upgrade",
        title: "An app inside can take the connection over",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("opaque streams", "an app calls opaque.Upgrade, and gets the stream")],
        seeds: "",
        means: "WebSockets do not connect",
        fix: "leave opaque.Upgrade, and an answer with 101, alone",
        proof: Proof::OfMiddleware(upgrade),
    },
    Check {
        id: "MW-22",
        slug: "calls-apart",
        title: "Calls at the same time do not mix",
        level: Level::Must,
        profile: Profile::Middleware,
        clauses: &[owin("3.1", "an environment is of one call")],
        seeds: "",
        means: "a user sees what another one asked for",
        fix: "keep what belongs to a call in its environment or its future, and not in the middleware",
        proof: Proof::OfMiddleware(calls_apart),
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Error,
    Panic,
}

fn is_no_success(rig: &Rig, fault: Fault) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let notes = noted.clone();
        let host = rig.host(move |env: Environment| {
            notes.put(());
            async move {
                if fault == Fault::Panic {
                    // As a panic does, but without a word on standard error.
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
                drop(env);
                Err::<Environment, _>(Error::app("on purpose"))
            }
        });
        let sent = rig.sent(host.get("/orders")).await;
        noted.first()?;
        match sent {
            Ok(response) if response.status().as_u16() < 500 => {
                Err(Lapse::Failed(format!("it is answered {}", response.status())))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    })
}

fn late_error(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let notes = noted.clone();
        let host = rig.host(move |mut env: Environment| {
            notes.put(());
            async move {
                env.response_mut().write("half").await?;
                env.response_mut().flush().await?;
                Err::<Environment, _>(Error::app("on purpose"))
            }
        });
        let sent = rig.sent(host.get("/orders")).await;
        noted.first()?;
        let Ok(mut response) = sent else { return Ok(()) };
        let came = response.bytes().await;
        let is_seen = came.is_err() || response.status().as_u16() >= 500;
        demand(is_seen, || "half an answer looks whole".to_owned())
    })
}

fn cancellation(rig: &Rig) -> Judged {
    rig.run(async {
        let (began, ended) = (Noted::new(), Noted::new());
        let (begins, ends) = (began.clone(), ended.clone());
        let host = rig.host(move |env: Environment| {
            let (begins, ends) = (begins.clone(), ends.clone());
            async move {
                let token = env.request().cancelled().clone();
                begins.put(());
                ends.put(token.cancelled().await);
                Ok::<_, Error>(env)
            }
        });
        let request = host.get("/orders");
        let client = request.canceller();
        let asking = async {
            let _gone = rig.sent(request).await;
            // The call may be over before its token fires, but for an app that was called.
            if ended.is_empty() && began.is_empty() {
                return;
            }
            std::future::pending::<()>().await;
        };
        let going = async {
            let has_begun = began.is_there_soon().await;
            client.cancel(CancelReason::PeerClosed);
            has_begun && ended.is_there_soon().await
        };
        let heard = tokio::select! {
            heard = going => heard,
            () = asking => false,
        };
        if !heard {
            began.first()?;
        }
        demand(heard, || "the client has gone, and the token inside does not fire".to_owned())
    })
}

fn upgrade(rig: &Rig) -> Judged {
    rig.run(async {
        let noted = Noted::new();
        let notes = noted.clone();
        let host = rig.host(move |mut env: Environment| {
            let offered = env.feature::<&OpaqueUpgrade>().cloned();
            notes.put(offered.is_some());
            async move {
                let Some(offered) = offered else { return Ok(env) };
                offered.accept(&mut env, None, echo)?;
                Ok::<_, Error>(env)
            }
        });
        let request = host.get("/orders").header("connection", "upgrade").header("upgrade", "echo");
        let sent = rig.sent(request).await;
        let is_offered = noted.first()?;
        demand(is_offered, || "opaque.Upgrade is not offered inside".to_owned())?;
        echoed(sent?).await
    })
}

/// Sends back what comes first.
async fn echo(mut env: Dictionary) -> Result<(), Error> {
    let Some(mut stream) = env.remove(keys::OPAQUE_STREAM)? else { return Ok(()) };
    let mut bytes = [0; 5];
    let count = stream.read(&mut bytes).await?;
    stream.write_all(bytes.get(..count).unwrap_or_default()).await?;
    stream.shutdown().await
}

/// Sees that the connection was taken over, and that what is sent comes back.
async fn echoed(mut response: owin_core::testing::TestResponse) -> Judged {
    let status = response.status();
    let lost = || Lapse::Failed(format!("it is answered {status}, and nobody takes it over"));
    let (client, serving) = response.take_upgrade().ok_or_else(lost)?;
    let asking = async {
        let mut stream = OpaqueStream::new(client);
        let mut bytes = [0; 5];
        stream.write_all(b"hello").await?;
        let count = stream.read(&mut bytes).await?;
        Ok::<_, Error>(bytes.get(..count) == Some(b"hello"))
    };
    let (came, served) = tokio::join!(asking, serving);
    served?;
    demand(came?, || "what is sent does not come back".to_owned())
}

fn calls_apart(rig: &Rig) -> Judged {
    rig.run(async {
        let host = rig.host(async |mut env: Environment| -> Result<Environment, Error> {
            let own = env.request().headers().text("x-call").unwrap_or_default().to_owned();
            for _ in 0..CALLS {
                tokio::task::yield_now().await;
            }
            env.response_mut().headers_mut()?.set("x-call", own.as_str())?;
            let path = env.request().path().to_owned();
            env.response_mut().set_body(format!("{own} {path}"));
            Ok(env)
        });
        let mut calls = JoinSet::new();
        for number in 0..CALLS {
            let request = asked(rig, &host, number);
            calls.spawn(async move {
                let mut response = request.send().await?;
                let field = response.headers().text("x-call").unwrap_or_default().to_owned();
                Ok::<_, Error>((number, field, response.text().await?))
            });
        }
        while let Some(call) = calls.join_next().await {
            let call = call.map_err(|error| Lapse::Failed(format!("a call breaks: {error}")))?;
            let (number, field, body) = call?;
            let is_right = field == number.to_string() && body == format!("{number} /{number}");
            demand(is_right, || format!("call {number} is answered {field:?} and {body:?}"))?;
        }
        Ok(())
    })
}

fn asked(rig: &Rig, host: &TestHost, number: usize) -> owin_core::testing::TestRequest {
    rig.asked(host.get(&format!("/{number}")).header("x-call", &number.to_string()))
}
