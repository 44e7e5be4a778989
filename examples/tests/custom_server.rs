//! What the third-party server is allowed to be: small, and without private friends.

use examples::custom_server::CustomServer;
use owin_core::{AppExt, Environment, Error, Properties, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The server's source.
const SOURCE: &str = include_str!("../src/custom_server.rs");

fn code_lines() -> impl Iterator<Item = &'static str> {
    SOURCE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"))
}

#[test]
fn it_has_at_most_a_hundred_lines_of_code() {
    assert!(code_lines().count() <= 100, "{} lines", code_lines().count());
}

#[test]
fn its_lines_are_no_longer_than_the_workspace_allows() {
    assert!(code_lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn it_uses_nothing_but_the_contract_tokio_and_httparse() {
    for line in code_lines().filter(|line| line.starts_with("use ")) {
        let allowed = ["use owin_core::", "use tokio::", "use httparse::", "use std::"];
        assert!(allowed.iter().any(|start| line.starts_with(start)), "{line}");
    }
    assert!(!SOURCE.contains("crate::") && !SOURCE.contains("nowin"));
}

/// Without a length the end of the connection is the end of the body, so this must not be one.
#[tokio::test]
async fn an_answer_that_breaks_off_does_not_look_whole() {
    let breaks = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        Err(Error::app("on purpose"))
    };
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let running = server::start(Box::new(CustomServer), properties, |_| Ok(breaks.boxed())).await;
    let running = running.unwrap();
    let socket = running.addresses()[0].sockets().unwrap()[0];
    let mut client = TcpStream::connect(socket).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let read = client.read_to_end(&mut Vec::new()).await;
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}
