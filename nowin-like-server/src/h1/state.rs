//! The machine of one connection: bytes in, requests out; responses in, bytes out. No I/O.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use owin_core::{BodyLength, Environment, Head as ResponseHead};
use tokio::time::Instant;

use crate::date;
use crate::h1::Settings;
use crate::h1::chunked::{Decoded, Decoder};
use crate::h1::encode::{self, Coding, Connection, OwnFields};
use crate::h1::head::{self, Fields, Head};
use crate::h1::parse::{HeadLimits, HeadParser};
use crate::observe::Reason;

/// Reads the requests of a connection and writes its responses, one after the other.
#[derive(Debug)]
pub(super) struct Machine {
    settings: Arc<Settings>,
    head_limits: HeadLimits,
    unread: BytesMut,
    /// What is known of heads; there since one came, and gone in silence.
    heads: Option<Box<Heads>>,
    /// The head that lies in front is whole.
    has_head: bool,
    receiving: Receiving,
    request: Head,
    coding: Coding,
    closes: bool,
    /// The end of the connection is the end of the body.
    ends_with_connection: bool,
    says_continue: bool,
    /// Of how many unread bytes it is known whether they reach the end of a chunked body.
    reaches_end: Option<(usize, bool)>,
}

/// What is known of the head that lies in front, and of those before.
#[derive(Debug, Default)]
struct Heads {
    parser: HeadParser,
    /// What the fields say, or those that are known.
    fields: Fields,
    /// The `Host` that was legal last.
    known_host: Vec<u8>,
}

impl Heads {
    #[cold]
    fn none() -> Box<Self> {
        Box::default()
    }
}

/// What is expected of the peer.
#[derive(Debug)]
enum Receiving {
    /// A head.
    Head,
    /// So many bytes of a body.
    Length(u64),
    /// A chunked body.
    Chunked(Decoder),
    /// Nothing: the request is whole.
    Whole,
}

/// What came of the body.
#[derive(Debug)]
pub(super) enum Received {
    /// More bytes are needed.
    Nothing,
    /// Bytes.
    Data(Bytes),
    /// The end, with the trailer fields.
    End(HeaderMap),
}

