//! A response of a mutant, framed and written rightly but for the fault.

use serde_json::Value;

use super::super::faults::Fault;
use super::super::head::{Head, Refused};
use super::super::server::Connection;
use super::Failed;

/// What is kept back of a body at most.
const KEPT_BYTES: usize = 64 * 1024;

/// A response that the app makes.
#[derive(Default)]
pub(super) struct Response {
    pub(super) status: Option<u16>,
    pub(super) reason: Option<String>,
    pub(super) fields: Vec<(String, String)>,
    pub(super) trailers: Vec<(String, String)>,
    pub(super) callbacks: Vec<Callback>,
    pieces: Vec<Vec<u8>>,
    framed: Option<Framed>,
    flushes: usize,
    /// It was flushed: nothing of the head changes any more.
    is_fixed: bool,
    pub(super) is_file: bool,
    keeps: bool,
}

/// What runs before the head goes out.
#[derive(Clone, Debug)]
pub(crate) enum Callback {
    Appends(String),
    Sets(u16),
    Fails,
}

/// How the body is framed, once the head is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framed {
    NoBody,
    /// So many bytes are left.
    Length(usize),
    Chunked,
    Close,
}

impl Response {
    pub(super) fn say(&mut self, value: &Value) {
        self.write(value.to_string().as_bytes());
    }

    pub(super) fn field(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.pieces.push(bytes.to_vec());
    }

    /// Forgets what waits to be sent.
    pub(super) fn drop_pieces(&mut self) {
        self.pieces.clear();
    }

    pub(super) fn has_started(&self) -> bool {
        self.framed.is_some() || self.is_fixed
    }

    /// Whether more is kept back than should be.
    pub(super) fn is_full(&self) -> bool {
        self.pieces.iter().map(Vec::len).sum::<usize>() > KEPT_BYTES
    }

    /// Sends what there is.
    pub(super) fn flush(&mut self, to: &mut Connection, head: &Head) -> Result<(), Failed> {
        self.is_fixed = true;
        if to.has(Fault::FlushWaits) && !self.is_full() {
            return Ok(());
        }
        self.flushes += usize::from(!self.is_full());
        if to.has(Fault::ThirdFlushLost) && self.flushes == 3 {
            self.pieces.clear();
        }
        self.start(to, head, None)?;
        self.send(to)
    }

    /// Sends all, and ends the body; says whether the connection goes on.
    pub(super) fn finish(mut self, to: &mut Connection, head: &Head) -> bool {
        self.clear_by_fault(to);
        let length = self.pieces.iter().map(Vec::len).sum();
        if let Err(failed) = self.start(to, head, Some(length)) {
            return self.failed(to, head, failed).unwrap_or_default();
        }
        let sent = self.send(to).is_ok();
        let ended = sent && self.end(to, head);
        let fields = self.fields.into_iter().filter(|(name, _)| !name.starts_with("X-Order"));
        to.keep_for_the_next(head, fields.collect(), self.callbacks);
        ended && self.keeps
    }

    /// Answers 500, or breaks off; says whether the connection goes on.
    pub(super) fn failed(
        mut self,
        to: &mut Connection,
        head: &Head,
        failed: Failed,
    ) -> Result<bool, Refused> {
        match failed {
            Failed::Read(status) if self.framed.is_none() => return Err(status),
            Failed::Panic if to.has(Fault::PanicCloses) => return Ok(false),
            Failed::App | Failed::Panic if self.framed.is_none() => {
                let failure = Self { status: Some(500), ..Self::default() };
                return Ok(failure.finish(to, head));
            }
            Failed::App if to.has(Fault::BrokenOffLooksWhole) => {
                let _sent = self.send(to);
                return Ok(self.end(to, head) && self.keeps);
            }
            _ => {}
        }
        Ok(false)
    }

