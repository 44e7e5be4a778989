//! What an app that fails is answered with.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Method, StatusCode};
use owin_core::testing::TestHost;
use owin_core::{App, BodyLength, Environment, Error, ErrorKind};

use crate::support::{Answer, connect, serve, serve_method, serve_on};

/// An app that sets all that it can, then fails with what it is given.
fn failing(error: fn() -> Error) -> impl App {
    move |mut env: Environment| async move {
        env.response_mut().set_status(StatusCode::CREATED)?;
        env.response_mut().set_reason_phrase("Made")?;
        env.response_mut().headers_mut()?.append("set-cookie", "a=1")?;
        env.response_mut().write("half of it").await?;
        env.response_mut().set_body("the rest");
        Err(error())
    }
}

/// Status, number of fields, body and events of an app that failed.
async fn answer_to(error: fn() -> Error) -> u16 {
    let sent = serve(failing(error)).await;
    assert_eq!((sent.headers.len(), sent.text(), sent.events().as_str()), (0, "", "Head End"));
    assert_eq!(sent.length, Some(BodyLength::Known(0)));
    sent.status.as_u16()
}

#[tokio::test]
async fn an_error_before_the_start_gives_500_with_none_of_the_headers() {
    // OWIN-116.
    assert_eq!(answer_to(|| Error::app("on purpose")).await, 500);
}

#[tokio::test]
async fn a_panic_before_the_start_gives_500() {
    // OWIN-114.
    assert_eq!(answer_to(|| panic!("on purpose")).await, 500);
}

#[tokio::test]
async fn the_fault_decides_the_status() {
    assert_eq!(answer_to(|| Error::peer("too slow")).await, 400);
    assert_eq!(answer_to(|| Error::server("no disk")).await, 500);
    let too_large = || Error::peer("too large").with_status(StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer_to(too_large).await, 413);
}

#[tokio::test]
async fn an_error_is_never_answered_with_a_success() {
    assert_eq!(answer_to(|| Error::app("odd").with_status(StatusCode::NO_CONTENT)).await, 500);
    assert_eq!(answer_to(|| Error::app("odd").with_status(StatusCode::CONTINUE)).await, 500);
    assert_eq!(answer_to(|| Error::peer("odd").with_status(StatusCode::FOUND)).await, 400);
}

#[tokio::test]
async fn an_early_error_and_a_late_one_are_answered_alike() {
    // OWIN-003.
    let early = serve(async |_: Environment| -> Answer { Err(Error::app("on purpose")) }).await;
    let late = serve(async |_: Environment| -> Answer {
        tokio::task::yield_now().await;
        Err(Error::app("on purpose"))
    })
    .await;
    let shown = |sent: &crate::support::Sent| format!("{:?} {:?}", sent.status, sent.events());
    assert_eq!(shown(&early), shown(&late));
}

#[tokio::test]
async fn an_error_to_a_head_request_has_no_body() {
    let sent = serve_method(Method::HEAD, failing(|| Error::app("on purpose"))).await;
    assert_eq!((sent.status.as_u16(), sent.has_body), (500, false));
}

#[tokio::test]
async fn an_error_after_the_start_breaks_the_response_off() {
    // OWIN-117, OWIN-072, DF-19.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("half").await?;
        env.response_mut().flush().await?;
        Err(Error::app("on purpose"))
    })
    .await;
    assert_eq!((sent.text(), sent.events().as_str()), ("half", "Head Data Flush Failed"));
    assert_eq!(sent.failed.unwrap().to_string(), "on purpose");
}

#[tokio::test]
async fn a_panic_after_the_start_breaks_the_response_off() {
    // OWIN-117.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        panic!("on purpose")
    })
    .await;
    assert_eq!(sent.events(), "Head Flush Failed");
    assert!(sent.failed.unwrap().to_string().contains("on purpose"));
}

#[tokio::test]
async fn the_call_after_a_failed_one_is_served() {
    // OWIN-114.
    let count = AtomicUsize::new(0);
    let mut call = connect(move |mut env: Environment| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move {
            assert!(number % 3 != 1, "on purpose");
            if number % 3 == 2 {
                return Err(Error::app("on purpose"));
            }
            env.response_mut().set_body("fine");
            Ok(env)
        }
    });
    for number in 0..9 {
        let sent = serve_on(&mut call, |_| {}).await;
        let expected = if number % 3 == 0 { (200, "fine") } else { (500, "") };
        assert_eq!((sent.status.as_u16(), sent.text()), expected, "call {number}");
    }
}

#[tokio::test]
async fn the_test_host_hands_the_error_itself_to_the_client() {
    // DF-43.
    let host = TestHost::new(failing(|| Error::peer("on purpose")));
    let error = host.get("/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Peer, "on purpose"));
}

#[tokio::test]
async fn the_test_host_hands_an_error_after_the_start_to_the_reader() {
    // DF-43.
    let host = TestHost::new(async |mut env: Environment| -> Answer {
        env.response_mut().write("half").await?;
        env.response_mut().flush().await?;
        Err(Error::app("on purpose"))
    });
    let mut response = host.get("/").send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "half");
    assert_eq!(response.chunk().await.unwrap_err().to_string(), "on purpose");
    assert!(response.chunk().await.unwrap().is_none());
}

#[test]
fn an_error_that_went_through_an_io_error_keeps_its_fault() {
    let inner = Error::peer("too large").with_status(StatusCode::PAYLOAD_TOO_LARGE);
    let error = Error::from(std::io::Error::other(inner));
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Peer, 413));
    let foreign = Error::from(std::io::Error::other("no disk"));
    assert_eq!((foreign.kind(), foreign.status().as_u16()), (ErrorKind::App, 500));
}