impl Machine {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self {
            head_limits: settings.head_limits(),
            settings,
            unread: BytesMut::new(),
            heads: None,
            has_head: false,
            receiving: Receiving::Head,
            request: Head {
                body: BodyLength::None,
                is_http_10: false,
                keep_alive: false,
                expects_continue: false,
                wants_upgrade: false,
            },
            coding: Coding::Plain,
            closes: false,
            ends_with_connection: false,
            says_continue: false,
            reaches_end: None,
        }
    }

    /// Where the bytes of the peer are put.
    pub(super) fn unread_mut(&mut self) -> &mut BytesMut {
        &mut self.unread
    }

    /// What lies there unread.
    pub(super) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// How many bytes lie there unread.
    pub(super) fn unread_bytes(&self) -> usize {
        self.unread.len()
    }

    /// Says whether a whole head lies there.
    ///
    /// # Errors
    ///
    /// The answer to bytes that will never be one.
    #[inline]
    pub(super) fn find_head(&mut self) -> Result<bool, Reason> {
        if self.has_head || self.unread.is_empty() {
            return Ok(self.has_head);
        }
        self.look_for_head()
    }

    fn look_for_head(&mut self) -> Result<bool, Reason> {
        // Empty lines in front of a request line are skipped (RFC 9112 §2.2).
        loop {
            match &self.unread[..] {
                [b'\r', b'\n', ..] => self.unread.advance(2),
                [] | [b'\r'] => return Ok(false),
                _ => break,
            }
        }
        let heads = self.heads.get_or_insert_with(Heads::none);
        self.has_head = heads.parser.parse(&self.unread, self.head_limits)?;
        Ok(self.has_head)
    }

    /// Says whether another request follows on this one and has a whole head already.
    pub(super) fn has_next(&mut self) -> bool {
        self.is_whole() && !self.closes && matches!(self.find_head(), Ok(true))
    }

    /// Reads the head that was found into an environment.
    ///
    /// # Errors
    ///
    /// The answer to a head that breaks a rule.
    #[inline]
    pub(super) fn read_head(&mut self, env: &mut Environment) -> Result<(), Reason> {
        let heads = self.heads.get_or_insert_with(Heads::none);
        let Heads { parser, fields, known_host } = &mut **heads;
        if !parser.is_known() {
            *fields = Fields::of(&self.unread, parser, known_host)?;
            parser.remember(&self.unread);
        }
        self.request = head::read(&self.unread, parser, fields, env)?;
        self.unread.advance(parser.length().min(self.unread.len()));
        parser.reset();
        self.has_head = false;
        self.receiving = match self.length() {
            Some(0) => Receiving::Whole,
            Some(length) => Receiving::Length(length),
            None => Receiving::Chunked(Decoder::new(self.settings.chunk_limits())),
        };
        self.reaches_end = None;
        self.closes = !self.request.keep_alive;
        self.says_continue = self.request.expects_continue && !self.is_whole();
        Ok(())
    }

    /// Says whether the client would like to speak another protocol.
    pub(super) fn wants_upgrade(&self) -> bool {
        self.request.wants_upgrade
    }

    /// Gives back what only a request needs.
    pub(super) fn rest(&mut self) {
        if self.unread.is_empty() {
            self.heads = None;
        }
    }

    /// Says whether the whole request has been taken.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.receiving, Receiving::Whole)
    }

    /// How many bytes the body has, where the head says it.
    pub(super) fn length(&self) -> Option<u64> {
        match self.request.body {
            BodyLength::Known(length) => Some(length),
            _ => None,
        }
    }

    /// Says whether the whole request may have come, taken or not: then an end of the connection is
    /// a client that has nothing more to say.
    pub(super) fn may_have_come(&mut self) -> bool {
        match &self.receiving {
            Receiving::Whole => true,
            Receiving::Length(left) => u64::try_from(self.unread.len()).is_ok_and(|n| n >= *left),
            Receiving::Chunked(decoder) => {
                // Decoding a copy costs as much as decoding: once for what lies there.
                let known = self.reaches_end.filter(|(bytes, _)| *bytes == self.unread.len());
                let reaches =
                    known.map_or_else(|| decoder.reaches_end(&self.unread), |seen| seen.1);
                self.reaches_end = Some((self.unread.len(), reaches));
                reaches
            }
            Receiving::Head => false,
        }
    }

    /// Takes the next part of the body.
    pub(super) fn read_body(&mut self) -> Result<Received, Reason> {
        match &mut self.receiving {
            Receiving::Head | Receiving::Whole => Ok(Received::End(HeaderMap::new())),
            Receiving::Length(left) => {
                let count = self.unread.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                if count == 0 {
                    return Ok(Received::Nothing);
                }
                *left -= u64::try_from(count).unwrap_or(*left);
                if *left == 0 {
                    self.receiving = Receiving::Whole;
                }
                self.says_continue = false;
                Ok(Received::Data(self.unread.split_to(count).freeze()))
            }
            Receiving::Chunked(decoder) => match decoder.decode(&mut self.unread)? {
                Decoded::Nothing => Ok(Received::Nothing),
                Decoded::Data(data) => {
                    self.says_continue = false;
                    Ok(Received::Data(data))
                }
                Decoded::End(trailers) => {
                    self.says_continue = false;
                    self.receiving = Receiving::Whole;
                    Ok(Received::End(trailers))
                }
            },
        }
    }

    /// Asks the client for the body it holds back, once and only where none of it came
    /// (RFC 9110 §10.1.1).
    pub(super) fn write_continue(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.says_continue) && self.unread.is_empty() {
            out.extend_from_slice(encode::CONTINUE);
        }
    }

    /// Writes the head of the response. `closes` says that the server wants no more requests.
    pub(super) fn write_head(
        &mut self,
        out: &mut Vec<u8>,
        head: &ResponseHead<'_>,
        closes: bool,
        now: Instant,
    ) {
        let is_unknown = head.has_body() && head.length() == BodyLength::Unknown;
        let is_chunked = is_unknown && !self.request.is_http_10;
        self.coding = if is_chunked { Coding::Chunked } else { Coding::Plain };
        // A client that still holds its body back cannot be told from one that sends it.
        let holds_body_back = self.says_continue && self.unread.is_empty();
        self.ends_with_connection = is_unknown && !is_chunked;
        self.closes |= closes || head.wants_close() || holds_body_back;
        self.closes |= self.ends_with_connection;
        self.says_continue = false;
        let connection = match (self.closes, self.request.is_http_10) {
            (true, _) => Connection::Close,
            (false, true) => Connection::KeepAlive,
            (false, false) => Connection::Open,
        };
        encode::head(out, head, self.coding, connection, &self.own_fields(now));
    }

    /// Writes the head of a response that says that the protocol changes.
    pub(super) fn write_switch(
        &mut self,
        out: &mut Vec<u8>,
        head: &ResponseHead<'_>,
        protocol: &str,
        now: Instant,
    ) {
        encode::switch(out, head, protocol, &self.own_fields(now));
    }

    #[inline]
    fn own_fields(&self, now: Instant) -> OwnFields<'_> {
        OwnFields { date: date::line(now), server: &self.settings.server_line }
    }

    /// Says whether a body that breaks off here would look whole.
    pub(super) fn ends_with_connection(&self) -> bool {
        self.ends_with_connection
    }

    /// Writes what stands in front of so many bytes of the body.
    pub(super) fn write_data_start(&self, out: &mut Vec<u8>, length: usize) {
        encode::data_start(out, length, self.coding);
    }

    /// Writes what stands behind them.
    pub(super) fn write_data_end(&self, out: &mut Vec<u8>) {
        encode::data_end(out, self.coding);
    }

    /// Writes the end of the body, and trailer fields where there can be some.
    #[inline]
    pub(super) fn write_end(&self, out: &mut Vec<u8>, trailers: Option<&HeaderMap>) {
        if self.coding == Coding::Chunked {
            encode::end(out, trailers);
        }
    }

    /// Writes the answer to a message that is refused; the connection closes.
    pub(super) fn write_refusal(&self, out: &mut Vec<u8>, reason: Reason, now: Instant) {
        let status = reason.status().unwrap_or(StatusCode::BAD_REQUEST);
        encode::refusal(out, status, &self.own_fields(now));
    }

    /// Makes ready for the next request; `false` where there is to be none.
    pub(super) fn next(&mut self) -> bool {
        let goes_on = !self.closes && self.is_whole();
        self.receiving = Receiving::Head;
        self.coding = Coding::Plain;
        goes_on
    }

    /// Says that no request may follow.
    pub(super) fn close(&mut self) {
        self.closes = true;
    }

    /// Says whether the connection closes after this response.
    pub(super) fn closes(&self) -> bool {
        self.closes
    }
}
