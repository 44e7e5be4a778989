//! What every answer has.

use owin_core::{AppExt, Environment, Error, Headers, Lint, Properties, keys, server};
use owin_hyper::HyperServer;

use crate::support::{start, start_at};

async fn hello(mut env: Environment) -> Result<Environment, Error> {
    env.response_mut().headers_mut()?.set("content-type", "text/plain")?;
    env.response_mut().set_body("hello");
    Ok(env)
}

/// The environment in words.
async fn tell(mut env: Environment) -> Result<Environment, Error> {
    let request = env.request();
    let told = format!(
        "{} {} {} {:?} {}",
        request.method(),
        request.path_base(),
        request.path(),
        request.protocol(),
        request.url()
    );
    env.response_mut().set_body(told);
    Ok(env)
}

#[tokio::test]
async fn an_answer_has_its_length_and_a_date() {
    let server = start(hello.with(Lint::new())).await;
    let answer = server.exchange("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("\r\ncontent-length: 5\r\n") && answer.contains("\r\ndate: "),
        "{answer}"
    );
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    assert!(server.stop().await.is_ok());
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = start(hello).await;
    let mut client = server.client().await;
    for _ in 0..3 {
        client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        assert!(client.until("hello").await.contains("200 OK"));
    }
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(client.rest().await.contains("connection: close"));
}

#[tokio::test]
async fn requests_in_one_go_are_answered_in_order() {
    let server = start(tell).await;
    let requests: String =
        (0..40).map(|n| format!("GET /{n} HTTP/1.1\r\nhost: h\r\n\r\n")).collect();
    let mut client = server.client().await;
    client.send(requests).await;
    client.send("GET /last HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    let answers = client.rest().await;
    let places: Vec<_> = (0..40).map(|n| answers.find(&format!("http://h/{n}"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 41);
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let server = start(hello).await;
    let answer = server.exchange("HEAD / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(answer.contains("content-length: 5\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_pushed_answer_to_head_lets_the_connection_live() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write([b'x'; 100_000]).await?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    let mut client = server.client().await;
    for _ in 0..3 {
        client.send("HEAD / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test]
async fn http_10_is_answered_and_closed() {
    let server = start(tell).await;
    let answer = server.exchange("GET /a HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(answer.contains(&format!("GET  /a HTTP/1.0 http://{}/a", server.socket)), "{answer}");
}

#[tokio::test]
async fn a_wish_to_close_is_honoured() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_reason_phrase("Well Done")?;
        env.response_mut().headers_mut()?.set("connection", "close")?;
        Ok(env)
    })
    .await;
    let answer = server.exchange("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 Well Done\r\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_path_base_is_split_off_and_all_else_is_404() {
    let server = start_at(HyperServer::new(), "http://127.0.0.1:0/shop", tell).await;
    let get = |path| format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert!(
        server
            .exchange(&get("/shop/a?q"))
            .await
            .ends_with("GET /shop /a HTTP/1.1 http://h/shop/a?q")
    );
    assert!(server.exchange(&get("/shopping")).await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn several_addresses_are_bound_or_none() {
    let mut properties = Properties::new();
    for address in ["http://127.0.0.1:0", "http://[::1]:0/base", "http://127.0.0.1:0"] {
        properties.listen_on(address.parse().expect("an address"));
    }
    let running = server::start(Box::new(HyperServer::new()), properties, |_| Ok(hello.boxed()));
    let running = running.await.expect("it starts");
    let bound = running.addresses().to_vec();
    assert!(bound.len() == 3 && bound.iter().all(|address| address.port() != 0), "{bound:?}");
    let mut taken = Properties::new();
    taken.listen_on(bound[0].clone());
    let second = server::start(Box::new(HyperServer::new()), taken, |_| Ok(hello.boxed())).await;
    let error = second.map(|_| ()).expect_err("it is in use");
    assert!(error.to_string().contains(&bound[0].to_string()), "{error}");
}

#[tokio::test]
async fn the_facts_of_the_connection_are_there() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        let told = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            env.get(keys::SERVER_REMOTE_IP_ADDRESS),
            env.get(keys::SERVER_LOCAL_PORT),
            env.get(keys::SERVER_IS_LOCAL),
            env.get(keys::SERVER_CAPABILITIES).and_then(|said| said.get(keys::SERVER_NAME)),
            env.get(keys::SENDFILE_SEND_ASYNC).is_some(),
        );
        env.response_mut().set_body(told);
        Ok(env)
    })
    .await;
    let answer = server.exchange("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    let port = server.socket.port();
    let told = format!(r#"Some("127.0.0.1") Some("{port}") Some(true) Some("hyper") false"#);
    assert!(answer.ends_with(&told), "{answer}");
}

#[tokio::test]
async fn trailers_go_both_ways() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        let body = env.request_mut().body_mut().read_to_end(100).await?;
        let sum = env.get(keys::SERVER_REQUEST_TRAILERS).and_then(|all| all.text("x-sum"));
        let sum = sum.unwrap_or("none").to_owned();
        let mut trailers = Headers::new();
        trailers.set("x-sum", sum)?;
        env.set(keys::SERVER_RESPONSE_TRAILERS, trailers)?;
        env.response_mut().set_body(body);
        Ok(env)
    })
    .await;
    let head = "POST / HTTP/1.1\r\nhost: h\r\nte: trailers\r\nconnection: close, te\r\n";
    let body = "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-sum: 7\r\n\r\n";
    let answer = server.exchange(&format!("{head}{body}")).await;
    assert!(answer.contains("\r\ntrailer: x-sum\r\n"), "{answer}");
    assert!(answer.ends_with("2\r\nab\r\n0\r\nx-sum: 7\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn an_error_before_the_start_is_500_and_one_after_it_breaks_off() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().headers_mut()?.set("x-mine", "1")?;
        if env.request().path() == "/late" {
            env.response_mut().write("begun").await?;
            env.response_mut().flush().await?;
        }
        if env.request().path() == "/panic" {
            panic!("it panics");
        }
        Err(Error::app("it fails"))
    })
    .await;
    let mut client = server.client().await;
    for path in ["/early", "/panic"] {
        client.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        let answer = client.until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 500 ") && !answer.contains("x-mine"), "{answer}");
    }
    client.send("GET /late HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let answer = client.rest().await;
    assert!(answer.contains("5\r\nbegun\r\n") && !answer.ends_with("0\r\n\r\n"), "{answer}");
}
