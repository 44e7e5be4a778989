//! The streams of a connection, and the frames that are about one.

use super::app;
use super::connection::{Connection, MOST_STREAMS};
use super::faults::Fault;
use super::fields::Request;
use super::frames::{
    CALM, CLOSED, DATA, FLOW, Frame, HEADERS, PACKED, PROTOCOL, REFUSED, RESET, SIZE, UPDATE, Wrong,
};
use super::packed::{Line, Odd};
use super::rules;

/// A block may have as many bytes, packed.
const MOST_PACKED: usize = 256 * 1024;

/// Answers that wait for a window, of which a mutant dies.
const MANY_HELD: usize = 30;

/// A stream that was opened.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    request: Request,
    /// The client has said all.
    is_asked: bool,
    /// Both have, or one has given up.
    is_over: bool,
    pub(crate) window: i64,
    /// What is still to be sent.
    unsent: Vec<u8>,
}

impl Connection {
    fn stream_is_idle(&self, stream: u32) -> bool {
        stream > self.last || stream.is_multiple_of(2) && !self.streams.contains_key(&stream)
    }

    pub(crate) fn end_stream(&mut self, stream: u32, code: u32) {
        if let Some(own) = self.streams.get_mut(&stream) {
            own.is_over = true;
            own.unsent.clear();
        }
        self.write(RESET, 0, stream, &code.to_be_bytes());
    }

    pub(crate) fn headers(&mut self, stream: u32, frame: &Frame) -> Result<(), Wrong> {
        let taken = |is_taken| if is_taken { Ok(()) } else { Err(Wrong::Connection(PROTOCOL)) };
        if stream == 0 {
            return taken(self.has(Fault::HeadersOnZeroTaken));
        }
        if frame.has(8) && frame.payload.first() == Some(&0) {
            taken(!self.has(Fault::NoPaddingRefused))?;
        }
        let content = match frame.content() {
            Some(content) => content,
            None => {
                taken(self.has(Fault::HeadersPaddingUnchecked))?;
                Vec::new()
            }
        };
        let flags = frame.flags;
        self.piece(stream, flags, flags & 4 != 0, content)
    }

    pub(crate) fn continuation(&mut self, stream: u32, frame: &Frame) -> Result<(), Wrong> {
        let taken = |is_taken| if is_taken { Ok(()) } else { Err(Wrong::Connection(PROTOCOL)) };
        let Some((own, flags, _)) = &self.block else {
            return taken(self.has(Fault::ContinuationOfNothingTaken));
        };
        let (own, flags) = (*own, *flags);
        taken(own == stream || self.has(Fault::ContinuationOfAnotherTaken))?;
        taken(!frame.payload.is_empty() || !self.has(Fault::EmptyContinuationRefused))?;
        self.piece(own, flags, frame.has(4), frame.payload.clone())
    }

    /// Takes a piece of a block.
    fn piece(
        &mut self,
        stream: u32,
        flags: u8,
        is_last: bool,
        mut piece: Vec<u8>,
    ) -> Result<(), Wrong> {
        let open = self.block.take().filter(|(own, ..)| *own == stream);
        let mut block = open.map(|(.., block)| block).unwrap_or_default();
        block.append(&mut piece);
        if block.len() > MOST_PACKED && !self.has(Fault::BlocksWithoutLimit) {
            return Err(Wrong::Connection(CALM));
        }
        if !is_last {
            self.block = Some((stream, flags, block));
            return Ok(());
        }
        let fault = self.shared.fault();
        let lines = self.table.read(&block, fault).map_err(|odd| match odd {
            Odd::Packed => Wrong::Connection(PACKED),
            Odd::TooLarge => Wrong::Connection(CALM),
        })?;
        self.section(stream, flags & 1 != 0, lines)
    }

