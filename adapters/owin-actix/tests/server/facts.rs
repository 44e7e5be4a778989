//! What a call is told of its connection and its server.

use owin_core::{Environment, keys};

use crate::support::{app, serve};

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
