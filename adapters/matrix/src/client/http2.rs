//! HTTP/2 in clear text, with prior knowledge (RFC 9113 §3.3).

use std::future::poll_fn;
use std::net::SocketAddr;

use h2::client::{ResponseFuture, SendRequest};
use h2::ext::Protocol;
use h2::{Reason, RecvStream, SendStream};
use owin_core::async_trait;
use owin_core::bytes::{Bytes, BytesMut};
use owin_core::http::{self, HeaderMap, HeaderName, HeaderValue, Method};
use tokio::net::TcpStream;

use crate::client::{Answer, Head, Incoming, Outgoing, Request, Sending, Talk};
use crate::evidence::{Evidence, within};

/// Connects, and sends the head of a request on a stream of a connection of its own.
///
/// # Errors
///
/// Where nobody listens or speaks HTTP/2; where the connection is asked for and the server has not
/// said that it lets one (RFC 8441 §3).
pub async fn open(to: SocketAddr, request: &Request) -> Result<Talk, Evidence> {
    let stream = within("a connection", TcpStream::connect(to)).await??;
    stream.set_nodelay(true)?;
    let local = stream.local_addr()?;
    let (client, connection) =
        within("a connection of HTTP/2", h2::client::handshake(stream)).await??;
    tokio::spawn(connection);
    let mut client = within("room for a stream", client.ready()).await??;
    if request.sending == Sending::Raw {
        let settled = within("the server's settings", settled(&client)).await?;
        settled.ok_or_else(|| Evidence::new("the server offers no extended CONNECT"))?;
    }
    let is_over = request.sending == Sending::Nothing;
    let (answer, stream) = client.send_request(head_of(to, request)?, is_over)?;
    let sender = Sender { stream, unsent: BytesMut::new(), is_over };
    let receiver = Receiver { answer: Some(answer), body: None, trailers: Vec::new() };
    Ok(Talk { outgoing: Box::new(sender), answer: Answer::new(receiver), local })
}

