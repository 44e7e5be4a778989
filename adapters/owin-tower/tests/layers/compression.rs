//! Bodies that are encoded and decoded on their way.

use std::sync::Arc;

use async_compression::tokio::bufread as coders;
use bytes::Bytes;
use owin_core::{App, AppExt as _, Environment};
use owin_tower::layer;
use tokio::io::{AsyncReadExt as _, BufReader, duplex};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Mutex, mpsc};
use tower::ServiceBuilder;
use tower_http::compression::{CompressionLayer, Predicate};
use tower_http::decompression::{DecompressionLayer, RequestDecompressionLayer};

use crate::apps::{STEPS, echo, steps};
use crate::client::{chunk, request, soon};
use crate::site::{Answer, Site, inside, on_each_server};

/// As they stand in `Content-Encoding`.
const ENCODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

async fn encoded(encoding: &str, plain: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = match encoding {
        "gzip" => coders::GzipEncoder::new(plain).read_to_end(&mut bytes).await,
        "deflate" => coders::ZlibEncoder::new(plain).read_to_end(&mut bytes).await,
        "br" => coders::BrotliEncoder::new(plain).read_to_end(&mut bytes).await,
        _ => coders::ZstdEncoder::new(plain).read_to_end(&mut bytes).await,
    };
    read.unwrap();
    bytes
}

type Reader = Box<dyn tokio::io::AsyncRead + Send + Unpin>;

/// Where encoded bytes go in, and where they come out decoded as soon as they can.
fn decoder(encoding: &str) -> (impl AsyncWrite + Unpin, Reader) {
    let (write, read) = duplex(1 << 16);
    let read = BufReader::new(read);
    let read: Reader = match encoding {
        "gzip" => Box::new(coders::GzipDecoder::new(read)),
        "deflate" => Box::new(coders::ZlibDecoder::new(read)),
        "br" => Box::new(coders::BrotliDecoder::new(read)),
        _ => Box::new(coders::ZstdDecoder::new(read)),
    };
    (write, read)
}

async fn decoded(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    let (mut write, mut read) = decoder(encoding);
    write.write_all(bytes).await.unwrap();
    drop(write);
    let mut plain = Vec::new();
    read.read_to_end(&mut plain).await.unwrap();
    plain
}

fn long_text() -> String {
    (0..400).map(|line| format!("a line of text, and its number is {line}\n")).collect()
}

async fn long(mut env: Environment) -> Answer {
    env.response_mut().headers_mut()?.set("content-type", "text/plain")?;
    env.response_mut().set_body(long_text());
    Ok(env)
}

fn accepting(encoding: &str) -> http::Request<String> {
    request("GET", "/").header("accept-encoding", encoding).body(String::new()).unwrap()
}

#[tokio::test]
async fn each_encoding_decodes_to_the_body() {
    on_each_server(
        || inside(long).with(layer(CompressionLayer::new())),
        async |site| {
            for encoding in ENCODINGS {
                let reply = site.send(accepting(encoding)).await;
                assert_eq!(reply.field("content-encoding"), Some(encoding));
                assert_eq!(reply.field("content-length"), None);
                assert!(reply.body.len() < long_text().len() / 4, "{}", reply.body.len());
                assert_eq!(decoded(encoding, &reply.body).await, long_text().as_bytes());
                site.went_through();
            }
            let reply = site.send(accepting("identity")).await;
            assert_eq!((reply.field("content-encoding"), reply.text()), (None, &*long_text()));
            site.went_through();
        },
    )
    .await;
}

/// Reads so many decoded bytes, taking no more of the answer than that needs.
async fn read_step(
    body: &mut hyper::body::Incoming,
    write: &mut (impl AsyncWrite + Unpin),
    read: &mut Reader,
    count: usize,
) -> Vec<u8> {
    let mut plain = vec![0; count];
    let mut fill = std::pin::pin!(read.read_exact(&mut plain));
    loop {
        tokio::select! {
            biased;
            filled = &mut fill => { filled.unwrap(); break }
            next = chunk(body) => {
                let bytes: Bytes = next.expect("it ended too early").unwrap();
                write.write_all(&bytes).await.unwrap();
            }
        }
    }
    plain
}

