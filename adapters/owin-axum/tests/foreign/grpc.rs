//! A service of gRPC's, written by hand: its messages are bytes as they are.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::{Stream, StreamExt as _};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use owin_core::AppExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tower::Service;

use crate::raw::soon;
use crate::servers::{BoxError, Started, hyper, plain_over};

/// Messages that are bytes.
#[derive(Clone, Copy, Debug, Default)]
struct AsBytes;

impl Codec for AsBytes {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for AsBytes {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for AsBytes {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

const ONE: &str = "/test.Echo/One";
const BOTH: &str = "/test.Echo/Both";
const NOBODY: &str = "/test.Echo/Nobody";

/// Sends messages back; the message `fail` is one that it does not like.
#[derive(Clone, Copy, Debug)]
struct Echo;

impl<B> Service<Request<B>> for Echo
where
    B: http_body::Body<Error: Into<BoxError> + Send> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(AsBytes);
            Ok(match request.uri().path() {
                ONE => grpc.unary(tower::service_fn(one), request).await,
                BOTH => grpc.streaming(tower::service_fn(both), request).await,
                _ => Status::unimplemented("there is no such method").into_http(),
            })
        })
    }
}

async fn one(request: tonic::Request<Bytes>) -> Result<tonic::Response<Bytes>, Status> {
    let asked = request.metadata().get("x-asked").cloned();
    let message = request.into_inner();
    if message == "fail" {
        let mut said = MetadataMap::new();
        said.insert("x-said", "why".parse().unwrap());
        let code = Code::FailedPrecondition;
        let details = Bytes::from_static(b"\x00\xff");
        return Err(Status::with_details_and_metadata(code, "it is not so: é", details, said));
    }
    let mut answer = tonic::Response::new(message);
    if let Some(asked) = asked {
        answer.metadata_mut().insert("x-answered", asked);
    }
    Ok(answer)
}

type Answers = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

async fn both(
    request: tonic::Request<Streaming<Bytes>>,
) -> Result<tonic::Response<Answers>, Status> {
    let answers = request.into_inner().map(|message| match message {
        Ok(message) if message == "fail" => Err(Status::aborted("in the middle")),
        message => message,
    });
    Ok(tonic::Response::new(Box::pin(answers)))
}

/// The client of such a service.
type Client<T> = tonic::client::Grpc<T>;

fn client<T>(service: T) -> Client<T> {
    Client::with_origin(service, "http://example.org".parse().unwrap())
}

fn path(path: &'static str) -> PathAndQuery {
    PathAndQuery::from_static(path)
}

/// All that such a client can ask.
async fn ask_all<T>(mut client: Client<T>)
where
    T: GrpcService<Body, ResponseBody: Send + 'static>,
    <T::ResponseBody as http_body::Body>::Error: Into<BoxError>,
{
    let mut request = tonic::Request::new(Bytes::from_static(b"hello"));
    request.metadata_mut().insert("x-asked", "this".parse().unwrap());
    client.ready().await.map_err(Into::into).unwrap();
    let answer = soon(client.unary(request, path(ONE), AsBytes)).await.unwrap();
    assert_eq!(answer.metadata().get("x-answered").unwrap(), "this");
    assert_eq!(answer.into_inner(), "hello");

    let request = tonic::Request::new(Bytes::from_static(b"fail"));
    let status = soon(client.unary(request, path(ONE), AsBytes)).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "it is not so: é"));
    assert_eq!(status.details(), b"\x00\xff");
    assert_eq!(status.metadata().get("x-said").unwrap(), "why");

    let request = tonic::Request::new(Bytes::new());
    let status = soon(client.unary(request, path(NOBODY), AsBytes)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);

    let large = Bytes::from(vec![b'x'; 300_000]);
    let request = tonic::Request::new(large.clone());
    let answer = soon(client.unary(request, path(ONE), AsBytes)).await.unwrap();
    assert_eq!(answer.into_inner(), large);
}

