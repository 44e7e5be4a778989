//! The first message of a handshake, byte by byte (RFC 8446 §4.1, RFC 5246 §7.4.1).

use std::time::Duration;

use crate::wire::link::Link;
use crate::wire::waiting::Missing;

/// TLS 1.2, which stands in front of a handshake of 1.3 too.
pub(crate) const TLS_12: u16 = 0x0303;
pub(crate) const TLS_13: u16 = 0x0304;

/// What every server of TLS 1.2 or 1.3 has one of.
const USUAL_SUITES: [u16; 13] = [
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC009, 0xC013, 0x009C,
    0x002F,
];

const GROUPS: [u16; 3] = [0x001D, 0x0017, 0x0018];

const SIGNATURES: [u16; 12] = [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
];

/// What begins a handshake record, or a ClientHello.
const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const SERVER_HELLO: u8 = 2;

/// A ClientHello that can offer anything.
#[derive(Clone, Debug)]
pub(crate) struct ClientHello {
    /// What it offers, the newest first.
    pub(crate) versions: Vec<u16>,
    pub(crate) suites: Vec<u16>,
    pub(crate) compressions: Vec<u8>,
    pub(crate) session: Vec<u8>,
    /// Bytes of an extension that means nothing.
    pub(crate) padding: usize,
    /// The name in SNI.
    pub(crate) name: Option<String>,
}

/// What a server answers to the first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It goes on with the handshake, by these.
    Hello { version: u16, suite: u16, compression: u8 },
    /// It refuses, by that number.
    Alert(u8),
    /// Something that is no record of TLS, or none that may come here.
    Other,
}

impl ClientHello {
    /// One that every server takes.
    pub(crate) fn new() -> Self {
        Self {
            versions: vec![TLS_13, TLS_12],
            suites: USUAL_SUITES.to_vec(),
            compressions: vec![0],
            session: vec![0x5A; 32],
            padding: 0,
            name: None,
        }
    }

    /// One that offers that version only.
    pub(crate) fn of(version: u16) -> Self {
        Self { versions: vec![version], ..Self::new() }
    }

    /// The message, with its header.
    pub(crate) fn message(&self) -> Vec<u8> {
        let oldest = self.versions.first().copied().unwrap_or(TLS_12).min(TLS_12);
        let mut body = oldest.to_be_bytes().to_vec();
        body.extend((0..32_u8).map(|byte| byte.wrapping_mul(37)));
        vector(&mut body, 1, &self.session);
        vector(&mut body, 2, &pairs(&self.suites));
        vector(&mut body, 1, &self.compressions);
        vector(&mut body, 2, &self.extensions());
        let mut message = vec![1];
        vector(&mut message, 3, &body);
        message
    }

    /// The message in one record.
    pub(crate) fn record(&self) -> Vec<u8> {
        record(HANDSHAKE, &self.message())
    }

    /// The message in records of so many bytes.
    pub(crate) fn records(&self, size: usize) -> Vec<u8> {
        self.message().chunks(size.max(1)).flat_map(|piece| record(HANDSHAKE, piece)).collect()
    }

    fn extensions(&self) -> Vec<u8> {
        let mut all = Vec::new();
        if let Some(name) = &self.name {
            let mut entry = vec![0];
            vector(&mut entry, 2, name.as_bytes());
            extension(&mut all, 0, |body| vector(body, 2, &entry));
        }
        extension(&mut all, 23, |_| ());
        extension(&mut all, 0xFF01, |body| vector(body, 1, &[]));
        extension(&mut all, 11, |body| vector(body, 1, &[0]));
        extension(&mut all, 10, |body| vector(body, 2, &pairs(&GROUPS)));
        extension(&mut all, 13, |body| vector(body, 2, &pairs(&SIGNATURES)));
        extension(&mut all, 43, |body| vector(body, 1, &pairs(&self.versions)));
        extension(&mut all, 45, |body| vector(body, 1, &[1]));
        // A point of X25519 that everybody can calculate with.
        let mut share = vec![0x00, 0x1D];
        vector(&mut share, 2, &[9; 32]);
        extension(&mut all, 51, |body| vector(body, 2, &share));
        if self.padding > 0 {
            extension(&mut all, 21, |body| body.resize(self.padding, 0));
        }
        all
    }
}

