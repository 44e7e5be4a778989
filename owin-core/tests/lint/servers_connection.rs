//! Servers that tell something wrong of the connection, or offer what they cannot do.

use bytes::Bytes;
use owin_core::features::{ClientCertificate, TlsHandshake};
use owin_core::upgrade::{Accept, OpaqueUpgrade};
use owin_core::{http, keys};

use crate::{breaks, hello, of_server, recorded};

breaks! {
    "CK-029" a_client_certificate_on_clear_text_is_named => of_server(|env| {
        env.set(keys::SSL_CLIENT_CERTIFICATE, certificate()).map(drop)
    });
    "CK-030" a_remote_address_in_brackets_is_named => of_server(|env| {
        env.set(keys::SERVER_REMOTE_IP_ADDRESS, "[::1]").map(drop)
    });
    "CK-031" a_remote_port_that_is_no_number_is_named => of_server(|env| {
        env.set(keys::SERVER_REMOTE_PORT, "+80").map(drop)
    });
    "CK-032" a_local_address_with_a_port_is_named => of_server(|env| {
        env.set(keys::SERVER_LOCAL_IP_ADDRESS, "127.0.0.1:80").map(drop)
    });
    "CK-032" a_local_port_beyond_the_last_is_named => of_server(|env| {
        env.set(keys::SERVER_LOCAL_PORT, "65536").map(drop)
    });
    "OP-004" an_upgrade_that_nobody_asked_for_is_named => of_server(|env| {
        env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new("echo")).map(drop)
    });
    "OP-004" an_upgrade_of_http_1_0_is_named => recorded(hello, |host| {
        let request = host.get("/").protocol(http::Version::HTTP_10);
        let request = request.header("connection", "upgrade").header("upgrade", "echo");
        request.with(|env| env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new("echo")).map(drop))
    });
    "WS-004" a_socket_for_a_plain_request_is_named => of_server(|env| {
        env.set(keys::WEBSOCKET_ACCEPT, Accept::new([])).map(drop)
    });
    "WS-004" a_socket_for_a_short_key_is_named => recorded(hello, |host| {
        let request = crate::websockets::handshake(host.get("/"), "c2hvcnQ=");
        request.with(|env| env.set(keys::WEBSOCKET_ACCEPT, Accept::new([])).map(drop))
    });
}

fn certificate() -> ClientCertificate {
    ClientCertificate::new([Bytes::from_static(b"\x30\x00")])
}

#[tokio::test]
async fn a_client_certificate_on_tls_is_fine() {
    let seen = of_server(|env| {
        let tls = TlsHandshake::new("TLSv1.3", "TLS13_AES_128_GCM_SHA256");
        env.set(keys::SSL_HANDSHAKE, tls)?;
        env.request_mut().set_scheme("https");
        env.set(keys::SSL_CLIENT_CERTIFICATE, certificate()).map(drop)
    });
    assert_eq!(seen.await, [""; 0]);
}

#[tokio::test]
async fn a_connect_of_http_2_may_upgrade() {
    let seen = recorded(hello, |host| {
        let request = host.request(http::Method::CONNECT, "/").protocol(http::Version::HTTP_2);
        request.with(|env| env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new("echo")).map(drop))
    });
    assert_eq!(seen.await, [""; 0]);
}
