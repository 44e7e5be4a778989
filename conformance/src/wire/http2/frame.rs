//! Frames of HTTP/2 as bytes (RFC 9113 §4.1).

use std::fmt;

/// The largest payload that may be sent before the other side says otherwise; the suite never does
/// (RFC 9113 §4.2).
pub(super) const MAX_PAYLOAD_BYTES: usize = 16_384;

/// What stands before a payload.
const HEAD_BYTES: usize = 9;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// Of SETTINGS and PING.
pub(crate) const ACK: u8 = 0x1;
/// Of DATA and HEADERS.
pub(crate) const END_STREAM: u8 = 0x1;
/// Of HEADERS and CONTINUATION.
pub(crate) const END_HEADERS: u8 = 0x4;
/// Of DATA and HEADERS.
pub(crate) const PADDED: u8 = 0x8;
/// Of HEADERS: the five bytes of a priority stand before the block.
pub(crate) const WITH_PRIORITY: u8 = 0x20;

/// A frame. Nothing says that it is a legal one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// The identifier; its first bit is the reserved one.
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// The frame as it is sent.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.payload.len());
        bytes.extend(length.iter().skip(1));
        bytes.extend([self.kind, self.flags]);
        bytes.extend(self.stream.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }

    /// Takes the first frame off the bytes that came; `None` where it is not whole.
    ///
    /// # Errors
    ///
    /// Where what came is no frame, or one that is longer than allowed.
    pub(super) fn take(unread: &mut Vec<u8>) -> Result<Option<Self>, String> {
        if unread.starts_with(b"HTTP/") {
            return Err("what came is HTTP/1".to_owned());
        }
        let Some((head, rest)) = unread.split_at_checked(HEAD_BYTES) else { return Ok(None) };
        let &[l0, l1, l2, kind, flags, s0, s1, s2, s3] = head else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes([0, l0, l1, l2])).unwrap_or(usize::MAX);
        if length > MAX_PAYLOAD_BYTES {
            return Err(format!(
                "a frame of {length} bytes came, and more than {MAX_PAYLOAD_BYTES} were never \
                 allowed (RFC 9113 §4.2)"
            ));
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let stream = u32::from_be_bytes([s0, s1, s2, s3]) & 0x7FFF_FFFF;
        let frame = Self::new(kind, flags, stream, payload);
        unread.drain(..HEAD_BYTES + length);
        Ok(Some(frame))
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload as a number of 32 bits, of which the first one is dropped.
    pub(super) fn number(&self) -> Option<u32> {
        let bytes: [u8; 4] = self.payload.as_slice().try_into().ok()?;
        Some(u32::from_be_bytes(bytes) & 0x7FFF_FFFF)
    }

    /// What is between the fields and the padding of DATA and HEADERS (RFC 9113 §6.1, §6.2).
    pub(super) fn content(&self) -> Option<&[u8]> {
        let mut rest = self.payload.as_slice();
        let mut padding = 0;
        if self.has(PADDED) {
            let (first, others) = rest.split_first()?;
            (padding, rest) = (usize::from(*first), others);
        }
        if self.kind == HEADERS && self.has(WITH_PRIORITY) {
            rest = rest.get(5..)?;
        }
        rest.get(..rest.len().checked_sub(padding)?)
    }

    /// The settings that it has, where it is long enough for whole ones.
    pub(super) fn settings(&self) -> impl Iterator<Item = (u16, u32)> + '_ {
        self.payload.chunks_exact(6).filter_map(|six| match six {
            &[a, b, c, d, e, f] => {
                Some((u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f])))
            }
            _ => None,
        })
    }

    /// What the payload of a short frame says.
    fn particulars(&self) -> Option<String> {
        let last =
            |at: usize| self.payload.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
        match self.kind {
            SETTINGS if !self.has(ACK) => {
                let all = self.settings().map(|(id, value)| format!("{}={value}", setting(id)));
                Some(all.collect::<Vec<_>>().join(" "))
            }
            RST_STREAM => last(0).map(code),
            WINDOW_UPDATE => last(0).map(|by| format!("by {by}")),
            GOAWAY => Some(format!("{} after stream {}", code(last(4)?), last(0)?)),
            PING if self.payload.len() < 32 => Some(super::super::escaped(&self.payload)),
            _ => None,
        }
    }
}

/// The name of an error code (RFC 9113 §7).
pub(crate) fn code(number: u32) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let name = usize::try_from(number).ok().and_then(|at| NAMES.get(at));
    name.map_or_else(|| format!("code {number:#x}"), |name| (*name).to_owned())
}

