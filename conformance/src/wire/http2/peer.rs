//! What is known of the server on one connection, without I/O.

use std::collections::BTreeMap;

use crate::wire::http2::frame::{self, Frame};
use crate::wire::http2::hpack::{DEFAULT_TABLE_BYTES, Decoder, Field};
use crate::wire::http2::reply::Reply;
use crate::wire::http2::{HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE};

/// How long a field section may be, packed.
const MAX_BLOCK_BYTES: usize = 256 * 1024;

/// So many frames are read of one connection; who sends more sends no end.
const MAX_FRAMES: usize = 100_000;

/// What a sender may send before the other side says otherwise (RFC 9113 §6.9.2).
const FIRST_WINDOW: u32 = 65_535;

/// What is known of the server, by the frames that came.
#[derive(Debug)]
pub(crate) struct Peer {
    decoder: Decoder,
    /// A block that has not ended: its stream, whether the stream ends with it, its bytes.
    block: Option<(u32, bool, Vec<u8>)>,
    replies: BTreeMap<u32, Reply>,
    frames: usize,
    /// Whether each DATA is followed by as much room for more.
    pub(crate) refills: bool,
    /// Its first settings have come.
    pub(crate) has_settings: bool,
    pub(crate) settings: BTreeMap<u16, u32>,
    /// The first frame was no SETTINGS.
    pub(crate) begins_oddly: bool,
    /// How many of the suite's settings it has acknowledged.
    pub(crate) acks: usize,
    /// The payloads of the pings that it answered.
    pub(crate) pongs: Vec<Vec<u8>>,
    /// It said that it goes: the last stream that counts, and the code.
    pub(crate) goaway: Option<(u32, u32)>,
    /// How much may be sent on the connection, besides what is allowed at first.
    pub(crate) credit: i64,
}

impl Peer {
    /// A server to which these settings were sent.
    pub(super) fn new(settings: &[(u16, u32)]) -> Self {
        let table = settings.iter().find(|(id, _)| *id == HEADER_TABLE_SIZE);
        let table = table.and_then(|(_, most)| usize::try_from(*most).ok());
        Self {
            decoder: Decoder::new(table.unwrap_or(DEFAULT_TABLE_BYTES)),
            block: None,
            replies: BTreeMap::new(),
            frames: 0,
            refills: true,
            has_settings: false,
            settings: BTreeMap::new(),
            begins_oddly: false,
            acks: 0,
            pongs: Vec::new(),
            goaway: None,
            credit: 0,
        }
    }

    /// Expects frames on a stream.
    pub(super) fn expect(&mut self, stream: u32) {
        self.replies.entry(stream).or_default();
    }

    /// What came on a stream that was expected.
    pub(crate) fn reply(&self, stream: u32) -> Option<&Reply> {
        self.replies.get(&stream)
    }

    /// What came on all streams.
    pub(crate) fn replies(&self) -> impl Iterator<Item = (u32, &Reply)> {
        self.replies.iter().map(|(stream, reply)| (*stream, reply))
    }

    /// How much may be sent on a stream now, where so much was sent on it and on the connection.
    pub(crate) fn room(&self, stream: u32, sent: usize) -> usize {
        let sent = i64::try_from(sent).unwrap_or(i64::MAX);
        let first = self.settings.get(&INITIAL_WINDOW_SIZE).copied().unwrap_or(FIRST_WINDOW);
        let own = self.reply(stream).map_or(0, |reply| reply.credit);
        let room = (i64::from(first) + own).min(i64::from(FIRST_WINDOW) + self.credit) - sent;
        usize::try_from(room).unwrap_or_default()
    }

    /// How long a payload it takes.
    pub(crate) fn longest_frame(&self) -> usize {
        let said = self.settings.get(&MAX_FRAME_SIZE).copied();
        said.and_then(|said| usize::try_from(said).ok()).unwrap_or(frame::MAX_PAYLOAD_BYTES)
    }

