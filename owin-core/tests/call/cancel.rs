//! `owin.CallCancelled`: when it fires, whom it reaches, and whom it never reaches.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use owin_core::features::Outcome;
use owin_core::testing::TestHost;
use owin_core::{App, CallCancelled, CancelReason, CancelSource, Environment, Event, keys};

use crate::support::{Answer, Notes, Sent, connect, drive, finish, serve_on};

/// The tokens that an app kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<CallCancelled>>>);

impl Kept {
    fn keep(&self, env: &Environment) {
        self.0.lock().unwrap().push(env.request().cancelled().clone());
    }

    fn reasons(&self) -> Vec<Option<CancelReason>> {
        self.0.lock().unwrap().iter().map(CallCancelled::reason).collect()
    }
}

/// Keeps the token and answers, at once or never.
fn keeping(kept: &Kept, answers: bool) -> impl App + use<> {
    let kept = kept.clone();
    move |env: Environment| {
        let kept = kept.clone();
        async move {
            kept.keep(&env);
            if !answers {
                std::future::pending::<()>().await;
            }
            Ok(env)
        }
    }
}

#[tokio::test]
async fn a_healthy_call_is_not_cancelled() {
    // OWIN-030.
    let kept = Kept::default();
    let _sent = crate::support::serve(keeping(&kept, true)).await;
    assert_eq!(kept.reasons(), [None]);
}

#[tokio::test]
async fn a_token_that_is_awaited_fires_before_the_head() {
    // OWIN-077.
    let notes = Notes::default();
    let noted = notes.clone();
    let mut call = connect(move |env: Environment| {
        let noted = noted.clone();
        async move {
            noted.add(format!("{:?}", env.request().cancelled().cancelled().await));
            Ok(env)
        }
    });
    let env = call.prepare();
    call.start(env);
    let canceller = call.canceller();
    let cancelled = tokio::spawn(async move { canceller.cancel(CancelReason::PeerReset) });
    let mut sent = Sent::default();
    finish(&mut call, &mut sent).await;
    cancelled.await.unwrap();
    assert_eq!(notes.all(), "PeerReset");
}

#[tokio::test]
async fn a_token_that_is_first_looked_at_after_the_event_has_fired() {
    // OWIN-078.
    let notes = Notes::default();
    let noted = notes.clone();
    let host = TestHost::new(move |env: Environment| {
        let noted = noted.clone();
        async move {
            let token = env.get(keys::CALL_CANCELLED);
            noted.add(format!("{:?}", token.and_then(CallCancelled::reason)));
            Ok(env)
        }
    });
    let request = host.get("/");
    request.canceller().cancel(CancelReason::PeerClosed);
    let _response = request.send().await.unwrap();
    assert_eq!(notes.all(), "Some(PeerClosed)");
}

#[tokio::test]
async fn a_client_that_goes_away_while_the_body_is_sent_fires_the_token() {
    // OWIN-077, OWIN-073.
    let notes = Notes::default();
    let noted = notes.clone();
    let host = TestHost::new(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            let _cut_off = env.response_mut().flush().await;
            let reason = env.request().cancelled().cancelled().await;
            let write = env.response_mut().write("too late").await;
            let flush = env.response_mut().flush().await;
            noted.add(format!("{reason:?} {} {}", write.is_err(), flush.is_err()));
            Ok(env)
        }
    });
    let mut response = host.get("/").send().await.unwrap();
    response.cancel(CancelReason::WriteFailed);
    while response.chunk().await.unwrap().is_some() {}
    assert_eq!(notes.all(), "WriteFailed true true");
}

#[tokio::test]
async fn a_writer_that_waits_fails_when_the_call_is_cancelled() {
    // OWIN-073.
    let mut call = connect(async |mut env: Environment| -> Answer {
        loop {
            env.response_mut().write([0; 16 * 1024]).await?;
        }
    });
    let env = call.prepare();
    call.start(env);
    assert!(matches!(call.event().await, Event::Head));
    call.cancel(CancelReason::PeerReset);
    let mut sent = Sent::default();
    drive(&mut call, &mut sent).await;
    assert_eq!(*sent.events.last().unwrap(), "Failed", "it ended, and did not wait for ever");
}

