//! Heads of responses, and how bodies are framed.

use http::StatusCode;
use owin_core::{Environment, Error, keys};

use crate::support::{Answer, nothing, serve};

/// Answers with the status that the query names.
async fn status_of_query(mut env: Environment) -> Answer {
    let status: u16 = env.request().query_string().parse().unwrap_or(0);
    env.response_mut()
        .set_status(StatusCode::from_u16(status).map_err(|_| Error::app("status"))?)?;
    Ok(env)
}

#[tokio::test]
async fn an_app_that_does_nothing_answers_200_without_a_body() {
    // OWIN-026, OWIN-071, DF-01.
    let server = serve(nothing).await;
    let response = server.get("/").await;
    assert_eq!(response.status_line, "HTTP/1.1 200 OK");
    let names: Vec<_> = response.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-length", "date", "server"]);
    assert_eq!(
        (response.field("content-length"), response.field("server")),
        (Some("0"), Some("nowin"))
    );
    let date = httpdate_is_near(response.field("date").unwrap());
    assert!(date, "{response:?}");
}

/// Says whether a `Date` has the length and the year of one of now.
fn httpdate_is_near(date: &str) -> bool {
    date.len() == 29 && date.ends_with(" GMT") && date.contains(" 20")
}

#[tokio::test]
async fn a_status_brings_its_phrase() {
    // OWIN-027, DF-02, DF-38.
    let server = serve(status_of_query).await;
    for line in
        ["200 OK", "404 Not Found", "503 Service Unavailable", "599 ", "999 ", "418 I'm a teapot"]
    {
        let status = line.get(..3).unwrap();
        let response = server.get(&format!("/?{status}")).await;
        assert_eq!(response.status_line, format!("HTTP/1.1 {line}"));
        assert_eq!(response.field("content-length"), Some("0"));
    }
}

#[tokio::test]
async fn every_status_from_200_to_999_makes_a_legal_head() {
    // OWIN-027.
    let server = serve(status_of_query).await;
    let mut client = server.connect().await;
    for status in 200..=999_u16 {
        let response = client.get(&format!("/?{status}")).await;
        assert_eq!(response.status, status);
    }
}

#[tokio::test]
async fn an_informational_status_is_no_final_response() {
    // OWIN-055, DF-14.
    let server = serve(status_of_query).await;
    let mut client = server.connect().await;
    for status in [100, 101, 102, 199] {
        let response = client.get(&format!("/?{status}")).await;
        assert_eq!(response.status_line, "HTTP/1.1 500 Internal Server Error", "{status}");
    }
}

#[tokio::test]
async fn a_status_beyond_999_cannot_be_set() {
    // DF-14.
    let server = serve(status_of_query).await;
    assert_eq!(server.get("/?1000").await.status, 500);
    assert_eq!(server.get("/?99").await.status, 500);
}

#[tokio::test]
async fn a_phrase_of_the_app_is_sent_as_it_is() {
    // OWIN-028.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_reason_phrase("All  is\twell!")?;
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.status_line, "HTTP/1.1 200 All  is\twell!");
}

