//! What an app sees of the connection and of the server.

use owin_core::{Capabilities, Environment, keys};

use crate::support::{Answer, seen, serve, serve_at, tell};

/// Remote address and port, local address and port, and whether they are one machine.
fn ends(env: &Environment) -> String {
    let keys = [
        keys::SERVER_REMOTE_IP_ADDRESS,
        keys::SERVER_REMOTE_PORT,
        keys::SERVER_LOCAL_IP_ADDRESS,
        keys::SERVER_LOCAL_PORT,
    ];
    let texts: Vec<_> = keys.into_iter().map(|key| env.get(key).unwrap_or("none")).collect();
    format!("{} {:?}", texts.join(" "), env.get(keys::SERVER_IS_LOCAL))
}

async fn ends_at(address: &str, to: std::net::IpAddr, shown: &str) {
    let server = serve_at(address, tell(ends)).await;
    let port = server.socket().port();
    let mut client = crate::support::Client::connect((to, port).into()).await;
    let own = client.local().port();
    let response = client.get("/").await;
    assert_eq!(response.text(), format!("{shown} {own} {shown} {port} Some(true)"));
}

#[tokio::test]
async fn both_ends_of_a_v4_connection_are_told() {
    // CK-030, CK-031, CK-032, CK-033.
    ends_at("http://127.0.0.1:0", [127, 0, 0, 1].into(), "127.0.0.1").await;
}

#[tokio::test]
async fn both_ends_of_a_v6_connection_are_told_without_brackets() {
    // CK-030, CK-031, CK-032, CK-033.
    ends_at("http://[::1]:0", std::net::Ipv6Addr::LOCALHOST.into(), "::1").await;
}

#[tokio::test]
async fn a_v4_client_of_every_address_has_a_v4_address() {
    // CK-030: the mapped form is undressed.
    ends_at("http://*:0", [127, 0, 0, 1].into(), "127.0.0.1").await;
}

#[tokio::test]
async fn calls_of_one_connection_share_its_id() {
    let server =
        serve(tell(|env| env.get(keys::SERVER_CONNECTION_ID).unwrap_or("none").to_owned())).await;
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    let first = one.get("/").await.text().to_owned();
    assert_eq!(one.get("/").await.text(), first);
    assert_ne!(two.get("/").await.text(), first);
}

#[tokio::test]
async fn the_capabilities_are_one_instance() {
    // CK-023, CK-024, CK-025.
    let (told, mut seen) = seen();
    let server = serve(move |env: Environment| {
        told.send(env.get(keys::SERVER_CAPABILITIES).cloned()).unwrap();
        async move { Ok(env) }
    })
    .await;
    server.get("/").await;
    server.get("/").await;
    let at_start = server.properties().get(keys::SERVER_CAPABILITIES).unwrap();
    for _ in 0..2 {
        let in_call = seen.next("the capabilities").await.unwrap();
        assert!(Capabilities::is_same(at_start, &in_call));
    }
    assert_eq!(at_start.get(keys::SERVER_NAME), Some("nowin"));
}

#[tokio::test]
async fn the_addresses_in_a_call_are_those_that_were_bound() {
    let server = serve(async |mut env: Environment| -> Answer {
        let bound = env.get(keys::HOST_ADDRESSES).map(|all| all.0.clone()).unwrap_or_default();
        let texts: Vec<_> = bound.iter().map(ToString::to_string).collect();
        env.response_mut().set_body(texts.join(" "));
        Ok(env)
    })
    .await;
    let bound = format!("http://{}", server.socket());
    assert_eq!(server.get("/").await.text(), bound);
}
