//! Apps mounted in actix-web, beside plain services of its own.

use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use owin_core::{BoxApp, Environment, keys};

use crate::support::{Client, app, echo};

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

/// actix-web on a thread of its own, as its users run it.
fn start() -> (SocketAddr, ServerHandle) {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let (teller, echo) = (teller(), echo());
            let server = HttpServer::new(move || {
                App::new()
                    .route("/plain", web::get().to(|| async { HttpResponse::Ok().body("plain") }))
                    .service(
                        web::scope("/shop")
                            .route("/own", web::get().to(|| async { "own of the scope" }))
                            .service(web::scope("/in ner").service(owin_actix::service(&teller)))
                            .service(owin_actix::service(&teller)),
                    )
                    .service(web::scope("/echo").service(owin_actix::service(&echo)))
                    .default_service(owin_actix::service(&teller))
            })
            .on_connect(owin_actix::on_connect)
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
            let address = server.addrs()[0];
            let running = server.run();
            tell.send((address, running.handle())).unwrap();
            running.await.unwrap();
        });
    });
    told.recv().unwrap()
}

#[tokio::test]
async fn an_app_in_a_scope_has_the_prefix_as_its_path_base() {
    let (address, handle) = start();
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
    let (address, handle) = start();
    let mut client = Client::connect(address).await;
    assert_eq!(client.get("/plain").await.text(), "plain");
    assert_eq!(client.get("/shop/own").await.text(), "own of the scope");
    assert!(client.get("/shop/owner").await.text().starts_with(r#""/shop" + "/owner""#));
    handle.stop(true).await;
}

#[tokio::test]
async fn a_connection_of_a_mounted_app_has_one_id_and_its_address() {
    let (address, handle) = start();
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
    let (address, handle) = start();
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