    /// Takes a frame; returns what is to be sent because of it.
    ///
    /// # Errors
    ///
    /// Where no server may send it.
    pub(super) fn take(&mut self, frame: &Frame) -> Result<Vec<Frame>, String> {
        self.frames += 1;
        if self.frames > MAX_FRAMES {
            return Err("the frames that came have no end".to_owned());
        }
        if self.frames == 1 {
            self.begins_oddly = frame.kind != frame::SETTINGS || frame.has(frame::ACK);
        }
        if let Some((stream, ..)) = &self.block
            && (frame.kind != frame::CONTINUATION || frame.stream != *stream)
        {
            return Err(format!("within a field block came {frame} (RFC 9113 §6.10)"));
        }
        let odd = || format!("no server may send this frame: {frame}");
        match frame.kind {
            frame::DATA => return self.data(frame).ok_or_else(odd)?,
            frame::HEADERS => {
                let block = frame.content().ok_or_else(odd)?.to_vec();
                self.replies.get(&frame.stream).ok_or_else(odd)?;
                self.block = Some((frame.stream, frame.has(frame::END_STREAM), Vec::new()));
                self.more(frame, block)?;
            }
            frame::CONTINUATION => {
                self.block.as_ref().ok_or_else(odd)?;
                self.more(frame, frame.payload.clone())?;
            }
            frame::RST_STREAM => {
                let code = <[u8; 4]>::try_from(frame.payload.as_slice()).map_err(|_| odd())?;
                let reply = self.replies.get_mut(&frame.stream).ok_or_else(odd)?;
                reply.reset.get_or_insert(u32::from_be_bytes(code));
            }
            frame::SETTINGS => return self.settings(frame).ok_or_else(odd),
            frame::PING => return self.ping(frame).ok_or_else(odd),
            frame::GOAWAY => {
                let last = frame.payload.get(..4).and_then(|four| four.try_into().ok());
                let code = frame.payload.get(4..8).and_then(|four| four.try_into().ok());
                let last = last.filter(|_| frame.stream == 0).ok_or_else(odd)?;
                let code = u32::from_be_bytes(code.ok_or_else(odd)?);
                self.goaway = Some((u32::from_be_bytes(last) & 0x7FFF_FFFF, code));
            }
            frame::WINDOW_UPDATE => {
                let by = frame.number().filter(|by| *by > 0).ok_or_else(odd)?;
                match self.replies.get_mut(&frame.stream) {
                    Some(reply) => reply.credit += i64::from(by),
                    None if frame.stream == 0 => self.credit += i64::from(by),
                    None => return Err(odd()),
                }
            }
            frame::PUSH_PROMISE => return Err(odd()),
            _ => {}
        }
        Ok(Vec::new())
    }

    /// Takes DATA; `None` where none may come there.
    fn data(&mut self, frame: &Frame) -> Option<Result<Vec<Frame>, String>> {
        let content = frame.content()?;
        let reply = self.replies.get_mut(&frame.stream)?;
        let is_last = frame.has(frame::END_STREAM);
        if let Err(why) = reply.data(content, is_last) {
            return Some(Err(why));
        }
        let by = u32::try_from(frame.payload.len()).unwrap_or_default();
        let more = |stream| Frame::new(frame::WINDOW_UPDATE, 0, stream, by.to_be_bytes());
        let mut out = Vec::new();
        if self.refills && by > 0 {
            out.push(more(0));
            out.extend((!is_last).then(|| more(frame.stream)));
        }
        Some(Ok(out))
    }

    fn more(&mut self, frame: &Frame, bytes: Vec<u8>) -> Result<(), String> {
        let Some((stream, is_last, block)) = &mut self.block else { return Ok(()) };
        block.extend(bytes);
        if block.len() > MAX_BLOCK_BYTES {
            return Err("a field block has no end".to_owned());
        }
        if !frame.has(frame::END_HEADERS) {
            return Ok(());
        }
        let (stream, is_last) = (*stream, *is_last);
        let fields: Vec<Field> = self.decoder.read(block)?;
        self.block = None;
        self.replies.entry(stream).or_default().head(fields, is_last)
    }

