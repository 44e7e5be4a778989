//! Apps mounted in actix-web, beside plain services of its own.

use std::net::SocketAddr;
use std::sync::mpsc::Sender;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{BoxApp, CancelReason, Environment, Error, keys};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::support::{Client, LONG, app, echo, sees_what_is_flushed, stops_behind_a_flush};

/// Tells where it is.
fn teller() -> BoxApp {
    app(async |mut env: Environment| {
        let request = env.request();
        let id = env.get(keys::SERVER_CONNECTION_ID).unwrap_or_default();
        let port = env.get(keys::SERVER_LOCAL_PORT).unwrap_or_default();
        let text = format!(
            "{:?} + {:?} ? {:?} of {:?} on {port} by {id}",
            request.path_base(),
            request.path(),
            request.query_string(),
            request.raw_target().unwrap_or_default(),
        );
        env.response_mut().set_body(text);
        Ok(env)
    })
}

/// Streams, takes over, fails, or waits to be cancelled.
fn more(cancelled: UnboundedSender<CancelReason>) -> BoxApp {
    app(move |mut env: Environment| {
        let cancelled = cancelled.clone();
        async move {
            match env.request().path() {
                "/flushed" => {
                    env.response_mut().write("begun").await?;
                    env.response_mut().flush().await?;
                    env.response_mut().write("never sent").await?;
                    cancelled.send(env.request().cancelled().cancelled().await).unwrap();
                }
                "/silent" => cancelled.send(env.request().cancelled().cancelled().await).unwrap(),
                "/fails" => return Err(Error::app("on purpose")),
                _ => {
                    let upgrade = env.feature::<&OpaqueUpgrade>().cloned();
                    let upgrade = upgrade.ok_or_else(|| Error::app("not offered"))?;
                    upgrade.accept(&mut env, None, async |mut env| {
                        let mut stream = env.remove(keys::OPAQUE_STREAM)?.unwrap();
                        let mut buf = [0; 100];
                        let count = stream.read(&mut buf).await?;
                        stream.write_all(&buf[..count]).await
                    })?;
                }
            }
            Ok(env)
        }
    })
}

/// What a server has told: where it is, how it stops, which tokens fired, and what its app waits for.
struct Started {
    address: SocketAddr,
    handle: ServerHandle,
    tokens: UnboundedReceiver<CancelReason>,
    has_seen: Sender<()>,
}

/// actix-web on a thread of its own, as its users run it.
fn start() -> Started {
    let (tell_token, tokens) = unbounded_channel();
    let (flusher, has_seen) = stops_behind_a_flush();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let (teller, echo, more) = (teller(), echo(), more(tell_token));
            let server = HttpServer::new(move || {
                let shop = web::scope("/shop")
                    .route("/own", web::get().to(|| async { "own of the scope" }))
                    .service(web::scope("/in ner").service(owin_actix::service(&teller)))
                    .service(owin_actix::service(&teller));
                App::new()
                    .route("/plain", web::get().to(|| async { HttpResponse::Ok().body("plain") }))
                    .service(shop)
                    .service(web::scope("/echo").service(owin_actix::service(&echo)))
                    .service(web::scope("/more").service(owin_actix::service(&more)))
                    .service(web::scope("/flusher").service(owin_actix::service(&flusher)))
                    .default_service(owin_actix::service(&teller))
            })
            .on_connect(owin_actix::on_connect)
            .workers(1)
            .disable_signals()
            .bind_auto_h2c(("127.0.0.1", 0))
            .unwrap();
            let address = server.addrs()[0];
            let running = server.run();
            tell.send((address, running.handle())).unwrap();
            running.await.unwrap();
        });
    });
    let (address, handle) = told.recv().unwrap();
    Started { address, handle, tokens, has_seen }
}

