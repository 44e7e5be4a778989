//! A server with TLS that tells the facts of its handshake, and one that tells others: none here
//! speaks TLS by itself yet.

use std::sync::Arc;

use owin_adapter_matrix::client::tls::{Certificate, Tls};
use owin_adapter_matrix::proof::{Column, Verdict};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::target;

/// What the proof says of an app that tells this of a handshake with that version and suite.
async fn verdict(
    tell: impl Fn(&str, &str) -> serde_json::Value + Send + 'static,
    shows_its_own: bool,
) -> Verdict {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let certificate = Certificate::make(folder.path()).unwrap();
    let trusted =
        if shows_its_own { certificate.clone() } else { Certificate::make(other.path()).unwrap() };
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let chain = vec![CertificateDer::from_pem_file(&certificate.certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&certificate.key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor.accept(stream).await else { return };
        let suite = format!("{:?}", stream.get_ref().1.negotiated_cipher_suite().unwrap().suite());
        let told = tell("TLSv1.3", &suite).to_string();
        assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", told.len());
        stream.write_all((head + &told).as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let mut target = target(address, &folder);
    target.tls = Ok(Tls::new(address, &trusted));
    Column::TlsFacts.prove(&target).await
}

#[tokio::test]
async fn the_facts_of_the_handshake_are_proven() {
    let right = |protocol: &str, suite: &str| json!({ "scheme": "https", "tls": { "protocol": protocol, "cipher_suite": suite } });
    assert_eq!(verdict(right, true).await, Verdict::Proven);
    assert_ne!(verdict(right, false).await, Verdict::Proven);
}

#[tokio::test]
async fn other_facts_are_missing_ones() {
    let tells: [fn(&str, &str) -> serde_json::Value; 4] = [
        |_, _| json!({ "scheme": "https", "tls": null }),
        |version, suite| json!({ "scheme": "http", "tls": { "protocol": version, "cipher_suite": suite } }),
        |_, suite| json!({ "scheme": "https", "tls": { "protocol": "TLSv1.2", "cipher_suite": suite } }),
        |version, _| json!({ "scheme": "https", "tls": { "protocol": version, "cipher_suite": "NULL" } }),
    ];
    for tell in tells {
        assert_ne!(verdict(tell, true).await, Verdict::Proven);
    }
}
