//! One connection of a mutant: its frames, and what concerns all of its streams.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::faults::Fault;
use super::frames::{
    self, CONTINUATION, DATA, FLOW, Frame, GOAWAY, HEADERS, PING, PRIORITY, PROTOCOL, PUSH, RESET,
    SETTINGS, SIZE, UPDATE, Wrong,
};
use super::packed::Table;
use super::server::Shared;
use super::streams::Stream;
use super::strict;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FIRST_WINDOW: i64 = 65_535;
const LARGEST_WINDOW: i64 = 0x7FFF_FFFF;

/// How many streams a client may have.
pub(crate) const MOST_STREAMS: usize = 40;

/// Frames of one kind after which a mutant that dies of them does.
const MANY: usize = 500;

/// One connection.
pub(crate) struct Connection {
    pub(crate) socket: TcpStream,
    pub(crate) shared: Arc<Shared>,
    pub(crate) table: Table,
    pub(crate) streams: BTreeMap<u32, Stream>,
    /// The highest stream that was opened.
    pub(crate) last: u32,
    /// A block that has no end: its stream, the flags of HEADERS, its bytes.
    pub(crate) block: Option<(u32, u8, Vec<u8>)>,
    /// What may be sent on the connection, and on a new stream.
    pub(crate) window: i64,
    pub(crate) first_window: i64,
    pub(crate) has_used_table: bool,
    pub(crate) answers: usize,
    acknowledged: usize,
    counted: [usize; 3],
    seen: Vec<Frame>,
}

impl Connection {
    pub(crate) fn new(socket: TcpStream, shared: Arc<Shared>) -> Self {
        let _quick = socket.set_nodelay(true);
        Self {
            socket,
            shared,
            table: Table::default(),
            streams: BTreeMap::new(),
            last: 0,
            block: None,
            window: FIRST_WINDOW,
            first_window: FIRST_WINDOW,
            has_used_table: false,
            answers: 0,
            acknowledged: 0,
            counted: [0; 3],
            seen: Vec::new(),
        }
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.shared.fault() == Some(fault)
    }