    /// Sends the head, where it is not out; `length` is what is known of the body.
    fn start(
        &mut self,
        to: &mut Connection,
        head: &Head,
        length: Option<usize>,
    ) -> Result<(), Failed> {
        if self.framed.is_some() {
            return Ok(());
        }
        self.run_callbacks(to, length)?;
        let (status, declared) = (self.checked_status(to)?, self.declared(to)?);
        let has_no_body =
            matches!(status, 204 | 304) && !(status == 204 && to.has(Fault::BodyWith204));
        let is_chunked = head.minor == 1 || to.has(Fault::ChunksForAll);
        let framed = match (declared, length) {
            _ if has_no_body => Framed::NoBody,
            (Some(length), _) | (None, Some(length)) if self.trailers.is_empty() => {
                Framed::Length(length)
            }
            (Some(length), _) => Framed::Length(length),
            _ if is_chunked => Framed::Chunked,
            _ => Framed::Close,
        };
        self.keeps = head.keeps(to.fault()) && !self.app_closes(to) && framed != Framed::Close;
        let text = self.head_text(to, (head, status), framed);
        let is_sent = to.has(Fault::HeadWithBody) || (self.is_file && to.has(Fault::FilesWithHead));
        let has_body = head.method != "HEAD" || is_sent;
        self.framed = Some(if has_body { framed } else { Framed::NoBody });
        if to.write(text) { Ok(()) } else { Err(Failed::Write) }
    }