#[tokio::test]
async fn an_app_in_a_scope_has_the_prefix_as_its_path_base() {
    let Started { address, handle, .. } = start();
    let mut client = Client::connect(address).await;
    for (path, told) in [
        ("/shop/a%2Fb/%C3%A9?q=1", r#""/shop" + "/a%2Fb/é" ? "q=1" of "/shop/a%2Fb/%C3%A9?q=1""#),
        ("/shop", r#""/shop" + "" ? "" of "/shop""#),
        ("/shop/", r#""/shop" + "/" ? "" of "/shop/""#),
        ("/shop/in%20ner/x", r#""/shop/in ner" + "/x" ? "" of "/shop/in%20ner/x""#),
        ("/shopping", r#""" + "/shopping" ? "" of "/shopping""#),
        ("/", r#""" + "/" ? "" of "/""#),
    ] {
        let answer = client.get(path).await;
        let text = answer.text().split(" on ").next().unwrap().to_owned();
        assert_eq!((answer.status, &*text), (200, told));
    }
    handle.stop(true).await;
}

#[tokio::test]
async fn plain_services_beside_an_app_stay_what_they_are() {
    let Started { address, handle, .. } = start();
    let mut client = Client::connect(address).await;
    assert_eq!(client.get("/plain").await.text(), "plain");
    assert_eq!(client.get("/shop/own").await.text(), "own of the scope");
    assert!(client.get("/shop/owner").await.text().starts_with(r#""/shop" + "/owner""#));
    handle.stop(true).await;
}

#[tokio::test]
async fn a_connection_of_a_mounted_app_has_one_id_and_its_address() {
    let Started { address, handle, .. } = start();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(address).await;
        let first = client.get("/shop/a").await.text().to_owned();
        assert!(first.contains(&format!(" on {} by ", address.port())), "{first}");
        assert_eq!(client.get("/shop/a").await.text(), first);
        ids.push(first);
    }
    assert_ne!(ids[0], ids[1]);
    handle.stop(true).await;
}

#[tokio::test]
async fn a_mounted_app_streams_both_ways_and_refuses_what_the_contract_refuses() {
    let Started { address, handle, .. } = start();
    let mut client = Client::connect(address).await;
    let body = vec![b'x'; 1 << 20];
    let mut message = b"POST /echo HTTP/1.1\r\nhost: h\r\ncontent-length: 1048576\r\n\r\n".to_vec();
    message.extend_from_slice(&body);
    let sending = client.send_beside(message);
    assert!(client.answer().await.body == body);
    sending.await.unwrap();
    let mut client = Client::connect(address).await;
    client.send("GET /echo HTTP/1.1\r\nhost: a b\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 400);
    handle.stop(true).await;
}

#[tokio::test]
async fn what_a_mounted_app_flushes_arrives_and_a_client_that_resets_cancels_it() {
    let Started { address, handle, mut tokens, .. } = start();
    for is_streaming in [true, false] {
        let mut client = Client::connect(address).await;
        let path = if is_streaming { "/more/flushed" } else { "/more/silent" };
        client.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        if is_streaming {
            assert_eq!(client.head().await.status, 200);
            assert_eq!(client.chunk().await.unwrap(), b"begun");
        } else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        client.reset();
        let reason = timeout(LONG, tokens.recv()).await.unwrap();
        assert_eq!(reason, Some(CancelReason::PeerClosed));
    }
    handle.stop(true).await;
}

#[tokio::test]
async fn what_a_mounted_app_flushes_has_left_when_it_goes_on() {
    let Started { address, handle, has_seen, .. } = start();
    let mut client = Client::connect(address).await;
    sees_what_is_flushed(&mut client, "/flusher", &has_seen).await;
    handle.stop(true).await;
}

#[tokio::test]
async fn a_small_body_that_no_mounted_app_reads_costs_no_connection() {
    let Started { address, handle, .. } = start();
    let mut client = Client::connect(address).await;
    for _ in 0..3 {
        client.send("POST /shop/x HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello").await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.field("connection")), (200, None));
    }
    handle.stop(true).await;
}

#[tokio::test]
async fn a_mounted_app_takes_over_what_asks_for_web_socket_and_nothing_else() {
    let Started { address, handle, .. } = start();
    for (protocol, status) in [("websocket", 101), ("echo/1", 500)] {
        let mut client = Client::connect(address).await;
        let asks = format!("connection: upgrade\r\nupgrade: {protocol}");
        client.send(format!("GET /more/x HTTP/1.1\r\nhost: h\r\n{asks}\r\n\r\n")).await;
        assert_eq!(client.head().await.status, status);
        if status == 101 {
            client.send("there and back").await;
            assert_eq!(client.exactly(14).await, b"there and back");
        }
    }
    let mut client = Client::connect(address).await;
    assert_eq!(client.get("/more/fails").await.status, 500);
    handle.stop(true).await;
}

#[tokio::test]
async fn a_mounted_app_is_served_over_http_2_where_its_server_speaks_it() {
    let Started { address, handle, .. } = start();
    let url = |path: &str| format!("http://{address}{path}");
    let echoed = curl(&["--data", "sent", "--write-out", "|%{http_version}", &url("/echo")]).await;
    let told = curl(&[&url("/shop/a%2Fb?q=1")]).await;
    if let (Some(echoed), Some(told)) = (echoed, told) {
        assert_eq!(echoed, "sent|2");
        let place = r#""/shop" + "/a%2Fb" ? "q=1" of "/shop/a%2Fb?q=1" on "#;
        assert!(told.starts_with(place), "{told}");
    }
    handle.stop(true).await;
}

/// What curl prints of a request over HTTP/2; `None` where there is no curl.
#[expect(clippy::print_stdout, reason = "whoever runs the tests is to know what was not tested")]
async fn curl(arguments: &[&str]) -> Option<String> {
    let mut command = tokio::process::Command::new("curl");
    command.args(["--silent", "--show-error", "--http2-prior-knowledge", "--noproxy", "*"]);
    let Ok(output) = command.args(arguments).output().await else {
        println!("skipped: there is no curl on the PATH");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).ok()
}