    pub(crate) fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        frames::write(&mut self.socket, kind, flags, stream, payload);
    }

    pub(crate) fn serve(mut self) {
        let Ok(socket) = self.socket.try_clone() else { return };
        let mut reader = BufReader::new(socket);
        if self.preface(&mut reader).is_none() {
            let _gone = self.socket.shutdown(Shutdown::Both);
            return;
        }
        let mut is_first = true;
        while let Ok(frame) = Frame::read(&mut reader) {
            let is_settings = frame.kind == SETTINGS && !frame.has(1);
            let taken = if is_first && !is_settings && !self.has(Fault::SettingsMissingTaken) {
                Err(Wrong::Connection(PROTOCOL))
            } else {
                self.take(&frame)
            };
            is_first = false;
            match taken {
                Ok(()) => {}
                Err(Wrong::Stream(stream, code)) => self.end_stream(stream, code),
                Err(Wrong::Connection(code)) => {
                    let payload = [self.last.to_be_bytes(), code.to_be_bytes()].concat();
                    self.write(GOAWAY, 0, 0, &payload);
                    if !self.has(Fault::ErrorsDoNotEnd) {
                        break;
                    }
                }
            }
            if self.is_too_strict(&frame) {
                break;
            }
        }
        let _gone = self.socket.shutdown(Shutdown::Write);
        let _gone = self.socket.set_read_timeout(Some(Duration::from_secs(1)));
        let mut rest = [0; 16 * 1024];
        while reader.read(&mut rest).is_ok_and(|length| length > 0) {}
    }

    /// Reads the preface, and sends the settings.
    fn preface(&mut self, reader: &mut BufReader<TcpStream>) -> Option<()> {
        let mut preface = [0; 24];
        if self.has(Fault::PrefaceInOneRead) {
            let is_whole = reader.read(&mut preface).ok()? == 24;
            (is_whole && preface == PREFACE).then_some(())?;
        } else {
            // Who sends less says it in HTTP/1, and waits.
            for at in 0..24 {
                reader.read_exact(&mut preface[at..=at]).ok()?;
                let is_right = preface[..=at] == PREFACE[..=at];
                (is_right || (at > 10 && self.has(Fault::AnyPreface))).then_some(())?;
            }
        }
        if self.has(Fault::PingFirst) {
            self.write(PING, 0, 0, b"at first");
        }
        let most = u32::try_from(MOST_STREAMS).unwrap().to_be_bytes();
        self.write(SETTINGS, 0, 0, &[&[0, 3], &most[..]].concat());
        Some(())
    }

    fn take(&mut self, frame: &Frame) -> Result<(), Wrong> {
        let is_reserved = frame.stream >> 31 == 1;
        let stream = frame.stream & 0x7FFF_FFFF;
        if is_reserved && self.has(Fault::ReservedBitCounts) {
            return Err(Wrong::Connection(PROTOCOL));
        }
        let may_be_long = match frame.kind {
            DATA => self.has(Fault::LongDataTaken),
            1..=9 => false,
            _ => self.has(Fault::LongUnknownTaken),
        };
        if frame.payload.len() > 16_384 && !may_be_long {
            return Err(Wrong::Connection(SIZE));
        }
        if self.block.is_some()
            && frame.kind != CONTINUATION
            && !self.has(Fault::FramesWithinBlocks)
        {
            return Err(Wrong::Connection(PROTOCOL));
        }
        match frame.kind {
            DATA => {
                self.count(2, frame.payload.is_empty(), Fault::DiesOfEmptyData);
                self.data(stream, frame)
            }
            HEADERS => self.headers(stream, frame),
            PRIORITY => {
                let is_idle = stream > self.last && self.has(Fault::PriorityOnIdleRefused);
                if is_idle { Err(Wrong::Connection(PROTOCOL)) } else { Ok(()) }
            }
            RESET => {
                self.count(0, true, Fault::DiesOfResets);
                self.reset(stream, frame)
            }
            SETTINGS => self.settings(stream, frame),
            PUSH if !self.has(Fault::PushTaken) => Err(Wrong::Connection(PROTOCOL)),
            PING => {
                self.count(1, true, Fault::DiesOfPings);
                self.ping(stream, frame)
            }
            GOAWAY => self.goaway(stream),
            UPDATE => self.update(stream, frame),
            CONTINUATION => self.continuation(stream, frame),
            10.. if stream != 0 && self.has(Fault::UnknownFramesRefused) => {
                Err(Wrong::Connection(PROTOCOL))
            }
            _ => Ok(()),
        }
    }

    fn settings(&mut self, stream: u32, frame: &Frame) -> Result<(), Wrong> {
        if stream != 0 && !self.has(Fault::SettingsOnStreamTaken) {
            return Err(Wrong::Connection(PROTOCOL));
        }
        if frame.has(1) {
            let is_full = !frame.payload.is_empty() && !self.has(Fault::FullAcknowledgementTaken);
            return if is_full { Err(Wrong::Connection(SIZE)) } else { Ok(()) };
        }
        if !frame.payload.len().is_multiple_of(6) && !self.has(Fault::OddSettingsTaken) {
            return Err(Wrong::Connection(SIZE));
        }
        for one in frame.payload.chunks_exact(6) {
            let value = u32::from_be_bytes([one[2], one[3], one[4], one[5]]);
            self.set(u16::from_be_bytes([one[0], one[1]]), value)?;
        }
        self.acknowledged += 1;
        if self.acknowledged == 1 || !self.has(Fault::OneAcknowledgement) {
            self.write(SETTINGS, 1, 0, &[]);
        }
        self.flush();
        Ok(())
    }

    fn set(&mut self, id: u16, value: u32) -> Result<(), Wrong> {
        let odd = |is_odd: bool, code| if is_odd { Err(Wrong::Connection(code)) } else { Ok(()) };
        match id {
            2 => odd(value > 1 && !self.has(Fault::PushOfTwoTaken), PROTOCOL),
            4 if i64::from(value) > LARGEST_WINDOW => odd(!self.has(Fault::LargeWindowTaken), FLOW),
            4 => self.set_window(i64::from(value)),
            5 => {
                let is_odd = !(16_384..1 << 24).contains(&value);
                odd(is_odd && !self.has(Fault::AnyFrameSizeTaken), PROTOCOL)
            }
            1 | 3 | 6 => Ok(()),
            _ => odd(self.has(Fault::UnknownSettingsRefused), PROTOCOL),
        }
    }

    fn set_window(&mut self, value: i64) -> Result<(), Wrong> {
        let by = value - self.first_window;
        self.first_window = value;
        if self.has(Fault::WindowsStay) {
            return Ok(());
        }
        let (is_taken, no_negative) =
            (self.has(Fault::OverflowBySettingsTaken), self.has(Fault::NoNegativeWindow));
        for stream in self.streams.values_mut() {
            stream.window += by;
            if stream.window > LARGEST_WINDOW && !is_taken {
                return Err(Wrong::Connection(FLOW));
            }
            if no_negative {
                stream.window = stream.window.max(0);
            }
        }
        Ok(())
    }

    fn ping(&mut self, stream: u32, frame: &Frame) -> Result<(), Wrong> {
        if stream != 0 && !self.has(Fault::PingOnStreamTaken) {
            return Err(Wrong::Connection(PROTOCOL));
        }
        if frame.payload.len() != 8 {
            let is_taken = self.has(Fault::OddPingTaken);
            return if is_taken { Ok(()) } else { Err(Wrong::Connection(SIZE)) };
        }
        if frame.has(1) && !self.has(Fault::PongsAnswered) {
            return Ok(());
        }
        let mut payload = frame.payload.clone();
        if self.has(Fault::PongOfSevenBits) {
            payload.iter_mut().for_each(|byte| *byte &= 0x7F);
        }
        self.write(PING, 1, 0, &payload);
        Ok(())
    }

    fn goaway(&mut self, stream: u32) -> Result<(), Wrong> {
        if stream != 0 {
            let is_taken = self.has(Fault::GoawayOnStreamTaken);
            return if is_taken { Ok(()) } else { Err(Wrong::Connection(PROTOCOL)) };
        }
        if self.has(Fault::GoawayEnds) {
            let _gone = self.socket.shutdown(Shutdown::Both);
        }
        Ok(())
    }

    fn update(&mut self, stream: u32, frame: &Frame) -> Result<(), Wrong> {
        let Ok(four) = <[u8; 4]>::try_from(frame.payload.as_slice()) else {
            let is_taken = self.has(Fault::OddUpdateTaken);
            return if is_taken { Ok(()) } else { Err(Wrong::Connection(SIZE)) };
        };
        let by = i64::from(u32::from_be_bytes(four) & 0x7FFF_FFFF);
        if stream == 0 {
            let (is_none, is_over) = (by == 0, self.window + by > LARGEST_WINDOW);
            if is_none && !self.has(Fault::NoIncrementTaken) {
                return Err(Wrong::Connection(PROTOCOL));
            }
            if is_over && !self.has(Fault::OverflowTaken) {
                return Err(Wrong::Connection(FLOW));
            }
            self.window += by;
        } else {
            self.update_stream(stream, by)?;
        }
        self.flush();
        Ok(())
    }

    /// Counts frames of a kind; a mutant dies of many.
    fn count(&mut self, kind: usize, counts: bool, fault: Fault) {
        self.counted[kind] += usize::from(counts);
        if self.counted[kind] > MANY && self.has(fault) {
            self.shared.die();
        }
    }

    /// Whether what has come is a twin that this mutant refuses.
    fn is_too_strict(&mut self, frame: &Frame) -> bool {
        let twins = self.shared.spoilt.twins();
        if twins.is_empty() {
            return false;
        }
        self.seen.push(frame.clone());
        twins.iter().any(|twin| strict::is_like(twin, &self.seen))
    }
}