fn setting(id: u16) -> String {
    const NAMES: [&str; 6] = [
        "HEADER_TABLE_SIZE",
        "ENABLE_PUSH",
        "MAX_CONCURRENT_STREAMS",
        "INITIAL_WINDOW_SIZE",
        "MAX_FRAME_SIZE",
        "MAX_HEADER_LIST_SIZE",
    ];
    let name = usize::from(id).checked_sub(1).and_then(|at| NAMES.get(at));
    name.map_or_else(|| format!("{id:#x}"), |name| (*name).to_owned())
}

fn kind(number: u8) -> String {
    const NAMES: [&str; 10] = [
        "DATA",
        "HEADERS",
        "PRIORITY",
        "RST_STREAM",
        "SETTINGS",
        "PUSH_PROMISE",
        "PING",
        "GOAWAY",
        "WINDOW_UPDATE",
        "CONTINUATION",
    ];
    let name = NAMES.get(usize::from(number));
    name.map_or_else(|| format!("type {number:#x}"), |name| (*name).to_owned())
}

/// The names of flags, as far as the type of the frame has them.
fn flags(kind: u8, flags: u8) -> Vec<&'static str> {
    let known: &[(u8, &str)] = match kind {
        DATA => &[(END_STREAM, "END_STREAM"), (PADDED, "PADDED")],
        HEADERS => &[
            (END_STREAM, "END_STREAM"),
            (END_HEADERS, "END_HEADERS"),
            (PADDED, "PADDED"),
            (WITH_PRIORITY, "PRIORITY"),
        ],
        PUSH_PROMISE | CONTINUATION => &[(END_HEADERS, "END_HEADERS")],
        SETTINGS | PING => &[(ACK, "ACK")],
        _ => &[],
    };
    known.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect()
}

/// A readable line: `HEADERS stream 1 END_STREAM END_HEADERS, 45 bytes`.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&kind(self.kind))?;
        if self.stream != 0 {
            write!(f, " stream {}", self.stream)?;
        }
        for name in flags(self.kind, self.flags) {
            write!(f, " {name}")?;
        }
        write!(f, ", {} bytes", self.payload.len())?;
        match self.particulars() {
            Some(text) if !text.is_empty() => write!(f, ": {text}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_was_written_is_read_again() {
        let frame = Frame::new(HEADERS, END_STREAM | END_HEADERS, 3, *b"abc");
        let mut bytes = frame.to_bytes();
        assert_eq!(bytes, b"\0\0\x03\x01\x05\0\0\0\x03abc");
        for end in 0..bytes.len() {
            assert_eq!(Frame::take(&mut bytes[..end].to_vec()), Ok(None));
        }
        bytes.extend(b"next");
        assert_eq!(Frame::take(&mut bytes), Ok(Some(frame)));
        assert_eq!(bytes, b"next");
    }

    #[test]
    fn what_is_too_long_or_another_protocol_is_no_frame() {
        let long = Frame::new(DATA, 0, 1, vec![0; MAX_PAYLOAD_BYTES + 1]);
        assert!(Frame::take(&mut long.to_bytes()).is_err());
        assert!(Frame::take(&mut b"HTTP/1.1 400 Bad Request\r\n".to_vec()).is_err());
    }

    #[test]
    fn padding_and_priority_are_no_content() {
        let payload = b"\x02.....block\0\0";
        let all = PADDED | WITH_PRIORITY;
        assert_eq!(Frame::new(HEADERS, all, 1, *payload).content(), Some(&b"block"[..]));
        assert_eq!(Frame::new(DATA, PADDED, 1, *b"\x01ab").content(), Some(&b"a"[..]));
        assert_eq!(Frame::new(DATA, PADDED, 1, *b"\x03ab").content(), None);
    }

    #[test]
    fn a_frame_is_shown_by_its_names() {
        let shown = |kind, flags, stream, payload: &[u8]| {
            Frame::new(kind, flags, stream, payload).to_string()
        };
        assert_eq!(shown(HEADERS, 5, 1, b"ab"), "HEADERS stream 1 END_STREAM END_HEADERS, 2 bytes");
        assert_eq!(
            shown(SETTINGS, 0, 0, b"\0\x04\0\0\0\x01"),
            "SETTINGS, 6 bytes: INITIAL_WINDOW_SIZE=1"
        );
        assert_eq!(
            shown(GOAWAY, 0, 0, b"\0\0\0\x03\0\0\0\x01"),
            "GOAWAY, 8 bytes: PROTOCOL_ERROR after stream 3"
        );
        assert_eq!(shown(0xF0, 0, 1, b""), "type 0xf0 stream 1, 0 bytes");
    }
}