    fn head_text(
        &mut self,
        to: &mut Connection,
        (head, status): (&Head, u16),
        framed: Framed,
    ) -> Vec<u8> {
        let has = |fault| to.has(fault);
        let reason = self.reason.clone().filter(|_| !has(Fault::PhraseLost));
        let mut text = format!("HTTP/1.1 {status} {}\r\n", reason.as_deref().unwrap_or("Well"));
        if !has(Fault::NoDate) {
            text += "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        }
        let mut text = text.into_bytes();
        for (name, value) in self.lines(to) {
            let value = if has(Fault::ValuesNarrowed) {
                value
                    .chars()
                    .map(|letter| u8::try_from(u32::from(letter) & 0xFF).unwrap())
                    .collect()
            } else {
                value.into_bytes()
            };
            text.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        match framed {
            Framed::Chunked => text.extend(b"Transfer-Encoding: chunked\r\n"),
            Framed::Length(_) if head.method == "HEAD" && self.is_declared(to) => {
                text.extend(b"Content-Length: 0\r\n");
            }
            Framed::Length(length) if !has(Fault::OddLengthSent) || !self.has_odd_length() => {
                text.extend(format!("Content-Length: {length}\r\n").bytes());
            }
            _ => {}
        }
        let keeps = if self.keeps { &b"keep-alive\r\n"[..] } else { b"close\r\n" };
        text.extend([b"Connection: ", keeps].concat());
        text.extend(if has(Fault::HeadEndsWithLineFeed) { &b"\n"[..] } else { b"\r\n" });
        text
    }

    /// The lines of the app, without those that are the server's.
    fn lines(&self, to: &Connection) -> Vec<(String, String)> {
        let has = |fault| to.has(fault);
        let is_own = |(name, _): &(String, String)| match name.to_ascii_lowercase().as_str() {
            "content-length" => has(Fault::OddLengthSent) && self.has_odd_length(),
            "transfer-encoding" => has(Fault::CodingOfAppSent),
            "connection" => false,
            _ => true,
        };
        let lines: Vec<_> = self.fields.iter().filter(|line| is_own(line)).cloned().collect();
        let mut lines = to.with_response_of_before(lines);
        if has(Fault::CookiesJoined) {
            let (cookies, mut others): (Vec<_>, Vec<_>) =
                lines.into_iter().partition(|(name, _)| name == "Set-Cookie");
            if !cookies.is_empty() {
                let joined: Vec<_> = cookies.into_iter().map(|(_, value)| value).collect();
                others.push(("Set-Cookie".to_owned(), joined.join(", ")));
            }
            lines = others;
        }
        lines
    }

    /// Sends the pieces that wait.
    fn send(&mut self, to: &mut Connection) -> Result<(), Failed> {
        for piece in std::mem::take(&mut self.pieces) {
            let sent = match &mut self.framed {
                Some(Framed::Chunked) if !piece.is_empty() => {
                    let size = format!("{:x}\r\n", piece.len());
                    to.write([size.as_bytes(), &piece, b"\r\n"].concat())
                }
                Some(Framed::Close) => to.write(piece),
                Some(Framed::Length(left)) => {
                    if piece.len() > *left && !to.has(Fault::SentBeyondLength) {
                        return Err(Failed::App);
                    }
                    *left = left.saturating_sub(piece.len());
                    to.write(piece)
                }
                _ => true,
            };
            if !sent {
                return Err(Failed::Write);
            }
        }
        Ok(())
    }

    /// Ends the body; says whether it is whole.
    fn end(&mut self, to: &mut Connection, head: &Head) -> bool {
        match self.framed {
            Some(Framed::Length(left)) if left > 0 => {
                to.has(Fault::ShortIsPadded) && to.write(vec![0; left])
            }
            Some(Framed::Chunked) => {
                let mut last = "0\r\n".to_owned();
                let trailers = std::mem::take(&mut self.trailers);
                for (name, value) in trailers.iter().filter(|_| !to.has(Fault::TrailersUnsent)) {
                    last += &format!("{name}: {value}\r\n");
                }
                to.write(last + "\r\n")
            }
            _ => head.minor <= 1,
        }
    }

    /// Runs the callbacks, the last one first.
    fn run_callbacks(&mut self, to: &mut Connection, length: Option<usize>) -> Result<(), Failed> {
        let mut callbacks = std::mem::take(&mut self.callbacks);
        callbacks.extend(to.callbacks_of_before());
        if !to.has(Fault::CallbacksForwards) {
            callbacks.reverse();
        }
        if to.has(Fault::CallbacksNeedABody) && length == Some(0) {
            return Ok(());
        }
        if to.has(Fault::CallbacksStay) {
            self.callbacks.clone_from(&callbacks);
        }
        for callback in callbacks {
            match callback {
                Callback::Appends(value) => {
                    let times = if to.has(Fault::CallbacksTwice) { 2 } else { 1 };
                    (0..times).for_each(|_| self.field("X-Order", &value));
                }
                Callback::Sets(_) if to.has(Fault::CallbacksTooLate) => {}
                Callback::Sets(status) => self.status = Some(status),
                Callback::Fails if to.has(Fault::CallbackFailureIgnored) => {}
                Callback::Fails => return Err(Failed::App),
            }
        }
        Ok(())
    }

    fn checked_status(&self, to: &Connection) -> Result<u16, Failed> {
        let has = |fault| to.has(fault);
        let is_unset = self.status.is_none() && self.pieces.is_empty() && self.fields.is_empty();
        let status = match self.status.unwrap_or(200) {
            200 if is_unset && has(Fault::NothingIs204) => 204,
            299 if has(Fault::UnknownStatusIs200) => 200,
            status => status,
        };
        let is_final = (200..=999).contains(&status) || has(Fault::AnyStatusSent);
        if is_final { Ok(status) } else { Err(Failed::App) }
    }

    /// The length that the app declared.
    fn declared(&self, to: &Connection) -> Result<Option<usize>, Failed> {
        let lengths: Vec<&str> = self.own("content-length").collect();
        match lengths.as_slice() {
            [] => Ok(None),
            _ if to.has(Fault::OddLengthSent) && self.has_odd_length() => Ok(None),
            [length] => length.parse().map(Some).map_err(|_| Failed::App),
            _ => Err(Failed::App),
        }
    }

    /// Whether a length of the app's is lost with HEAD.
    fn is_declared(&self, to: &Connection) -> bool {
        self.own("content-length").next().is_some() && to.has(Fault::LengthOfHeadIsZero)
    }

    fn has_odd_length(&self) -> bool {
        let lengths: Vec<&str> = self.own("content-length").collect();
        lengths.len() > 1 || lengths.iter().any(|length| length.parse::<usize>().is_err())
    }

    fn app_closes(&self, to: &Connection) -> bool {
        self.own("connection").any(|value| value == "close") && !to.has(Fault::CloseOfAppIgnored)
    }

    fn own<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }

    /// What a fault takes away at the end of the call.
    fn clear_by_fault(&mut self, to: &Connection) {
        if to.has(Fault::WritesSwapped) && self.pieces.len() > 50 && !self.has_started() {
            self.pieces.swap(40, 41);
        }
        if to.has(Fault::FailureIsAlike) && matches!(self.status, Some(500 | 599)) {
            self.fields.clear();
            self.pieces.clear();
        }
    }
}
