//! What a ClientHello says (RFC 8446 §4.1.2).

/// The parts of a ClientHello that decide something.
#[derive(Clone, Debug, Default)]
pub(super) struct Hello {
    /// The newest version that is offered.
    pub(super) version: u16,
    pub(super) suites: Vec<u16>,
    pub(super) compressions: Vec<u8>,
    pub(super) alpn: Vec<Vec<u8>>,
    pub(super) name: String,
    /// It asks whether the certificate was revoked, as every real client does.
    pub(super) asks_for_status: bool,
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, size: usize) -> Option<usize> {
        Some(self.take(size)?.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)))
    }

    /// A vector whose length stands before it in so many bytes.
    fn vector(&mut self, size: usize) -> Option<&'a [u8]> {
        let length = self.number(size)?;
        self.take(length)
    }
}

fn pairs(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

/// Reads a message without its header; `None` where it is malformed.
pub(super) fn read(message: &[u8]) -> Option<Hello> {
    let mut bytes = Bytes(message);
    let mut hello = Hello { version: u16::try_from(bytes.number(2)?).ok()?, ..Hello::default() };
    bytes.take(32)?;
    if bytes.vector(1)?.len() > 32 {
        return None;
    }
    hello.suites = pairs(bytes.vector(2)?);
    hello.compressions = bytes.vector(1)?.to_vec();
    if hello.suites.is_empty() || hello.compressions.is_empty() {
        return None;
    }
    if bytes.0.is_empty() {
        return Some(hello);
    }
    let mut extensions = Bytes(bytes.vector(2)?);
    while !extensions.0.is_empty() {
        let (kind, mut body) = (extensions.number(2)?, Bytes(extensions.vector(2)?));
        match kind {
            0 => {
                let mut names = Bytes(body.vector(2)?);
                names.take(1)?;
                hello.name = String::from_utf8_lossy(names.vector(2)?).into_owned();
            }
            5 => hello.asks_for_status = true,
            16 => {
                let mut names = Bytes(body.vector(2)?);
                while !names.0.is_empty() {
                    hello.alpn.push(names.vector(1)?.to_vec());
                }
            }
            43 => hello.version = pairs(body.vector(1)?).into_iter().max()?,
            _ => {}
        }
    }
    bytes.0.is_empty().then_some(hello)
}