/// Waits for the server's settings, as far as they come soon; whether they have the one that lets a
/// stream be taken over.
async fn settled(client: &SendRequest<Bytes>) -> Option<()> {
    for _ in 0..100 {
        if client.is_extended_connect_protocol_enabled() {
            return Some(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    None
}

fn head_of(to: SocketAddr, request: &Request) -> Result<http::Request<()>, Evidence> {
    let failed = |error: http::Error| Evidence::new(format!("no request: {error}"));
    let target = &request.target;
    let mut head = http::Request::builder().method(request.method);
    for (name, value) in &request.fields {
        match (*name, request.sending) {
            // The name of the protocol is no field any more (RFC 8441 §4).
            ("upgrade", Sending::Raw) => {
                head = head.method(Method::CONNECT).extension(Protocol::from(value.as_str()));
            }
            _ => head = head.header(*name, value),
        }
    }
    if let Sending::Length(length) = request.sending {
        head = head.header("content-length", length);
    }
    head.uri(format!("http://{to}{target}")).body(()).map_err(failed)
}

struct Sender {
    stream: SendStream<Bytes>,
    /// What was to be sent, and was not yet.
    unsent: BytesMut,
    is_over: bool,
}

#[async_trait]
impl Outgoing for Sender {
    async fn send(&mut self, data: Bytes) -> Result<(), Evidence> {
        self.unsent.extend_from_slice(&data);
        while !self.unsent.is_empty() {
            self.stream.reserve_capacity(self.unsent.len());
            let Some(room) = poll_fn(|cx| self.stream.poll_capacity(cx)).await else {
                return Err(Evidence::new("the server takes no more of the stream"));
            };
            let count = room?.min(self.unsent.len());
            self.stream.send_data(self.unsent.split_to(count).freeze(), false)?;
        }
        Ok(())
    }

    async fn finish(&mut self, trailers: &[(&str, &str)]) -> Result<(), Evidence> {
        self.send(Bytes::new()).await?;
        if std::mem::replace(&mut self.is_over, true) {
            return Ok(());
        }
        if trailers.is_empty() {
            return Ok(self.stream.send_data(Bytes::new(), true)?);
        }
        let failed = |_| Evidence::new("no trailer field");
        let mut fields = HeaderMap::new();
        for (name, value) in trailers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(failed)?;
            let value = HeaderValue::from_str(value);
            fields.append(name, value.map_err(|_| Evidence::new("no trailer field"))?);
        }
        Ok(self.stream.send_trailers(fields)?)
    }

    fn reset(mut self: Box<Self>) -> Result<(), Evidence> {
        self.stream.send_reset(Reason::CANCEL);
        Ok(())
    }
}

struct Receiver {
    answer: Option<ResponseFuture>,
    body: Option<RecvStream>,
    trailers: Vec<(String, String)>,
}

#[async_trait]
impl Incoming for Receiver {
    async fn head(&mut self) -> Result<Head, Evidence> {
        let Some(answer) = &mut self.answer else {
            return Err(Evidence::new("an answer has one head"));
        };
        let (head, body) = answer.await?.into_parts();
        self.answer = None;
        self.body = Some(body);
        Ok(Head { status: head.status.as_u16(), fields: lines(&head.headers) })
    }

    async fn data(&mut self) -> Result<Option<Bytes>, Evidence> {
        let Some(body) = &mut self.body else { return Ok(None) };
        while let Some(data) = body.data().await {
            let data = data?;
            body.flow_control().release_capacity(data.len())?;
            if !data.is_empty() {
                return Ok(Some(data)); // an empty frame may carry the end
            }
        }
        if let Some(fields) = body.trailers().await? {
            self.trailers = lines(&fields);
        }
        self.body = None;
        Ok(None)
    }

    fn trailers(&self) -> &[(String, String)] {
        &self.trailers
    }
}

fn lines(fields: &HeaderMap) -> Vec<(String, String)> {
    let lines = fields.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    lines.collect()
}

impl From<h2::Error> for Evidence {
    fn from(error: h2::Error) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use h2::server::SendResponse;
    use tokio::net::TcpListener;

    use super::*;

    /// Sends back the body and the trailer fields of one request.
    async fn echo(request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let mut body = request.into_body();
        let mut answer = respond.send_response(http::Response::new(()), false).unwrap();
        while let Some(data) = body.data().await {
            let data = data.unwrap();
            body.flow_control().release_capacity(data.len()).unwrap();
            answer.send_data(data, false).unwrap();
        }
        match body.trailers().await.unwrap() {
            Some(fields) => answer.send_trailers(fields).unwrap(),
            None => answer.send_data(Bytes::new(), true).unwrap(),
        }
    }

    async fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(accepted) = connection.accept().await {
                let (request, respond) = accepted.unwrap();
                tokio::spawn(echo(request, respond));
            }
        });
        address
    }

    #[tokio::test]
    async fn a_body_and_its_trailers_go_both_ways_at_once() {
        let request = Request::post("/", Sending::Unknown);
        let mut talk = open(server().await, &request).await.unwrap();
        talk.send("first").await.unwrap();
        talk.answer.head_of(200).await.unwrap();
        assert_eq!(talk.answer.at_least(5).await.unwrap(), b"first");
        talk.finish(&[("a", "b")]).await.unwrap();
        assert_eq!(talk.answer.text(10).await.unwrap(), "");
        assert_eq!(talk.answer.trailers(), [("a".to_owned(), "b".to_owned())]);
    }

    #[tokio::test]
    async fn a_server_that_lets_no_stream_be_taken_over_is_evidence() {
        let request = Request { sending: Sending::Raw, ..Request::get("/") };
        let evidence = open(server().await, &request).await.err().unwrap();
        assert_eq!(evidence.text(), "the server offers no extended CONNECT");
    }
}