    /// Takes settings, and has them acknowledged.
    fn settings(&mut self, frame: &Frame) -> Option<Vec<Frame>> {
        if frame.stream != 0 || !frame.payload.len().is_multiple_of(6) {
            return None;
        }
        if frame.has(frame::ACK) {
            self.acks += 1;
            self.decoder.agreed();
            return frame.payload.is_empty().then(Vec::new);
        }
        self.settings.extend(frame.settings());
        self.has_settings = true;
        Some(vec![Frame::new(frame::SETTINGS, frame::ACK, 0, [])])
    }

    /// Takes a ping, and has it answered.
    fn ping(&mut self, frame: &Frame) -> Option<Vec<Frame>> {
        if frame.stream != 0 || frame.payload.len() != 8 {
            return None;
        }
        if frame.has(frame::ACK) {
            self.pongs.push(frame.payload.clone());
            return Some(Vec::new());
        }
        Some(vec![Frame::new(frame::PING, frame::ACK, 0, frame.payload.clone())])
    }

    /// Whether the server will not answer the stream, as it said that it goes.
    pub(super) fn is_forsaken(&self, stream: u32) -> bool {
        self.goaway.is_some_and(|(last, _)| last < stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(peer: &mut Peer, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<Frame> {
        peer.take(&Frame::new(kind, flags, stream, payload)).unwrap()
    }

    #[test]
    fn settings_and_pings_are_answered_and_data_makes_room() {
        let mut peer = Peer::new(&[]);
        assert_eq!(taken(&mut peer, 4, 0, 0, b"\0\x04\0\0\0\x05")[0].flags, 1);
        assert_eq!(taken(&mut peer, 6, 0, 0, b"12345678")[0].payload, b"12345678");
        peer.expect(1);
        // :status 200 by its index.
        assert!(taken(&mut peer, 1, 0, 1, b"").is_empty());
        assert!(taken(&mut peer, 9, 4, 1, b"\x88").is_empty());
        assert_eq!(taken(&mut peer, 0, 0, 1, b"abc").len(), 2);
        assert_eq!(taken(&mut peer, 0, 1, 1, b"d").len(), 1);
        assert!(peer.reply(1).unwrap().is_whole && !peer.begins_oddly);
        assert_eq!((peer.room(1, 0), peer.room(1, 7)), (5, 0));
        taken(&mut peer, 8, 0, 1, b"\0\0\0\x09");
        assert_eq!(peer.room(1, 0), 14);
    }

    #[test]
    fn frames_that_no_server_may_send_are_seen() {
        for (kind, flags, stream, payload) in [
            (0, 0, 0, &b""[..]),
            (0, 0, 1, b"x"),
            (1, 4, 3, b"\x88"),
            (1, 0x0C, 1, b"\x09\x88"),
            (3, 0, 1, b"abc"),
            (4, 0, 0, b"abc"),
            (4, 0, 1, b""),
            (4, 1, 0, b"abcdef"),
            (5, 4, 1, b"\0\0\0\x02"),
            (6, 0, 0, b"abc"),
            (7, 0, 0, b"abc"),
            (8, 0, 0, b"\0\0\0\0"),
            (9, 4, 1, b"\x88"),
        ] {
            let mut peer = Peer::new(&[]);
            peer.expect(1);
            assert!(peer.take(&Frame::new(kind, flags, stream, payload)).is_err(), "{kind}");
        }
        let mut peer = Peer::new(&[]);
        peer.expect(1);
        taken(&mut peer, 1, 0, 1, b"");
        assert!(peer.take(&Frame::new(6, 0, 0, *b"12345678")).is_err());
    }
}
