//! Addresses: bound, reported, refused.

use std::net::{Ipv4Addr, TcpListener};

use owin_actix::ActixServer;
use owin_core::{Error, Properties, Running, server};

use crate::support::{Client, hello};

async fn start(addresses: &[&str]) -> Result<Box<dyn Running>, Error> {
    let mut properties = Properties::new();
    for address in addresses {
        properties.listen_on(address.parse()?);
    }
    let actix = ActixServer::new().with_workers(1.try_into().unwrap());
    server::start(Box::new(actix), properties, |_| Ok(hello())).await
}

async fn answer_of(address: &owin_core::Address, path: &str) -> (u16, String) {
    let mut client = Client::connect(address.sockets().unwrap()[0]).await;
    let answer = client.get(path).await;
    (answer.status, answer.text().to_owned())
}

#[tokio::test]
async fn several_addresses_are_served_each_with_its_path_base() {
    let running = start(&["http://127.0.0.1:0", "http://[::1]:0/shop"]).await.unwrap();
    let addresses = running.addresses().to_vec();
    assert!(addresses.iter().all(|address| address.port() != 0));
    assert_eq!(answer_of(&addresses[0], "/a").await, (200, "hello from /a".to_owned()));
    assert_eq!(answer_of(&addresses[1], "/shop/a").await, (200, "hello from /a".to_owned()));
    assert_eq!(answer_of(&addresses[1], "/shop").await, (200, "hello from ".to_owned()));
    assert_eq!(answer_of(&addresses[1], "/shopping").await, (404, String::new()));
    running.stop(crate::support::LONG).await.unwrap();
}

#[tokio::test]
async fn localhost_is_both_loopback_addresses() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let running = start(&[&format!("http://localhost:{free}")]).await.unwrap();
    let addresses = running.addresses().to_vec();
    assert_eq!(addresses.len(), 2);
    for address in &addresses {
        assert_eq!(answer_of(address, "/").await.0, 200, "{address}");
    }
    running.stop(crate::support::LONG).await.unwrap();
}

#[tokio::test]
async fn every_address_of_the_machine_means_those_of_both_kinds() {
    let running = start(&["http://*:0"]).await.unwrap();
    let address = running.addresses()[0].clone();
    assert_eq!(address.host(), "*");
    for host in ["127.0.0.1", "[::1]"] {
        let one = format!("http://{host}:{}", address.port()).parse().unwrap();
        assert_eq!(answer_of(&one, "/").await.0, 200, "{host}");
    }
    running.stop(crate::support::LONG).await.unwrap();
}

#[tokio::test]
async fn a_socket_without_a_file_is_served() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let name = format!("owin-actix-{}", std::process::id());
    let running = start(&[&format!("http://unix:@{name}")]).await.unwrap();
    let mut stream = tokio::net::UnixStream::connect(format!("\0{name}")).await.unwrap();
    stream.write_all(b"GET /u HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("hello from /u"), "{text}");
    running.stop(crate::support::LONG).await.unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_bound_is_named_in_one_line() {
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = format!("http://{}", listening.local_addr().unwrap());
    for (address, why) in [
        (&*taken, "the port is in use"),
        ("https://127.0.0.1:0", "no certificate"),
        ("http://example.org:0", "its host is neither"),
        ("http://unix:/tmp/owin-actix.sock", "abstract Unix sockets alone"),
        ("http://fd:3", "abstract Unix sockets alone"),
    ] {
        let error =
            start(&["http://127.0.0.1:0", address]).await.map(drop).unwrap_err().to_string();
        assert!(error.contains(address) && error.contains(why), "{error}");
        assert!(!error.contains('\n'));
    }
}

#[tokio::test]
async fn nothing_is_served_where_a_callback_of_the_start_fails() {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let failed = server::start(Box::new(ActixServer::new()), properties, |properties| {
        let on_init = properties.get_mut(owin_core::keys::SERVER_ON_INIT).unwrap();
        on_init.register(async || Err(Error::app("not today")));
        Ok(hello())
    });
    assert_eq!(failed.await.map(drop).unwrap_err().to_string(), "not today");
}
