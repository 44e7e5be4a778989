//! The callbacks at the end of a call, and what they are told.

use owin_core::features::Outcome;
use owin_core::{App, CancelReason, Environment, Error};

use crate::support::{Answer, Notes, connect, drive, serve};

/// What an app does after it has registered.
#[derive(Clone, Copy)]
enum Then {
    Answer,
    Fail,
    FailAfterTheStart,
    Panic,
    Wait,
}

/// Registers `first` and `last`, which note their names and the outcome, and goes on.
fn registering(notes: &Notes, then: Then) -> impl App + use<> {
    let notes = notes.clone();
    move |mut env: Environment| {
        let notes = notes.clone();
        async move {
            for name in ["first", "last"] {
                let notes = notes.clone();
                env.on_completed(move |outcome| notes.add(format!("{name}:{outcome:?}")))?;
            }
            match then {
                Then::Answer => Ok(env),
                Then::Fail => Err(Error::app("on purpose")),
                Then::FailAfterTheStart => {
                    env.response_mut().flush().await?;
                    Err(Error::app("on purpose"))
                }
                Then::Panic => panic!("on purpose"),
                Then::Wait => std::future::pending().await,
            }
        }
    }
}

async fn told(then: Then) -> String {
    let notes = Notes::default();
    let _sent = serve(registering(&notes, then)).await;
    notes.all()
}

#[tokio::test]
async fn a_whole_response_is_told_last_registered_first_and_once() {
    assert_eq!(told(Then::Answer).await, "last:Completed first:Completed");
}

#[tokio::test]
async fn a_failed_call_is_told() {
    assert_eq!(told(Then::Fail).await, "last:Failed first:Failed");
    assert_eq!(told(Then::FailAfterTheStart).await, "last:Failed first:Failed");
    assert_eq!(told(Then::Panic).await, "last:Failed first:Failed");
}

#[tokio::test]
async fn a_call_that_is_dropped_is_told_cancelled() {
    let notes = Notes::default();
    let mut call = connect(registering(&notes, Then::Wait));
    let env = call.prepare();
    call.start(env);
    drive(&mut call, &mut crate::support::Sent::default()).await;
    assert_eq!(notes.all(), "");
    drop(call);
    assert_eq!(notes.all(), "last:Cancelled first:Cancelled");
}

#[tokio::test]
async fn a_call_that_the_server_gives_up_is_told_cancelled() {
    for cancels_first in [false, true] {
        let notes = Notes::default();
        let mut call = connect(registering(&notes, Then::Wait));
        let env = call.prepare();
        call.start(env);
        drive(&mut call, &mut crate::support::Sent::default()).await;
        if cancels_first {
            call.cancel(CancelReason::Shutdown);
        }
        call.complete(Outcome::Cancelled);
        assert_eq!(notes.all(), "last:Cancelled first:Cancelled");
    }
}

#[tokio::test]
async fn a_callback_that_panics_does_not_keep_the_others_from_running() {
    for app_panics in [false, true] {
        let notes = Notes::default();
        let noted = notes.clone();
        let sent = serve(move |mut env: Environment| {
            let noted = noted.clone();
            async move {
                env.on_completed(move |_| noted.add("ran"))?;
                env.on_completed(|_| panic!("on purpose"))?;
                assert!(!app_panics, "on purpose");
                Ok(env)
            }
        })
        .await;
        assert_eq!(
            (sent.status.as_u16(), notes.all().as_str()),
            (200 + 300 * u16::from(app_panics), "ran")
        );
    }
}

#[tokio::test]
async fn a_callback_can_be_registered_after_the_start() {
    let notes = Notes::default();
    let noted = notes.clone();
    let _sent = serve(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            env.response_mut().flush().await?;
            env.on_completed(move |outcome| noted.add(format!("{outcome:?}")))?;
            Ok(env)
        }
    })
    .await;
    assert_eq!(notes.all(), "Completed");
}

#[test]
fn an_environment_that_is_reset_tells_who_still_waits() {
    let notes = Notes::default();
    let noted = notes.clone();
    let mut env = Environment::new();
    env.on_completed(move |outcome| noted.add(format!("{outcome:?}"))).unwrap();
    env.reset();
    assert_eq!(notes.all(), "Failed");
}

#[tokio::test]
async fn an_environment_that_the_app_replaced_tells_who_registered_in_it() {
    let notes = Notes::default();
    let noted = notes.clone();
    let sent = serve(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            env.on_completed(move |outcome| noted.add(format!("{outcome:?}")))?;
            let answer: Answer = Ok(Environment::new());
            answer
        }
    })
    .await;
    assert_eq!((sent.status.as_u16(), notes.all().as_str()), (200, "Failed"));
}
