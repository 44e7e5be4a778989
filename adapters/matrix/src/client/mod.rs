//! A client that says and sees every byte: one request, one answer, one connection.
//!
//! [`Talk`] has two halves, so that one can read while one writes. What speaks the protocol is
//! behind two traits, which [`http1`] and [`http2`] implement.

pub mod http1;
pub mod http2;
pub mod tls;
pub mod websocket;

use std::net::SocketAddr;

use owin_core::async_trait;
use owin_core::bytes::Bytes;

use crate::evidence::{Evidence, within};

/// How the body of a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sending {
    /// There is none.
    Nothing,
    /// Its length is said in front.
    Length(u64),
    /// Nothing is said of its length: chunks in HTTP/1.1.
    Unknown,
    /// The connection is asked for: what is sent after the head has no form.
    Raw,
}

/// A request, without its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The target, as in `/probe/count?nonce=a`.
    pub target: String,
    /// More field lines, as they are sent.
    pub fields: Vec<(&'static str, String)>,
    /// How the body is sent.
    pub sending: Sending,
}

impl Request {
    /// A `GET`.
    #[must_use]
    pub fn get(target: impl Into<String>) -> Self {
        let sending = Sending::Nothing;
        Self { method: "GET", target: target.into(), fields: Vec::new(), sending }
    }

    /// A `POST`.
    #[must_use]
    pub fn post(target: impl Into<String>, sending: Sending) -> Self {
        Self { method: "POST", target: target.into(), fields: Vec::new(), sending }
    }

    /// Adds a field line.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// The head of an answer; informational ones but 101 are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// The field lines; names in lower case.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// The first line of that name, which is in lower case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What is sent after the head.
#[async_trait]
pub trait Outgoing: Send {
    /// Sends bytes of the body; waits as long as the server takes none. Where the future is dropped
    /// the bytes stay, and go before those of the next call.
    ///
    /// # Errors
    ///
    /// Where the server has closed.
    async fn send(&mut self, data: Bytes) -> Result<(), Evidence>;

    /// Ends the body; trailer fields go where the body's length was not said.
    ///
    /// # Errors
    ///
    /// Where the server has closed.
    async fn finish(&mut self, trailers: &[(&str, &str)]) -> Result<(), Evidence>;

    /// Makes that the connection, or the stream, is reset once both halves are dropped.
    ///
    /// # Errors
    ///
    /// Where the system refuses.
    fn reset(self: Box<Self>) -> Result<(), Evidence>;
}

/// What comes back.
#[async_trait]
pub trait Incoming: Send {
    /// The head.
    ///
    /// # Errors
    ///
    /// Where it does not come, or is malformed.
    async fn head(&mut self) -> Result<Head, Evidence>;

    /// The next bytes of the body; `None` at its end. Waits for ever.
    ///
    /// # Errors
    ///
    /// Where the body breaks off.
    async fn data(&mut self) -> Result<Option<Bytes>, Evidence>;

    /// The trailer fields, once the body has ended; names in lower case.
    fn trailers(&self) -> &[(String, String)];
}

/// A request that was sent as far as its head.
#[expect(missing_debug_implementations, reason = "its halves are whatever speaks the protocol")]
pub struct Talk {
    /// What is sent after the head.
    pub outgoing: Box<dyn Outgoing>,
    /// What comes back.
    pub answer: Answer,
    /// This end of the connection.
    pub local: SocketAddr,
}

impl Talk {
    /// Sends bytes of the body.
    ///
    /// # Errors
    ///
    /// Where the server does not take them in time.
    pub async fn send(&mut self, data: impl Into<Bytes>) -> Result<(), Evidence> {
        within("room for the request's bytes", self.outgoing.send(data.into())).await?
    }

    /// Ends the body, with trailer fields.
    ///
    /// # Errors
    ///
    /// Where the server does not take the end.
    pub async fn finish(&mut self, trailers: &[(&str, &str)]) -> Result<(), Evidence> {
        within("room for the request's end", self.outgoing.finish(trailers)).await?
    }

    /// Goes away without a word: resets the connection, or the stream.
    ///
    /// # Errors
    ///
    /// Where the system refuses.
    pub fn reset(self) -> Result<(), Evidence> {
        self.outgoing.reset()
    }
}

/// What comes back, each part in time.
#[expect(missing_debug_implementations, reason = "it is whatever speaks the protocol")]
pub struct Answer(Box<dyn Incoming>);

impl Answer {
    /// The answer that this half reads.
    #[must_use]
    pub fn new(incoming: impl Incoming + 'static) -> Self {
        Self(Box::new(incoming))
    }

    /// The head, which has to have that status.
    ///
    /// # Errors
    ///
    /// Where it does not come, or has another status: then the evidence quotes the answer.
    pub async fn head_of(&mut self, status: u16) -> Result<Head, Evidence> {
        let head = within("the head of the answer", self.0.head()).await??;
        if head.status == status {
            return Ok(head);
        }
        let text = self.text(1_000).await.unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        Err(Evidence::new(format!("the answer is {} {line}", head.status)))
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// Where none come, or the answer breaks off.
    pub async fn data(&mut self) -> Result<Option<Bytes>, Evidence> {
        within("a byte of the answer's body", self.0.data()).await?
    }

    /// The next `count` bytes, or a few more.
    ///
    /// # Errors
    ///
    /// Where they do not come, or the answer ends before.
    pub async fn at_least(&mut self, count: usize) -> Result<Vec<u8>, Evidence> {
        let mut all = Vec::new();
        while all.len() < count {
            let Some(data) = self.data().await? else {
                return Err(Evidence::new(format!("the answer ended after {} bytes", all.len())));
            };
            all.extend_from_slice(&data);
        }
        Ok(all)
    }

    /// The rest as text, of which there may be so much.
    ///
    /// # Errors
    ///
    /// Where the answer breaks off, or there is more.
    pub async fn text(&mut self, max_bytes: usize) -> Result<String, Evidence> {
        let mut all = Vec::new();
        while let Some(data) = self.data().await? {
            all.extend_from_slice(&data);
            if all.len() > max_bytes {
                return Err(Evidence::new(format!("the answer has more than {max_bytes} bytes")));
            }
        }
        Ok(String::from_utf8_lossy(&all).into_owned())
    }

    /// The trailer fields, once the body has ended; names in lower case.
    #[must_use]
    pub fn trailers(&self) -> &[(String, String)] {
        self.0.trailers()
    }
}
