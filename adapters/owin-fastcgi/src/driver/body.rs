//! The body of a request, between the web server and the app.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use owin_core::body::BodySender;
use owin_core::bytes::Bytes;
use owin_core::http_body::Frame;
use owin_core::{BodyLength, Error, RequestBody};

/// What came of a body, and who waits for it.
pub(super) struct Feed {
    /// None once nobody will read any more, or the end was told.
    sender: Option<BodySender>,
    pieces: VecDeque<Bytes>,
    waiting_bytes: usize,
    /// How many bytes are still to come, where that was said.
    left: Option<u64>,
    is_whole: bool,
}

/// A body that has another length than the web server said.
pub(super) struct WrongLength;

impl Feed {
    /// What feeds a body of that length, and the body.
    pub(super) fn new(length: BodyLength) -> (Self, RequestBody) {
        let (left, (sender, body)) = match length {
            BodyLength::Known(bytes) => (Some(bytes), RequestBody::channel_of_length(bytes)),
            // A client that speaks HTTP/2 may send a body without a word about its length.
            _ => (None, RequestBody::channel()),
        };
        let feed = Self {
            sender: Some(sender),
            pieces: VecDeque::new(),
            waiting_bytes: 0,
            left,
            is_whole: false,
        };
        (feed, body)
    }

    /// How many bytes wait to be read by the app.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Whether it has ended and had nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.is_whole && self.pieces.is_empty()
    }

    /// Whether all of it has come.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Takes a piece from the web server.
    ///
    /// # Errors
    ///
    /// Where the body is longer than was said.
    pub(super) fn push(&mut self, piece: Bytes) -> Result<(), WrongLength> {
        if let Some(left) = &mut self.left {
            let count = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            *left = left.checked_sub(count).ok_or(WrongLength)?;
        }
        if self.sender.is_some() {
            self.waiting_bytes += piece.len();
            self.pieces.push_back(piece);
        }
        Ok(())
    }

    /// The web server says that this was all.
    ///
    /// # Errors
    ///
    /// Where it is shorter than was said: the client has gone.
    pub(super) fn end(&mut self) -> Result<(), WrongLength> {
        self.is_whole = true;
        if self.left.is_some_and(|left| left > 0) { Err(WrongLength) } else { Ok(()) }
    }

    /// Nothing more comes: the reader is told why.
    pub(super) fn break_off(&mut self, why: &'static str) {
        if let Some(sender) = self.sender.take() {
            sender.abort(Error::peer(why));
        }
        self.drop_pieces();
    }

    /// Gives the app what it waits for; says whether there was something to do.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(sender) = &mut self.sender else { return false };
        match sender.poll_ready(cx) {
            Poll::Pending => return false,
            Poll::Ready(false) => {
                self.sender = None;
                self.drop_pieces();
                return true;
            }
            Poll::Ready(true) => {}
        }
        if let Some(piece) = self.pieces.pop_front() {
            self.waiting_bytes -= piece.len();
            let given = sender.give(Frame::data(piece));
            debug_assert!(given.is_ok(), "the reader asked");
            return true;
        }
        if self.is_whole
            && let Some(sender) = self.sender.take()
        {
            sender.finish();
            return true;
        }
        false
    }

    fn drop_pieces(&mut self) {
        self.pieces.clear();
        self.waiting_bytes = 0;
    }
}
