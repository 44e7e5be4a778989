//! A process without descriptors; alone in its program, since the limit is the whole process's.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use owin_core::{AppExt, Environment, Error, Properties, server};
use owin_tiny_http::TinyHttpServer;
use rlimit::Resource;
use socket2::{Domain, Socket, Type};

fn hello(to: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiny_http_dies_without_descriptors_and_is_revived() {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_body("hello");
        Ok(env)
    };
    let server = Box::new(TinyHttpServer::new());
    let running = server::start(server, properties, |_| Ok(app.boxed())).await.unwrap();
    let to = running.addresses()[0].sockets().unwrap().remove(0);
    assert!(hello(to).unwrap().ends_with("hello"));

    let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let (_, hard) = Resource::NOFILE.get().unwrap();
    Resource::NOFILE.set(hard.min(100), hard).unwrap();
    let all: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(all.len() < 100, "the limit holds");
    // Whoever accepts has a descriptor for this connection already, and none for a second.
    client.connect(&to.into()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(all);

    let revived = (0..20).any(|_| hello(to).is_ok_and(|answer| answer.ends_with("hello")));
    assert!(revived, "nobody accepts any more");
    running.stop(Duration::from_secs(5)).await.unwrap();
}