#[tokio::test]
async fn a_phrase_that_would_split_the_response_is_refused() {
    // OWIN-028, DF-11.
    let server = serve(async |mut env: Environment| -> Answer {
        let split = env.response_mut().set_reason_phrase("OK\r\nEvil: 1").is_err();
        let name = keys::RESPONSE_REASON_PHRASE.name();
        let number = env.set_value(name, owin_core::Value::new(5_i32)).is_err();
        env.response_mut().set_body(format!("{split} {number}"));
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(response.status_line, "HTTP/1.1 200 OK");
    assert_eq!(response.text(), "true true");
}

#[tokio::test]
async fn the_protocol_that_an_app_asks_for_changes_nothing() {
    // OWIN-029.
    let server = serve(async |mut env: Environment| -> Answer {
        env.set(keys::RESPONSE_PROTOCOL, http::Version::HTTP_10)?;
        env.response_mut().write("a").await?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!((response.status, response.is_chunked()), (200, true));
}

#[tokio::test]
async fn no_body_and_no_framing_with_204_and_304() {
    // OWIN-071, HT-16.
    for pushed in [false, true] {
        let server = serve(move |mut env: Environment| async move {
            let status: u16 = env.request().query_string().parse().unwrap_or(0);
            let status = StatusCode::from_u16(status).map_err(|_| Error::app("status"))?;
            env.response_mut().set_status(status)?;
            if pushed {
                env.response_mut().write("this is not sent").await?;
                env.response_mut().flush().await?;
            }
            env.response_mut().set_body("nor is this");
            Ok(env)
        })
        .await;
        let mut client = server.connect().await;
        for status in [204, 304, 204] {
            let response = client.get(&format!("/?{status}")).await;
            assert_eq!((response.status, response.field("transfer-encoding")), (status, None));
            assert!(status != 204 || response.field("content-length").is_none());
        }
    }
}

#[tokio::test]
async fn head_with_a_declared_length_keeps_it() {
    // DF-04.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "10")?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let response = client.head("/").await;
        assert_eq!((response.status, response.field("content-length")), (200, Some("10")));
    }
}

#[tokio::test]
async fn head_never_brings_a_body() {
    // DF-05, HT-16.
    let server = serve(async |mut env: Environment| -> Answer {
        if env.request().path() == "/pushed" {
            env.response_mut().write([b'x'; 100_000]).await?;
            env.response_mut().flush().await?;
        }
        env.response_mut().write("more").await?;
        env.response_mut().set_body([b'y'; 100_000].to_vec());
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for path in ["/pushed", "/whole", "/pushed", "/whole"] {
        assert_eq!(client.head(path).await.status, 200);
    }
    assert_eq!(client.get("/whole").await.body.len(), 100_004);
}

#[tokio::test]
async fn head_tells_the_length_of_a_whole_body() {
    // DF-05.
    let server = serve(crate::support::hello("twelve bytes")).await;
    let mut client = server.connect().await;
    let response = client.head("/").await;
    assert_eq!(response.field("content-length"), Some("12"));
    assert_eq!(client.get("/").await.text(), "twelve bytes");
}

#[tokio::test]
async fn an_illegal_content_length_is_500_and_nothing_else() {
    // OWIN-068, DF-10.
    let server = serve(async |mut env: Environment| -> Answer {
        let lengths = env.request().query_string().replace('_', " ");
        for length in lengths.split('&') {
            env.response_mut().headers_mut()?.append("content-length", length)?;
        }
        env.response_mut().write("hello").await?;
        if env.request().path() == "/flushed" {
            env.response_mut().flush().await?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for path in ["/", "/flushed"] {
        for lengths in ["-1", "five", "5&6", "+5", "5,5", "18446744073709551616", "0x5"] {
            let response = client.get(&format!("{path}?{lengths}")).await;
            assert_eq!(
                (response.status, response.field("content-length")),
                (500, Some("0")),
                "{lengths}"
            );
        }
        assert_eq!(client.get(&format!("{path}?5")).await.text(), "hello");
        assert_eq!(client.get(&format!("{path}?5&5")).await.all("content-length"), ["5"]);
    }
}

#[tokio::test]
async fn connection_close_from_the_app_closes() {
    // DF-09.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("Connection", "x-foo, Close")?;
        env.response_mut().set_body("bye");
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    let response = client.get("/").await;
    assert_eq!((response.all("connection"), response.text()), (vec!["close"], "bye"));
    client.is_closed().await;
}

#[tokio::test]
async fn a_transfer_encoding_from_the_app_is_not_sent() {
    // DF-09.
    for value in ["chunked", "gzip, chunked", "identity"] {
        let server = serve(move |mut env: Environment| async move {
            env.response_mut().headers_mut()?.set("Transfer-Encoding", value)?;
            env.response_mut().set_body("hello");
            Ok(env)
        })
        .await;
        let mut client = server.connect().await;
        for _ in 0..2 {
            let response = client.get("/").await;
            assert_eq!(response.field("transfer-encoding"), None);
            assert_eq!((response.field("content-length"), response.text()), (Some("5"), "hello"));
        }
    }
}

#[tokio::test]
async fn a_500_of_the_app_is_a_response_like_others() {
    // DF-37.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_status(StatusCode::INTERNAL_SERVER_ERROR)?;
        env.response_mut().set_reason_phrase("Mine")?;
        env.response_mut().headers_mut()?.set("x-mine", "1")?;
        env.response_mut().set_body("my own error");
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let response = client.get("/").await;
        assert_eq!(response.status_line, "HTTP/1.1 500 Mine");
        assert_eq!((response.field("x-mine"), response.text()), (Some("1"), "my own error"));
    }
}