/// Content in a record of that type. Who makes it longer than a record may be wants that.
pub(crate) fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 3, 1];
    vector(&mut bytes, 2, content);
    bytes
}

/// Reads what a server answers to the first message, and waits for it no longer than that.
pub(crate) fn reply_within(link: &mut Link, patience: Duration) -> Result<Reply, Missing> {
    link.take_by(patience, read)
}

fn read(bytes: &[u8]) -> Option<(Reply, usize)> {
    let [kind, major, ..] = *bytes else { return None };
    if !matches!(kind, HANDSHAKE | ALERT) || major != 3 {
        return Some((Reply::Other, bytes.len()));
    }
    let mut rest = bytes.get(3..)?;
    let content = taken(&mut rest, 2)?;
    let used = bytes.len() - rest.len();
    let reply = match (kind, content) {
        (ALERT, [_, description]) => Reply::Alert(*description),
        (HANDSHAKE, [SERVER_HELLO, _, _, _, body @ ..]) => {
            server_hello(body).unwrap_or(Reply::Other)
        }
        _ => Reply::Other,
    };
    Some((reply, used))
}

fn server_hello(body: &[u8]) -> Option<Reply> {
    let (mut version, mut rest) = (number(body.get(..2)?), body.get(34..)?);
    let _session = taken(&mut rest, 1)?;
    let (suite, mut rest) = (number(rest.get(..2)?), rest.get(2..)?);
    let (compression, tail) = rest.split_first()?;
    rest = tail;
    let mut extensions = if rest.is_empty() { rest } else { taken(&mut rest, 2)? };
    while let Some((kind, mut tail)) = extensions.split_at_checked(2) {
        let content = taken(&mut tail, 2)?;
        if kind == [0, 43] {
            version = number(content);
        }
        extensions = tail;
    }
    let short = |value: usize| u16::try_from(value).ok();
    Some(Reply::Hello { version: short(version)?, suite: short(suite)?, compression: *compression })
}

/// Takes a vector whose length stands before it in so many bytes.
fn taken<'a>(bytes: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_at_checked(size)?;
    let (content, rest) = rest.split_at_checked(number(length))?;
    *bytes = rest;
    Some(content)
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_mul(256).wrapping_add(usize::from(*byte)))
}

fn vector(to: &mut Vec<u8>, size: usize, content: &[u8]) {
    let length = content.len().to_be_bytes();
    to.extend(length.get(length.len().saturating_sub(size)..).unwrap_or_default());
    to.extend(content);
}

fn extension(to: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut body = Vec::new();
    fill(&mut body);
    to.extend(kind.to_be_bytes());
    vector(to, 2, &body);
}

fn pairs(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_of_a_hello_agree_with_its_bytes() {
        let hello =
            ClientHello { padding: 300, name: Some("a.b".to_owned()), ..ClientHello::new() };
        let record = hello.record();
        assert_eq!(number(&record[3..5]), record.len() - 5);
        assert_eq!(number(&record[6..9]), record.len() - 9);
        assert_eq!(record[..3], [22, 3, 1]);
        assert_eq!(record[9..11], [3, 3]);
        assert_eq!(ClientHello::of(0x0301).message()[4..6], [3, 1]);
        assert_eq!(hello.records(1).len(), hello.message().len() * 6);
    }

    #[test]
    fn an_answer_is_read_and_each_prefix_of_it_is_none() {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
        let mut message = vec![2];
        vector(&mut message, 3, &body);
        let bytes = record(22, &message);
        let right = Reply::Hello { version: 0x0304, suite: 0x1301, compression: 0 };
        assert_eq!(read(&bytes), Some((right, bytes.len())));
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), None, "{end}");
        }
        assert_eq!(read(&record(21, &[2, 70])), Some((Reply::Alert(70), 7)));
        assert_eq!(read(b"HTTP/1.1 400 Bad"), Some((Reply::Other, 16)));
    }
}
