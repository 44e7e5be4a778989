//! The in-memory host has no wire: this front turns the suite's bytes into its calls, and what comes
//! of these into bytes.

use std::io;
use std::pin::{Pin, pin};

use owin_conformance::in_process::Subject;
use owin_core::body::BodySender;
use owin_core::http::{Method, Version};
use owin_core::testing::{MemoryClient, MemoryServer, TestRequest, TestResponse};
use owin_core::{BodyLength, Error, Head, RequestBody};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::io::{DuplexStream, ReadHalf, WriteHalf, split};

use crate::framing::{Framing, feed};

owin_conformance::server_tests!(required: subject());

/// What a direction holds before its writer waits.
const PIPE_BYTES: usize = 64 * 1024;

/// No head of the suite is longer.
const MAX_HEAD_BYTES: u64 = 64 * 1024;

/// The in-memory host behind the front.
fn subject() -> Subject {
    let (server, client) = MemoryServer::new();
    Subject::of(server).connecting_by(move || {
        let (here, there) = tokio::io::duplex(PIPE_BYTES);
        tokio::spawn(serve(there, client.clone()));
        async move { Ok::<_, io::Error>(here) }
    })
}

type Reader = BufReader<ReadHalf<DuplexStream>>;
type Writer = WriteHalf<DuplexStream>;

/// Serves the requests of a connection, one after the other.
async fn serve(stream: DuplexStream, client: MemoryClient) -> Result<(), Error> {
    let (reader, mut writer) = split(stream);
    let mut reader = BufReader::new(reader);
    while let Some(head) = head(&mut reader).await? {
        let asked = match Asked::read(&head, &client) {
            Ok(asked) => asked,
            Err(error) => return refuse(&mut writer, &error).await,
        };
        let is_taken = answered(asked, &mut reader, &mut writer).await?;
        if !is_taken {
            break;
        }
    }
    Ok(writer.shutdown().await?)
}

/// The next head; `None` where the client ends instead.
async fn head(reader: &mut Reader) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut limited = reader.take(MAX_HEAD_BYTES);
    while !head.ends_with(b"\r\n\r\n") {
        if limited.read_until(b'\n', &mut head).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head))
}

async fn refuse(writer: &mut Writer, error: &Error) -> Result<(), Error> {
    writer.write_all(&Head::refusal(error.status()).to_http1(false)).await?;
    Ok(writer.shutdown().await?)
}

/// A request to the host, and what its head says of the bytes that follow.
struct Asked {
    request: TestRequest,
    feeding: BodySender,
    framing: Framing,
    is_head: bool,
    protocol: Version,
    stays: bool,
    waits: bool,
}

impl Asked {
    fn read(head: &[u8], client: &MemoryClient) -> Result<Self, Error> {
        let mut lines = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut lines);
        let malformed = |error| Error::peer("the head is malformed").with_source(error);
        parsed.parse(head).map_err(malformed)?;
        let lines = parsed.headers.iter().map(|line| (line.name, line.value));
        let protocol = if parsed.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
        let (method, target) = (parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
        let host = client.host().ok_or_else(|| Error::server("the host has stopped"))?;
        let (mut filled, mut length) = (Ok(()), Ok(BodyLength::None));
        let (mut stays, mut waits) = (false, false);
        let (feeding, body) = RequestBody::channel();
        let request = host.request(Method::GET, "/").with(|env| {
            env.request_mut().headers_mut().remove("host");
            filled = env.request_mut().fill(method, target, protocol, lines);
            length = env.request().body_length();
            stays = env.request().keeps_alive();
            waits = env.request().expects_continue();
            drop(env.request_mut().set_body(body));
            Ok(())
        });
        filled?;
        let framing = Framing::of(length?);
        Ok(Self { request, feeding, framing, is_head: method == "HEAD", protocol, stays, waits })
    }
}

/// Makes a call and sends what comes of it; says whether the connection takes another request.
async fn answered(asked: Asked, reader: &mut Reader, writer: &mut Writer) -> Result<bool, Error> {
    let Asked { request, mut feeding, mut framing, is_head, protocol, mut stays, waits } = asked;
    let chunks = protocol == Version::HTTP_11;
    let mut sending = pin!(request.send());
    let early = match waits && !framing.is_over() {
        true => asked_for(sending.as_mut(), &mut feeding, writer).await?,
        false => None,
    };
    let feeds = async {
        // What is wrong with the body the app hears; the answer is its own.
        let _told_the_app = feed(reader, feeding, &mut framing).await;
        std::future::pending::<()>().await;
    };
    let answers = async {
        let sent = match early {
            Some(sent) => sent,
            None => sending.await,
        };
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return refuse(writer, &error).await.map(|()| false),
        };
        let is_whole = is_head || matches!(response.status().as_u16(), 204 | 304);
        stays &= !response.wants_close();
        stays &= is_whole || chunks || response.content_length().is_some();
        writer.write_all(&told(&response, is_whole, chunks, stays)).await?;
        let is_chunked = !is_whole && chunks && response.content_length().is_none();
        while let Some(data) = response.chunk().await? {
            writer.write_all(&framed(&data, is_chunked)).await?;
        }
        if is_chunked {
            writer.write_all(b"0\r\n\r\n").await?;
        }
        Ok(stays)
    };
    let stays = tokio::select! {
        () = feeds => false,
        stays = answers => stays?,
    };
    Ok(stays && framing.is_over())
}

/// Asks a client that waits for its body, once the app reads; returns an answer that comes before.
async fn asked_for<T>(
    sending: Pin<&mut impl Future<Output = T>>,
    feeding: &mut BodySender,
    writer: &mut Writer,
) -> io::Result<Option<T>> {
    tokio::select! {
        biased;
        sent = sending => Ok(Some(sent)),
        true = feeding.ready() => {
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            Ok(None)
        }
    }
}

/// The head of an answer, as bytes.
fn told(response: &TestResponse, is_whole: bool, chunks: bool, stays: bool) -> Vec<u8> {
    let (status, reason) = (response.status().as_u16(), response.reason_phrase());
    let mut head = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
    for (name, value) in response.headers().lines() {
        head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    let framing = match response.content_length() {
        Some(length) => format!("content-length: {length}\r\n"),
        None if chunks && !is_whole => "transfer-encoding: chunked\r\n".to_owned(),
        None => String::new(),
    };
    let end = if stays { "\r\n" } else { "connection: close\r\n\r\n" };
    head.extend([framing.as_bytes(), end.as_bytes()].concat());
    head
}

fn framed(data: &[u8], is_chunked: bool) -> Vec<u8> {
    if !is_chunked {
        return data.to_vec();
    }
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}