#[tokio::test]
async fn a_writer_in_a_task_of_its_own_is_woken_by_the_cancellation() {
    // OWIN-073: the server asks for nothing more.
    let (ended, end) = tokio::sync::oneshot::channel();
    let ended = Arc::new(Mutex::new(Some(ended)));
    let mut call = connect(move |mut env: Environment| {
        let ended = ended.lock().unwrap().take();
        let writer = tokio::spawn(async move {
            while env.response_mut().write([0; 16 * 1024]).await.is_ok() {}
            ended.map(|ended| ended.send(()))
        });
        async move {
            let _ended = writer.await;
            std::future::pending::<Answer>().await
        }
    });
    let env = call.prepare();
    call.start(env);
    assert!(matches!(call.event().await, Event::Head));
    tokio::task::yield_now().await;
    call.cancel(CancelReason::PeerReset);
    end.await.unwrap();
}

#[tokio::test]
async fn a_response_that_is_dropped_is_a_client_that_goes_away() {
    // OWIN-077, DF-43.
    let kept = Kept::default();
    let host = TestHost::new(keeping(&kept, false));
    let task = tokio::spawn(host.get("/").send());
    tokio::task::yield_now().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(kept.reasons(), [Some(CancelReason::PeerReset)]);
}

#[tokio::test]
async fn the_reason_that_came_first_counts() {
    let kept = Kept::default();
    let mut call = connect(keeping(&kept, false));
    let env = call.prepare();
    call.start(env);
    drive(&mut call, &mut Sent::default()).await;
    call.cancel(CancelReason::Shutdown);
    call.cancel(CancelReason::PeerReset);
    drop(call);
    assert_eq!(kept.reasons(), [Some(CancelReason::Shutdown)]);
}

#[tokio::test]
async fn the_token_of_a_call_that_succeeded_never_fires() {
    // OWIN-082: the connection dies afterwards.
    let kept = Kept::default();
    let mut call = connect(keeping(&kept, true));
    let env = call.prepare();
    let canceller = call.canceller();
    call.start(env);
    finish(&mut call, &mut Sent::default()).await;
    call.complete(Outcome::Completed);
    canceller.cancel(CancelReason::PeerReset);
    call.cancel(CancelReason::PeerReset);
    drop(call);
    assert_eq!(kept.reasons(), [None]);
}

#[tokio::test]
async fn the_token_of_a_call_never_sees_the_next_call() {
    // CK-020.
    let kept = Kept::default();
    let mut call = connect(keeping(&kept, true));
    let _first = serve_on(&mut call, |_| {}).await;
    let env = call.prepare();
    call.start(env);
    drive(&mut call, &mut Sent::default()).await;
    call.cancel(CancelReason::PeerReset);
    assert_eq!(kept.reasons(), [None, Some(CancelReason::PeerReset)]);
}

#[tokio::test]
async fn tokens_kept_now_and_then_each_see_their_own_call() {
    // CK-020: between them lie calls of which nobody kept anything.
    let (kept, count) = (Kept::default(), AtomicUsize::new(0));
    let app_kept = kept.clone();
    let mut call = connect(move |env: Environment| {
        let keeps = count.fetch_add(1, Ordering::Relaxed) % 3 == 0;
        if keeps {
            app_kept.keep(&env);
        }
        async move { Ok(env) }
    });
    for _ in 0..6 {
        assert_eq!(serve_on(&mut call, |_| {}).await.events(), "Head End");
    }
    let env = call.prepare();
    call.start(env);
    drive(&mut call, &mut Sent::default()).await;
    call.cancel(CancelReason::PeerReset);
    assert_eq!(kept.reasons(), [None, None, Some(CancelReason::PeerReset)]);
}