    /// Takes a field section: a head, or trailers.
    fn section(&mut self, stream: u32, is_end: bool, lines: Vec<Line>) -> Result<(), Wrong> {
        if let Some(own) = self.streams.get(&stream) {
            if own.is_asked || own.is_over {
                let is_taken = self.has(Fault::HeadersAfterEndTaken);
                return if is_taken { Ok(()) } else { Err(Wrong::Connection(CLOSED)) };
            }
            return self.trailers(stream, is_end, lines);
        }
        let is_even = stream.is_multiple_of(2) && !self.has(Fault::EvenStreamTaken);
        let is_lower = stream < self.last && !self.has(Fault::LowerStreamTaken);
        let is_far = stream > self.last + 9 && self.has(Fault::GapsRefused);
        if is_even || is_lower || is_far {
            return Err(Wrong::Connection(PROTOCOL));
        }
        self.last = self.last.max(stream);
        let open = self.streams.values().filter(|own| !own.is_over).count();
        let mut own = Stream { window: self.first_window, ..Stream::default() };
        if open >= MOST_STREAMS && !self.has(Fault::NoMaximum) {
            own.is_over = true;
            self.streams.insert(stream, own);
            return Err(Wrong::Stream(stream, REFUSED));
        }
        let malformed = Wrong::Stream(stream, PROTOCOL);
        let request = rules::request(lines, self.shared.fault());
        own.is_over = request.is_none();
        own.request = request.unwrap_or_default();
        let (is_malformed, expects) = (own.is_over, !own.request.values("expect").is_empty());
        self.streams.insert(stream, own);
        if is_malformed {
            return Err(malformed);
        }
        if expects && !is_end && !self.has(Fault::NoContinue) {
            let mut block = Vec::new();
            super::packed::plain(&mut block, ":status", "100");
            self.write(HEADERS, 4, stream, &block);
        }
        if is_end { self.asked(stream, false) } else { Ok(()) }
    }

    fn trailers(&mut self, stream: u32, is_end: bool, lines: Vec<Line>) -> Result<(), Wrong> {
        let fault = self.shared.fault();
        let malformed = Err(Wrong::Stream(stream, PROTOCOL));
        if !is_end {
            return if self.has(Fault::TrailersWithoutEndTaken) { Ok(()) } else { malformed };
        }
        let Some(read) = rules::trailers(lines, fault) else { return malformed };
        let Some(own) = self.streams.get_mut(&stream) else { return Ok(()) };
        let is_announced = !own.request.values("te").is_empty();
        if is_announced && fault == Some(Fault::TrailersRefused) {
            return malformed;
        }
        if fault != Some(Fault::TrailersLost) {
            own.request.trailers = read;
        }
        self.asked(stream, true)
    }

    pub(crate) fn data(&mut self, stream: u32, frame: &Frame) -> Result<(), Wrong> {
        let fault = self.shared.fault();
        let has = |own: Fault| fault == Some(own);
        let taken = |is_taken, wrong| if is_taken { Ok(()) } else { Err(wrong) };
        let odd = Wrong::Connection(PROTOCOL);
        if stream == 0 {
            return taken(has(Fault::DataOnZeroTaken), odd);
        }
        if self.stream_is_idle(stream) {
            return taken(has(Fault::DataOnIdleTaken), odd);
        }
        let content = match frame.content() {
            Some(_) if has(Fault::PaddingIsContent) && frame.has(8) => frame.payload[1..].to_vec(),
            Some(content) => content,
            None => {
                taken(has(Fault::DataPaddingUnchecked), odd)?;
                Vec::new()
            }
        };
        self.make_room(stream, frame);
        let Some(own) = self.streams.get(&stream) else { return Ok(()) };
        if own.is_asked || own.is_over {
            return taken(has(Fault::DataAfterEndTaken), Wrong::Stream(stream, CLOSED));
        }
        let to = if has(Fault::BodiesMixed) { self.last } else { stream };
        if let Some(own) = self.streams.get_mut(&to) {
            own.request.body.extend(content);
        }
        if frame.has(1) { self.asked(stream, true) } else { Ok(()) }
    }

    /// Lets the client send as much again.
    fn make_room(&mut self, stream: u32, frame: &Frame) {
        let by = u32::try_from(frame.payload.len()).unwrap().to_be_bytes();
        if by == [0; 4] || self.has(Fault::NoRoomMade) {
            return;
        }
        self.write(UPDATE, 0, 0, &by);
        if !frame.has(1) {
            self.write(UPDATE, 0, stream, &by);
        }
    }

