//! The fields of responses.

use owin_core::{Environment, keys};

use crate::support::{Answer, serve};

#[tokio::test]
async fn fields_are_added_replaced_and_removed() {
    // OWIN-033, OWIN-037, OWIN-041.
    let server = serve(async |mut env: Environment| -> Answer {
        let mut response = env.response_mut();
        let headers = response.headers_mut()?;
        headers.set("content-TYPE", "text/html")?;
        headers.set("Content-Type", "text/plain")?;
        headers.append("X-Two", "1")?;
        headers.append("x-two", "2")?;
        headers.set("x-gone", "1")?;
        headers.remove("X-GONE");
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(response.all("content-type"), ["text/plain"]);
    assert_eq!(response.all("x-two"), ["1", "2"]);
    assert_eq!(response.all("x-gone").len(), 0);
}

#[tokio::test]
async fn a_copy_of_the_values_is_a_copy_until_it_is_written_back() {
    // OWIN-040, OWIN-041.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.append("x", "1")?;
        env.response_mut().headers_mut()?.append("y", "1")?;
        let mut copy = env.response().headers().clone();
        copy.append("x", "2")?;
        copy.append("y", "2")?;
        let written_back = copy.get_all("y").cloned().collect::<Vec<_>>();
        env.response_mut().headers_mut()?.remove("y");
        for value in written_back {
            env.response_mut().headers_mut()?.append("y", value)?;
        }
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!((response.all("x"), response.all("y")), (vec!["1"], vec!["1", "2"]));
}

#[tokio::test]
async fn illegal_fields_never_reach_the_wire() {
    // OWIN-035, HT-14.
    let server = serve(async |mut env: Environment| -> Answer {
        let mut refused = 0;
        for (name, value) in [
            ("a:b", "x"),
            ("a b", "x"),
            ("a\r\nb", "x"),
            ("", "x"),
            ("ok", "a\r\nevil: 1"),
            ("ok", "a\nb"),
            ("ok", "a\0b"),
        ] {
            refused += usize::from(env.response_mut().headers_mut()?.set(name, value).is_err());
            let line = value.to_owned();
            let appended = env.response_mut().headers_mut()?.append(name, line);
            refused += usize::from(appended.is_err());
        }
        env.response_mut().set_body(refused.to_string());
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(response.text(), "14");
    let names: Vec<_> = response.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-length", "date", "server"]);
}

#[tokio::test]
async fn text_beyond_latin_1_is_never_narrowed() {
    // OWIN-039, HT-15: it is sent as UTF-8.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("x-a", "Ā葉")?;
        env.response_mut().headers_mut()?.set("x-b", "Ā葉".to_owned())?;
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!((response.field("x-a"), response.field("x-b")), (Some("Ā葉"), Some("Ā葉")));
}

#[tokio::test]
async fn two_cookies_are_two_lines() {
    // OWIN-045.
    let server = serve(async |mut env: Environment| -> Answer {
        for cookie in ["a=1, b", "c=2; Expires=Sun, 06 Nov 1994 08:49:37 GMT"] {
            env.response_mut().headers_mut()?.append("Set-Cookie", cookie)?;
        }
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(
        response.all("set-cookie"),
        ["a=1, b", "c=2; Expires=Sun, 06 Nov 1994 08:49:37 GMT"]
    );
}

#[tokio::test]
async fn the_number_of_lines_is_kept() {
    // DF-07.
    let server = serve(async |mut env: Environment| -> Answer {
        for value in ["a", "b, c", "d"] {
            env.response_mut().headers_mut()?.append("x-three", value)?;
        }
        env.response_mut().headers_mut()?.append("x-one", "a")?;
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(response.all("x-three"), ["a", "b, c", "d"]);
    assert_eq!(response.all("x-one"), ["a"]);
}

#[tokio::test]
async fn replaced_headers_are_those_that_are_sent() {
    // DF-06: there is no null, but an empty header in the place of the server's.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("x", "1")?;
        env.set(keys::RESPONSE_HEADERS, owin_core::Headers::new())?;
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!((response.status, response.field("x")), (200, None));
}

#[tokio::test]
async fn reserved_fields_work_in_any_case() {
    // DF-08.
    let server = serve(async |mut env: Environment| -> Answer {
        let mut response = env.response_mut();
        let headers = response.headers_mut()?;
        headers.set("content-LENGTH", "3")?;
        headers.set("KEEP-alive", "timeout=1")?;
        headers.append("www-Authenticate", "Basic realm=\"a\"")?;
        headers.append("WWW-authenticate", "Other")?;
        response.write("abc").await?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let response = client.get("/").await;
        assert_eq!(response.all("content-length"), ["3"]);
        assert_eq!(response.field("keep-alive"), None, "it belongs to the connection");
        assert_eq!(response.all("www-authenticate"), ["Basic realm=\"a\"", "Other"]);
        assert_eq!(response.text(), "abc");
    }
}

#[tokio::test]
async fn date_and_server_are_the_apps_where_it_sets_them() {
    // DF-01.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("Date", "Sun, 06 Nov 1994 08:49:37 GMT")?;
        env.response_mut().headers_mut()?.set("Server", "mine")?;
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(response.all("date"), ["Sun, 06 Nov 1994 08:49:37 GMT"]);
    assert_eq!(response.all("server"), ["mine"]);
}

#[tokio::test]
async fn the_server_field_can_be_chosen_or_left_out() {
    use crate::support::{nothing, start_with};
    use nowin_like_server::NowinServer;

    for (chosen, sent) in [(Some("other/1"), Some("other/1")), (None, None)] {
        let server = NowinServer::new().with_server_field(chosen).unwrap();
        let server = start_with(server, &["http://127.0.0.1:0"], nothing).await.unwrap();
        assert_eq!(server.get("/").await.field("server"), sent);
        let refused = server.answer_to("GET / HTTP/1.1\r\n\r\n").await;
        assert_eq!(refused.field("server"), sent);
    }
    assert!(NowinServer::new().with_server_field(Some("a\r\nb: c")).is_err());
}
