//! Bodies of responses: pushed, handed over whole, followed by trailers.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use owin_core::features::TrailersMut;
use owin_core::{AppExt, Environment, Error, ResponseBody, from_fn, middleware::Next};

use crate::support::{Answer, hello, pattern, serve};

#[tokio::test]
async fn what_is_set_before_the_first_write_is_honoured() {
    // OWIN-066.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_status(StatusCode::CREATED)?;
        env.response_mut().set_reason_phrase("Made")?;
        env.response_mut().headers_mut()?.set("x", "1")?;
        env.response_mut().write("body").await?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(response.status_line, "HTTP/1.1 201 Made");
    assert_eq!((response.field("x"), response.text()), (Some("1"), "body"));
}

#[tokio::test]
async fn small_writes_without_a_flush_have_a_length() {
    // OWIN-075.
    let server = serve(async |mut env: Environment| -> Answer {
        for text in ["one, ", "two, ", "three"] {
            env.response_mut().write(text).await?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let response = client.get("/").await;
        assert_eq!(
            (response.field("content-length"), response.text()),
            (Some("15"), "one, two, three")
        );
    }
}

#[tokio::test]
async fn what_was_not_flushed_is_sent_at_the_end() {
    // OWIN-075.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("flushed, ").await?;
        env.response_mut().flush().await?;
        env.response_mut().write("not flushed, ").await?;
        env.response_mut().set_body("whole");
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let response = client.get("/").await;
        assert!(response.is_chunked());
        assert_eq!(response.text(), "flushed, not flushed, whole");
    }
}

#[tokio::test]
async fn a_hundred_writes_come_in_order() {
    // DF-15.
    let server = serve(async |mut env: Environment| -> Answer {
        for number in 0..100_u8 {
            env.response_mut().write([number; 1_000]).await?;
        }
        Ok(env)
    })
    .await;
    let expected: Vec<u8> = (0..100_u8).flat_map(|number| [number; 1_000]).collect();
    let mut client = server.connect().await;
    for _ in 0..2 {
        assert_eq!(client.get("/").await.body, expected);
    }
}

#[tokio::test]
async fn a_megabyte_comes_in_one_write_or_whole() {
    // DF-15.
    let server = serve(async |mut env: Environment| -> Answer {
        let body = Bytes::from(pattern(1_000_000));
        match env.request().path() {
            "/write" => env.response_mut().write(body).await?,
            "/bytes" => env.response_mut().write_bytes(body).await?,
            "/flush" => {
                env.response_mut().flush().await?;
                env.response_mut().write_bytes(body).await?;
            }
            _ => env.response_mut().set_body(body),
        }
        Ok(env)
    })
    .await;
    let expected = pattern(1_000_000);
    let mut client = server.connect().await;
    for path in ["/write", "/bytes", "/flush", "/whole"] {
        assert!(client.get(path).await.body == expected, "{path}");
    }
}

#[tokio::test]
async fn a_declared_length_is_used_for_pushed_bytes() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "10")?;
        env.response_mut().write("hello").await?;
        env.response_mut().flush().await?;
        env.response_mut().write("world").await?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let response = client.get("/").await;
        assert_eq!((response.field("content-length"), response.text()), (Some("10"), "helloworld"));
    }
}

#[tokio::test]
async fn an_empty_write_is_not_the_last_chunk() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        env.response_mut().write("").await?;
        env.response_mut().flush().await?;
        env.response_mut().write("after").await?;
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.text(), "after");
}

#[tokio::test]
async fn changes_after_the_start_are_refused_and_do_no_harm() {
    // OWIN-069.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("a").await?;
        env.response_mut().flush().await?;
        let refused = [
            env.response_mut().set_status(StatusCode::NOT_FOUND).is_err(),
            env.response_mut().set_reason_phrase("Late").is_err(),
            env.response_mut().headers_mut().is_err(),
            env.on_sending_headers(|_| Ok(())).is_err(),
        ];
        env.response_mut().write(format!(" {refused:?}")).await?;
        Ok(env)
    })
    .await;
    let all = server.all("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(all.starts_with("HTTP/1.1 200 OK\r\n") && all.contains("[true, true, true, true]"));
    assert_eq!(all.matches("HTTP/1.1").count(), 1, "{all}");
}

#[tokio::test]
async fn a_middleware_may_buffer_and_change_the_body() {
    // OWIN-070.
    let shout = from_fn(async |mut env: Environment, next: Next| -> Answer {
        let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
        let mut env = next.run(env).await?;
        let captured = env.response_mut().replace_outlet(outlet).into_whole();
        let bytes = captured.into_bytes().map_err(|_| Error::app("not bytes"))?;
        env.response_mut().write(bytes.to_ascii_uppercase()).await?;
        Ok(env)
    });
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().write("quiet ").await?;
        env.response_mut().flush().await?;
        env.response_mut().set_body("words");
        Ok(env)
    };
    let server = serve(app.with(shout)).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        assert_eq!(client.get("/").await.text(), "QUIET WORDS");
    }
}

#[tokio::test]
async fn a_middleware_that_does_not_put_the_outlet_back_harms_one_call_at_most() {
    // OWIN-070.
    let forgetful = from_fn(async |mut env: Environment, next: Next| -> Answer {
        if env.request().path() == "/forget" {
            let _lost = env.response_mut().replace_outlet(ResponseBody::capture());
        }
        next.run(env).await
    });
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().write("text").await?;
        Ok(env)
    };
    let server = serve(app.with(forgetful)).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/forget").await.status, 200);
    assert_eq!(client.get("/").await.text(), "text");
}

#[tokio::test]
async fn an_outer_layer_may_append_to_a_finished_body() {
    // OWIN-074.
    let append = from_fn(async |env: Environment, next: Next| -> Answer {
        let mut env = next.run(env).await?;
        env.response_mut().write(" and more").await?;
        Ok(env)
    });
    let server = serve(hello("all").with(append)).await;
    assert_eq!(server.get("/").await.text(), "all and more");
}

#[tokio::test]
async fn trailers_follow_a_chunked_body() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("body").await?;
        if let Some(mut trailers) = env.feature_mut::<TrailersMut<'_>>() {
            trailers.append("x-sum", "7")?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let response = client.get("/").await;
        assert_eq!(
            (response.text(), response.trailers.as_slice()),
            ("body", &["x-sum: 7".to_owned()][..])
        );
    }
}

#[tokio::test]
async fn trailers_are_left_out_where_the_framing_has_no_room_for_them() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "4")?;
        env.response_mut().write("body").await?;
        if let Some(mut trailers) = env.feature_mut::<TrailersMut<'_>>() {
            trailers.append("x-sum", "7")?;
        }
        Ok(env)
    })
    .await;
    let all = server.all("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(all.ends_with("\r\n\r\nbody"), "{all}");
}

#[tokio::test]
async fn a_whole_body_may_be_a_stream_with_trailers() {
    let server = serve(async |mut env: Environment| -> Answer {
        let (mut sender, body) = owin_core::RequestBody::channel();
        tokio::spawn(async move {
            for text in ["one ", "two "] {
                sender.send(text).await?;
            }
            let mut trailers = HeaderMap::new();
            trailers.insert("x-t", http::HeaderValue::from_static("1"));
            sender.finish_with(trailers).await
        });
        env.response_mut().set_body(owin_core::body::Whole::stream(body));
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!((response.text(), response.trailers.len()), ("one two ", 1));
}