    pub(crate) fn reset(&mut self, stream: u32, frame: &Frame) -> Result<(), Wrong> {
        let taken = |is_taken, code| if is_taken { Ok(()) } else { Err(Wrong::Connection(code)) };
        if frame.payload.len() != 4 {
            return taken(self.has(Fault::OddResetTaken), SIZE);
        }
        if stream == 0 {
            return taken(self.has(Fault::ResetOfZeroTaken), PROTOCOL);
        }
        if self.stream_is_idle(stream) {
            return taken(self.has(Fault::ResetOfIdleTaken), PROTOCOL);
        }
        let ends_others = self.has(Fault::ResetEndsOthers);
        let mut others = Vec::new();
        for (id, own) in &mut self.streams {
            if *id == stream {
                own.is_over = true;
                own.unsent.clear();
            } else if ends_others && !own.is_over {
                others.push(*id);
            }
        }
        others.into_iter().for_each(|id| self.end_stream(id, 2));
        Ok(())
    }

    pub(crate) fn update_stream(&mut self, stream: u32, by: i64) -> Result<(), Wrong> {
        let fault = self.shared.fault();
        let has = |own: Fault| fault == Some(own);
        let taken = |is_taken, wrong| if is_taken { Ok(()) } else { Err(wrong) };
        if self.stream_is_idle(stream) {
            return taken(has(Fault::UpdateOfIdleTaken), Wrong::Connection(PROTOCOL));
        }
        let Some(own) = self.streams.get_mut(&stream) else { return Ok(()) };
        if own.is_over {
            return taken(!has(Fault::LateUpdateRefused), Wrong::Connection(PROTOCOL));
        }
        if by == 0 {
            return taken(has(Fault::NoIncrementOfStreamTaken), Wrong::Stream(stream, PROTOCOL));
        }
        if own.window + by > 0x7FFF_FFFF {
            return taken(has(Fault::OverflowOfStreamTaken), Wrong::Stream(stream, FLOW));
        }
        own.window += by;
        Ok(())
    }

    /// A request is whole: the app is called.
    fn asked(&mut self, stream: u32, has_body: bool) -> Result<(), Wrong> {
        let fault = self.shared.fault();
        let Some(own) = self.streams.get_mut(&stream) else { return Ok(()) };
        own.is_asked = true;
        let is_other = own.request.said().is_some_and(|said| said != own.request.body.len());
        let unchecked =
            if has_body { Fault::LengthUnchecked } else { Fault::LengthWithoutBodyTaken };
        if is_other && fault != Some(unchecked) {
            return Err(Wrong::Stream(stream, PROTOCOL));
        }
        self.answers += 1;
        if self.answers > 25 && self.has(Fault::FewAnswers) {
            return Ok(());
        }
        let own = self.streams.get_mut(&stream);
        let request = own.map(|own| std::mem::take(&mut own.request)).unwrap_or_default();
        let (head, body) = app::answer(self, &request);
        let is_all = body.is_empty();
        self.write(HEADERS, if is_all { 5 } else { 4 }, stream, &head);
        if let Some(own) = self.streams.get_mut(&stream) {
            own.unsent = body;
            own.is_over = is_all;
        }
        self.flush();
        let held = self.streams.values().filter(|own| !own.unsent.is_empty()).count();
        if held > MANY_HELD && self.has(Fault::DiesOfHeldAnswers) {
            self.shared.die();
        }
        Ok(())
    }

    /// Sends what the windows allow.
    pub(crate) fn flush(&mut self) {
        let (no_own, no_whole) =
            (self.has(Fault::StreamWindowIgnored), self.has(Fault::ConnectionWindowIgnored));
        let mut out = Vec::new();
        for (id, own) in &mut self.streams {
            while !own.unsent.is_empty() {
                let room = match (no_own, no_whole) {
                    (true, _) => self.window,
                    (_, true) => own.window,
                    _ => own.window.min(self.window),
                };
                let length = own.unsent.len().min(usize::try_from(room).unwrap_or(0)).min(16_384);
                if length == 0 {
                    break;
                }
                let by = i64::try_from(length).unwrap();
                own.window -= by;
                self.window -= by;
                let piece: Vec<u8> = own.unsent.drain(..length).collect();
                own.is_over = own.unsent.is_empty();
                out.push((*id, own.is_over, piece));
            }
        }
        for (id, is_last, piece) in out {
            self.write(DATA, u8::from(is_last), id, &piece);
        }
    }
}