/// Talks in both directions at once: a message is sent when the answer to the one before was read.
async fn talk<T>(mut client: Client<T>)
where
    T: GrpcService<Body, ResponseBody: Send + 'static>,
    <T::ResponseBody as http_body::Body>::Error: Into<BoxError>,
{
    for fails in [false, true] {
        let (sender, messages) = mpsc::channel(1);
        let request = tonic::Request::new(ReceiverStream::new(messages));
        client.ready().await.map_err(Into::into).unwrap();
        let answer = soon(client.streaming(request, path(BOTH), AsBytes)).await.unwrap();
        let mut answers = answer.into_inner();
        for number in 0..5 {
            let message = Bytes::from(format!("message {number}"));
            sender.send(message.clone()).await.unwrap();
            assert_eq!(soon(answers.message()).await.unwrap(), Some(message));
        }
        if fails {
            sender.send(Bytes::from_static(b"fail")).await.unwrap();
            let status = soon(answers.message()).await.unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::Aborted, "in the middle"));
        } else {
            drop(sender);
            assert_eq!(soon(answers.message()).await.unwrap(), None);
            assert!(soon(answers.trailers()).await.unwrap().is_some());
        }
    }
}

/// A connection of HTTP/2's to a server.
async fn connect<B>(server: &Started) -> (http2::SendRequest<B>, JoinSet<()>)
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let stream = TcpStream::connect(server.socket).await.unwrap();
    let shaken = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = shaken.unwrap();
    let mut runs = JoinSet::new();
    runs.spawn(async move {
        let _lost = connection.await;
    });
    (sender, runs)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_grpc_answers_in_memory() {
    let service = owin_tower::service(owin_tower::app(Echo).boxed());
    ask_all(client(service.clone())).await;
    talk(client(service)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_grpc_answers_over_http_2() {
    let server = hyper(owin_tower::app(Echo)).await;
    let (sender, _runs) = connect::<Body>(&server).await;
    let service = tower::service_fn(move |request| sender.clone().send_request(request));
    ask_all(client(service.clone())).await;
    talk(client(service)).await;
}

/// A call as it is on the wire.
#[derive(Debug, PartialEq)]
struct Seen {
    status: http::StatusCode,
    fields: HeaderMap,
    data: Bytes,
    trailers: Option<HeaderMap>,
}

async fn call(server: &Started, path: &str, body: &[u8]) -> Seen {
    let (mut sender, _runs) = connect::<Full<Bytes>>(server).await;
    let request = Request::post(format!("http://example.org{path}"))
        .version(http::Version::HTTP_2)
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .body(Full::new(Bytes::copy_from_slice(body)))
        .unwrap();
    let (mut head, body) = soon(sender.send_request(request)).await.unwrap().into_parts();
    let _now = head.headers.remove("date");
    let whole = soon(body.collect()).await.unwrap();
    let trailers = whole.trailers().cloned();
    Seen { status: head.status, fields: head.headers, data: whole.to_bytes(), trailers }
}

/// Messages with the five bytes in front that gRPC has: not compressed, and the length.
fn frames(messages: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        bytes.put_u8(0);
        bytes.put_u32(u32::try_from(message.len()).unwrap());
        bytes.put_slice(message.as_bytes());
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_grpc_has_on_the_wire_is_what_it_has_on_hyper() {
    let servers = [plain_over(Echo, true).await, hyper(owin_tower::app(Echo)).await];
    let mut broken = frames(&["whole"]);
    broken.extend_from_slice(&[0, 0, 0, 0, 9, b'x']);
    for (path, body) in [
        (ONE, frames(&["hello"])),
        (ONE, frames(&["fail"])),
        (ONE, frames(&["one", "two"])),
        (ONE, Vec::new()),
        (BOTH, frames(&["a", "", "b"])),
        (BOTH, frames(&["a", "fail", "b"])),
        (BOTH, Vec::new()),
        (BOTH, broken),
        (NOBODY, frames(&["hello"])),
    ] {
        let right = call(&servers[0], path, &body).await;
        let answer = call(&servers[1], path, &body).await;
        assert_eq!(answer, right, "{path} {body:?}");
    }
    let seen = call(&servers[1], BOTH, &frames(&["a", "b"])).await;
    assert_eq!(seen.data, frames(&["a", "b"]));
    assert_eq!(seen.trailers.unwrap()["grpc-status"], "0");
    assert_eq!(seen.fields.get("grpc-status"), None);
    let failed = call(&servers[1], BOTH, &frames(&["a", "fail"])).await;
    assert_eq!(failed.data, frames(&["a"]));
    assert_eq!(failed.trailers.unwrap()["grpc-status"], "10");
}