/// Pushes the next piece when it is told to, and flushes it.
fn told(ask: mpsc::UnboundedReceiver<()>) -> impl App + Clone {
    let ask = Arc::new(Mutex::new(ask));
    move |mut env: Environment| {
        let ask = Arc::clone(&ask);
        async move {
            for step in STEPS {
                env.response_mut().write(step).await?;
                env.response_mut().flush().await?;
                let _told = ask.lock().await.recv().await;
            }
            Ok(env)
        }
    }
}

async fn visit_step_by_step(site: &Site, encoding: &str, tell: &mpsc::UnboundedSender<()>) {
    let mut answer = site.open(accepting(encoding)).await;
    assert_eq!(answer.head.headers["content-encoding"], encoding);
    let body = &mut answer.body;
    let (mut write, mut read) = decoder(encoding);
    for step in STEPS {
        let plain = soon(read_step(body, &mut write, &mut read, step.len())).await;
        assert_eq!(plain, step.as_bytes(), "{encoding}");
        tell.send(()).unwrap();
    }
    while let Some(rest) = chunk(body).await {
        write.write_all(&rest.unwrap()).await.unwrap();
    }
    drop(write);
    assert_eq!(read.read(&mut [0; 8]).await.unwrap(), 0);
    site.went_through();
}

/// The app waits between its pieces until the client has decoded the one before.
#[tokio::test]
async fn each_flush_of_a_pushed_body_can_be_decoded_at_once() {
    for encoding in ENCODINGS {
        let (tell, ask) = mpsc::unbounded_channel();
        let app = told(ask);
        on_each_server(
            || inside(app.clone()).with(layer(all())),
            async |site| visit_step_by_step(site, encoding, &tell).await,
        )
        .await;
    }
}

/// Compresses whatever there is.
fn all() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(
        |_: http::StatusCode, _: http::Version, _: &http::HeaderMap, _: &http::Extensions| true,
    )
}

#[tokio::test]
async fn requests_are_decoded_and_odd_encodings_refused() {
    let stack = || layer(RequestDecompressionLayer::new());
    on_each_server(
        || inside(echo).with(stack()),
        async |site| {
            for encoding in ENCODINGS {
                let body = encoded(encoding, long_text().as_bytes()).await;
                let asked = request("POST", "/").header("content-encoding", encoding);
                let asked = asked.body(http_body_util::Full::new(Bytes::from(body))).unwrap();
                assert_eq!(site.send(asked).await.text(), long_text(), "{encoding}");
                site.went_through();
            }
            let asked = request("POST", "/").header("content-encoding", "odd");
            assert_eq!(site.send(asked.body(String::from("x")).unwrap()).await.status, 415);
            site.turned_back();
        },
    )
    .await;
}

/// What the app has stored compressed is decoded for a client that cannot.
#[tokio::test]
async fn responses_are_decoded() {
    async fn stored(mut env: Environment) -> Answer {
        let bytes = encoded("zstd", b"stored").await;
        env.response_mut().headers_mut()?.set("content-encoding", "zstd")?;
        env.response_mut().set_body(bytes);
        Ok(env)
    }
    on_each_server(
        || inside(stored).with(layer(DecompressionLayer::new())),
        async |site| {
            let reply = site.get("/").await;
            assert_eq!((reply.field("content-encoding"), reply.text()), (None, "stored"));
            site.went_through();
        },
    )
    .await;
}

/// There and back again, with pushes inside.
#[tokio::test]
async fn layers_that_encode_and_decode_cancel_each_other() {
    let both = || layer(ServiceBuilder::new().layer(DecompressionLayer::new()).layer(all()));
    on_each_server(
        || inside(steps).with(both()),
        async |site: &Site| {
            let reply = site.get("/").await;
            assert_eq!((reply.field("content-encoding"), reply.text()), (None, "one two three "));
            site.went_through();
        },
    )
    .await;
}
