//! The way back: records become an answer, as they come.

use std::io;

use futures_util::stream::poll_fn;
use http_body_util::{BodyExt as _, StreamBody};
use httparse::{EMPTY_HEADER, Status};
use hyper::Response;
use hyper::body::Frame;
use hyper::ext::ReasonPhrase;
use owin_core::bytes::Bytes;
use owin_core::http::{HeaderName, HeaderValue, Method, StatusCode};
use tokio::io::BufReader;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::{mpsc, oneshot};

use crate::http::Answer;
use crate::records::{self, Told};

/// More lines than an app of the suite sets.
const MAX_LINES: usize = 64;

/// The answer to one request, under way.
pub(crate) struct Answering {
    reader: BufReader<OwnedReadHalf>,
    /// The head, until it is whole and told.
    head: Vec<u8>,
    telling: Option<oneshot::Sender<Answer>>,
    pieces: mpsc::Sender<Piece>,
    /// The other end of these, for the client.
    body: Option<mpsc::Receiver<Piece>>,
    /// How much of the body the client is to get, where that is known.
    left: Option<u64>,
}

/// A part of a body. Without the last one it broke off.
enum Piece {
    Data(Bytes),
    Last,
}

impl Answering {
    pub(crate) fn new(
        reader: OwnedReadHalf,
        telling: oneshot::Sender<Answer>,
        method: &Method,
    ) -> Self {
        let (pieces, body) = mpsc::channel(1);
        Self {
            reader: BufReader::new(reader),
            head: Vec::new(),
            telling: Some(telling),
            pieces,
            body: Some(body),
            left: (*method == Method::HEAD).then_some(0),
        }
    }

    /// Hands on what comes, to the end of the request.
    ///
    /// # Errors
    ///
    /// Where that is not its end, or the client has gone.
    pub(crate) async fn run(&mut self) -> io::Result<()> {
        loop {
            match self.next().await? {
                Told::Stdout(bytes) if self.telling.is_none() => self.give(bytes).await,
                Told::Stdout(bytes) => {
                    self.head.extend(bytes);
                    self.begin().await?;
                }
                Told::End if self.telling.is_none() => {
                    let _has_all_by_its_length = self.pieces.send(Piece::Last).await;
                    return Ok(());
                }
                Told::End => return Err(io::Error::other("there is no head")),
            }
        }
    }

    /// The connection, on which the next request may follow.
    pub(crate) fn into_reader(self) -> OwnedReadHalf {
        self.reader.into_inner()
    }

    async fn next(&mut self) -> io::Result<Told> {
        let Self { reader, telling, pieces, left, .. } = self;
        let has_gone = async {
            match telling {
                Some(telling) => telling.closed().await,
                // Who has all by its length waits for nothing more.
                None if *left == Some(0) => std::future::pending().await,
                None => pieces.closed().await,
            }
        };
        tokio::select! {
            told = records::next(reader) => told,
            () = has_gone => Err(io::Error::other("the client has gone")),
        }
    }

    async fn give(&mut self, data: Bytes) {
        let count = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.left = self.left.map(|left| left.saturating_sub(count));
        let _has_gone = self.pieces.send(Piece::Data(data)).await;
    }

    /// Tells the head, once it is whole (RFC 3875 §6.2.1, §6.3).
    async fn begin(&mut self) -> io::Result<()> {
        let head = std::mem::take(&mut self.head);
        let mut lines = [EMPTY_HEADER; MAX_LINES];
        let parsed = httparse::parse_headers(&head, &mut lines).map_err(io::Error::other)?;
        let Status::Complete((end, lines)) = parsed else {
            self.head = head;
            return Ok(());
        };
        let lines = lines.iter().map(|line| (line.name, line.value));
        let Some((telling, body)) = self.telling.take().zip(self.body.take()) else {
            return Ok(());
        };
        let answer = answer(lines, body)?;
        let length =
            answer.headers().get("content-length").and_then(|own| own.to_str().ok()?.parse().ok());
        let has_body =
            !matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        self.left = if has_body { self.left.or(length) } else { Some(0) };
        let _has_gone = telling.send(answer);
        match head.get(end..) {
            Some(rest) if !rest.is_empty() => self.give(Bytes::copy_from_slice(rest)).await,
            _ => {}
        }
        Ok(())
    }
}

fn answer<'a>(
    lines: impl Iterator<Item = (&'a str, &'a [u8])>,
    mut body: mpsc::Receiver<Piece>,
) -> io::Result<Answer> {
    let pieces = poll_fn(move |cx| {
        body.poll_recv(cx).map(|piece| match piece {
            Some(Piece::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Piece::Last) => None,
            None => Some(Err("the answer broke off".into())),
        })
    });
    let mut answer = Response::new(StreamBody::new(pieces).boxed_unsync());
    for (name, value) in lines {
        if name.eq_ignore_ascii_case("status") {
            let (code, phrase) = value.split_at_checked(4).unwrap_or((value, b""));
            let code = StatusCode::from_bytes(code.trim_ascii()).map_err(io::Error::other)?;
            let phrase = ReasonPhrase::try_from(phrase).map_err(io::Error::other)?;
            *answer.status_mut() = code;
            answer.extensions_mut().insert(phrase);
        } else {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
            let value = HeaderValue::from_bytes(value).map_err(io::Error::other)?;
            answer.headers_mut().append(name, value);
        }
    }
    Ok(answer)
}
