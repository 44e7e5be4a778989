//! What a request allocates on a connection that is kept: nothing, in server, contract and app.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop the test"
)]

use nowin_like_server::{Limits, NowinServer};
use owin_core::http::HeaderValue;
use owin_core::{AppExt, Environment, Error, Properties, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

const REQUEST: &[u8] = b"GET /plaintext?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: */*\r\n\
    User-Agent: test\r\nCookie: session=0123456789abcdef\r\n\r\n";

async fn hello(mut env: Environment) -> Result<Environment, Error> {
    env.response_mut()
        .headers_mut()?
        .set("content-type", HeaderValue::from_static("text/plain"))?;
    env.response_mut().set_body("Hello, World!");
    Ok(env)
}

/// Sends so many requests at once and reads the answers, so often.
async fn ask(client: &mut TcpStream, depth: usize, rounds: usize) {
    let (mut requests, mut answers) = ([0; 4_096], [0; 16_384]);
    let bytes = depth * REQUEST.len();
    requests[..bytes].chunks_mut(REQUEST.len()).for_each(|one| one.copy_from_slice(REQUEST));
    for _ in 0..rounds {
        client.write_all(&requests[..bytes]).await.unwrap();
        let mut read = 0;
        while answers[..read].windows(13).filter(|part| part == b"Hello, World!").count() < depth {
            let more = client.read(&mut answers[read..]).await.unwrap();
            assert!(more > 0, "the connection ended");
            read += more;
        }
    }
}

/// How often requests allocate, once the connection is warm.
fn allocations(depth: usize) -> u64 {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut limits = Limits::edge();
    limits.requests_per_connection = None;
    let mut client = runtime.block_on(async {
        let mut properties = Properties::new();
        properties.listen_on("http://127.0.0.1:0".parse().unwrap());
        let nowin = Box::new(NowinServer::new().with_limits(limits).unwrap());
        let running = server::start(nowin, properties, |_| Ok(hello.boxed())).await.unwrap();
        let port = running.addresses()[0].port();
        let mut client = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        client.set_nodelay(true).unwrap();
        // It serves for as long as the test runs.
        std::mem::forget(running);
        ask(&mut client, depth, 200).await;
        client
    });
    let measured = allocation_counter::measure(|| {
        runtime.block_on(ask(&mut client, depth, 1_000));
    });
    measured.count_total
}

/// The line of the date is made anew once a second.
const OF_THE_DATE: u64 = 20;

#[test]
fn a_request_on_a_kept_connection_allocates_nothing() {
    let allocations = allocations(1);
    assert!(allocations <= OF_THE_DATE, "{allocations} in 1,000 requests");
}

#[test]
fn a_pipelined_request_allocates_nothing() {
    let allocations = allocations(16);
    assert!(allocations <= OF_THE_DATE, "{allocations} in 16,000 requests");
}
