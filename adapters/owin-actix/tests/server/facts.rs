//! What a call is told of its connection and its server.

use owin_actix::ActixServer;
use owin_core::{AppExt, Environment, Error, Lint, Properties, keys, server};

use crate::support::{Client, LONG, app, serve};

#[tokio::test]
async fn a_call_knows_both_ends_of_its_connection_and_the_connection_itself() {
    let served = serve(app(async |mut env: Environment| {
        let mut text = String::new();
        for key in [
            keys::SERVER_REMOTE_IP_ADDRESS,
            keys::SERVER_REMOTE_PORT,
            keys::SERVER_LOCAL_IP_ADDRESS,
            keys::SERVER_LOCAL_PORT,
            keys::SERVER_CONNECTION_ID,
        ] {
            text += env.get(key).unwrap();
            text += " ";
        }
        text += &format!("{:?}", env.get(keys::SERVER_IS_LOCAL));
        let capabilities = env.get(keys::SERVER_CAPABILITIES).unwrap();
        text += &format!(" {:?}", capabilities.get(keys::SERVER_NAME));
        text += &format!(" {:?}", capabilities.get(keys::OPAQUE_VERSION));
        text += &format!(" {}", env.get(keys::HOST_ADDRESSES).unwrap().0.len());
        env.response_mut().set_body(text);
        Ok(env)
    }))
    .await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut client = served.connect().await;
        let own = client.reader.local_addr().unwrap();
        let text = client.get("/").await.text().to_owned();
        let parts: Vec<_> = text.splitn(6, ' ').collect();
        let port = served.address.port().to_string();
        assert_eq!(parts[..4], ["127.0.0.1", &own.port().to_string(), "127.0.0.1", &port]);
        assert_eq!(parts[5], r#"Some(true) Some("actix") Some("1.0") 1"#);
        assert_eq!(client.get("/").await.text(), text);
        ids.push(parts[4].to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    served.stop().await;
}

#[tokio::test]
async fn a_lint_finds_nothing_in_different_calls() {
    let (lint, violations) = Lint::recording();
    let answer = async |mut env: Environment| -> Result<Environment, Error> {
        let body = env.request_mut().body_mut().read_to_end(1_000).await?;
        match body.len() % 3 {
            0 => env.response_mut().set_body(body),
            1 => env.response_mut().write_bytes(body).await?,
            _ => env.response_mut().flush().await?,
        }
        Ok(env)
    };
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let running = server::start(Box::new(ActixServer::new()), properties, |properties| {
        Ok(answer.with(lint.with_properties(properties)).boxed())
    })
    .await
    .unwrap();
    let address = running.addresses()[0].sockets().unwrap()[0];
    for connection in 0..5 {
        let mut client = Client::connect(address).await;
        for number in 0..50 {
            let body = "x".repeat(number);
            let head = format!("POST /{connection}/%20%2F/../a;b?{number}=%20 HTTP/1.1\r\nhost: h");
            client
                .send(match number % 4 {
                    0 => format!("{head}\r\ncontent-length: {number}\r\n\r\n{body}"),
                    1 => {
                        let chunk = format!("{number:x}\r\n{body}\r\n0\r\n\r\n");
                        format!("{head}\r\ntransfer-encoding: chunked\r\n\r\n{chunk}")
                    }
                    2 => "GET HTTP://other:81?q HTTP/1.1\r\nhost: h\r\nx: a\r\nx: é\r\n\r\n"
                        .to_owned(),
                    _ => "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n".to_owned(),
                })
                .await;
            assert_eq!(client.answer().await.status, 200);
        }
        client.send("GET / HTTP/1.0\r\n\r\n").await;
        assert_eq!(client.answer().await.status, 200);
    }
    let said: Vec<String> = violations.iter().map(|violation| violation.to_string()).collect();
    assert!(said.is_empty(), "{said:?}");
    running.stop(LONG).await.unwrap();
}
