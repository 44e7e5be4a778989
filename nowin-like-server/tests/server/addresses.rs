//! Addresses: bound, reported, refused.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener as StdListener};

use nowin_like_server::NowinServer;
use owin_core::{Environment, ErrorKind};

use crate::support::{Client, hello, start_with, tell};

/// A port that is free on both loopback addresses.
fn port_on_both() -> u16 {
    for _ in 0..100 {
        let four = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = four.local_addr().unwrap().port();
        if StdListener::bind((Ipv6Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free on both loopback addresses");
}

#[tokio::test]
async fn two_addresses_are_both_bound_each_with_its_base() {
    // CK-036, DF-27.
    let base = |env: &Environment| env.request().path_base().to_owned();
    let addresses = ["http://127.0.0.1:0/one", "http://127.0.0.1:0/two"];
    let server = start_with(NowinServer::new(), &addresses, tell(base)).await.unwrap();
    assert_eq!(server.addresses().len(), 2);
    for address in server.addresses() {
        let socket = address.sockets().unwrap()[0];
        let mut client = Client::connect(socket).await;
        assert_eq!(client.get(&format!("{}/x", address.path())).await.text(), address.path());
    }
}

#[tokio::test]
async fn port_0_is_reported_as_the_port_that_was_bound() {
    let addresses = ["http://127.0.0.1:0", "http://[::1]:0/base"];
    let server = start_with(NowinServer::new(), &addresses, hello("text")).await.unwrap();
    let texts: Vec<_> = server.addresses().iter().map(ToString::to_string).collect();
    assert!(server.addresses().iter().all(|address| address.port() != 0), "{texts:?}");
    assert!(texts[0].starts_with("http://127.0.0.1:") && texts[1].starts_with("http://[::1]:"));
    assert!(texts[1].ends_with("/base"));
}

#[tokio::test]
async fn localhost_is_both_loopback_addresses() {
    let port = port_on_both();
    let address = format!("http://localhost:{port}");
    let server = start_with(NowinServer::new(), &[&address], hello("text")).await.unwrap();
    assert_eq!(server.addresses().len(), 2);
    let mut four = Client::connect((Ipv4Addr::LOCALHOST, port).into()).await;
    let mut six = Client::connect((Ipv6Addr::LOCALHOST, port).into()).await;
    assert_eq!((four.get("/").await.text(), six.get("/").await.text()), ("text", "text"));
}

#[tokio::test]
async fn a_port_in_use_is_one_line_that_names_the_address() {
    let taken = StdListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", taken.local_addr().unwrap());
    let started = start_with(NowinServer::new(), &[&address], hello("text")).await;
    let error = started.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Server);
    let expected = format!(
        "cannot listen on {address}: the port is in use; stop what uses it or choose another"
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn one_address_that_fails_binds_none() {
    let taken = StdListener::bind("127.0.0.1:0").unwrap();
    let free = StdListener::bind("127.0.0.78:0").unwrap().local_addr().unwrap();
    let addresses = [format!("http://{free}"), format!("http://{}", taken.local_addr().unwrap())];
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    assert!(start_with(NowinServer::new(), &addresses, hello("text")).await.is_err());
    assert!(std::net::TcpStream::connect(free).is_err());
}

#[tokio::test]
async fn https_without_a_certificate_is_refused() {
    // CK-036.
    let started = start_with(NowinServer::new(), &["https://127.0.0.1:0"], hello("text")).await;
    let error = started.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.to_string(), "cannot listen on https://127.0.0.1:0: there is no certificate");
}

#[tokio::test]
async fn a_name_that_would_have_to_be_looked_up_is_refused() {
    let started = start_with(NowinServer::new(), &["http://example.org:0"], hello("text")).await;
    let error = started.err().unwrap().to_string();
    assert!(error.contains("http://example.org:0") && !error.contains('\n'), "{error}");
}

#[tokio::test]
async fn an_address_of_another_machine_is_refused() {
    let started = start_with(NowinServer::new(), &["http://192.0.2.1:0"], hello("text")).await;
    let error = started.err().unwrap().to_string();
    assert_eq!(
        error,
        "cannot listen on http://192.0.2.1:0: this machine does not have that address"
    );
}

#[tokio::test]
async fn every_address_of_the_machine_is_a_star() {
    let server = start_with(NowinServer::new(), &["http://*:0"], hello("text")).await.unwrap();
    let port = server.addresses()[0].port();
    assert_eq!(server.addresses()[0].to_string(), format!("http://*:{port}"));
    for ip in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        let mut client = Client::connect(std::net::SocketAddr::new(ip, port)).await;
        assert_eq!(client.get("/").await.text(), "text");
    }
}