#[tokio::test]
async fn a_token_that_an_app_put_away_is_there_again_in_the_next_call() {
    let mut call = connect(async |mut env: Environment| -> Answer {
        let _servers = env.request_mut().set_cancelled(CallCancelled::never());
        Ok(env)
    });
    for _ in 0..2 {
        let sent = serve_on(&mut call, |_| {}).await;
        assert_eq!(sent.events(), "Head End");
        let env = call.prepare();
        call.cancel(CancelReason::PeerReset);
        assert!(env.request().cancelled().is_cancelled());
        call.start(env);
        finish(&mut call, &mut Sent::default()).await;
        call.complete(Outcome::Cancelled);
    }
}

#[tokio::test]
async fn a_call_cancelled_after_its_end_does_not_cancel_the_next() {
    let kept = Kept::default();
    let mut call = connect(keeping(&kept, true));
    let mut fresh = connect(async |env: Environment| -> Answer { Ok(env) });
    for call in [&mut call, &mut fresh] {
        let _first = serve_on(call, |_| {}).await;
        call.cancel(CancelReason::PeerReset);
        call.canceller().cancel(CancelReason::Shutdown);
        let env = call.prepare();
        assert_eq!(env.request().cancelled().reason(), None);
        call.start(env);
        finish(call, &mut Sent::default()).await;
    }
    assert_eq!(kept.reasons(), [None, None]);
}

#[tokio::test]
async fn a_canceller_of_a_call_never_cancels_the_next() {
    // CK-020.
    let kept = Kept::default();
    let mut call = connect(keeping(&kept, true));
    let env = call.prepare();
    let old = call.canceller();
    call.start(env);
    finish(&mut call, &mut Sent::default()).await;
    call.complete(Outcome::Completed);
    let sent = serve_on(&mut call, |_| old.cancel(CancelReason::PeerReset)).await;
    assert_eq!((sent.events().as_str(), kept.reasons()), ("Head End", vec![None, None]));
}

#[tokio::test]
async fn a_call_after_a_cancelled_one_is_not_cancelled() {
    let kept = Kept::default();
    let mut call = connect(keeping(&kept, true));
    let env = call.prepare();
    call.start(env);
    call.cancel(CancelReason::PeerReset);
    finish(&mut call, &mut Sent::default()).await;
    call.complete(Outcome::Cancelled);
    let sent = serve_on(&mut call, |_| {}).await;
    assert_eq!(sent.status, 200);
    assert_eq!(kept.reasons(), [Some(CancelReason::PeerReset), None]);
}

#[tokio::test]
async fn a_token_that_a_middleware_joined_fires_with_the_servers() {
    // OWIN-081.
    for fires_first in ["server", "mine"] {
        let mine = CancelSource::new();
        let mut env = Environment::new();
        let server = CancelSource::new();
        let _never = env.request_mut().set_cancelled(server.token());
        let before = env.request_mut().set_cancelled(CallCancelled::never());
        let _never = env.request_mut().set_cancelled(before.or(mine.token()));
        let token = env.request().cancelled().clone();
        let waiter = tokio::spawn(async move { token.cancelled().await });
        tokio::task::yield_now().await;
        let source = if fires_first == "server" { &server } else { &mine };
        source.cancel(CancelReason::Shutdown);
        assert_eq!(waiter.await.unwrap(), CancelReason::Shutdown);
    }
}

#[tokio::test]
async fn an_app_may_finish_after_the_cancellation() {
    // OWIN-120.
    let mut call = connect(async |mut env: Environment| -> Answer {
        let _reason = env.request().cancelled().cancelled().await;
        tokio::task::yield_now().await;
        env.response_mut().set_body("nobody reads this");
        Ok(env)
    });
    let env = call.prepare();
    call.start(env);
    call.cancel(CancelReason::PeerReset);
    let mut sent = Sent::default();
    finish(&mut call, &mut sent).await;
    call.complete(Outcome::Cancelled);
    assert_eq!(*sent.events.last().unwrap(), "End");
    assert!(call.prepare().request().cancelled().reason().is_none());
}
