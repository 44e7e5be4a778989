//! Records as a web server writes and reads them (FastCGI 1.0 §3.3, §3.4, §8).

use std::io;

use owin_core::bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The types of records.
pub(crate) mod kind {
    pub(crate) const BEGIN_REQUEST: u8 = 1;
    pub(crate) const ABORT_REQUEST: u8 = 2;
    pub(crate) const END_REQUEST: u8 = 3;
    pub(crate) const PARAMS: u8 = 4;
    pub(crate) const STDIN: u8 = 5;
    pub(crate) const STDOUT: u8 = 6;
}

/// The only request of a connection.
const ID: u16 = 1;

/// The most content of a record that is a multiple of eight.
const MAX_CONTENT: usize = 0xfff8;

/// What an application answers by.
#[derive(Debug)]
pub(crate) enum Told {
    Stdout(Bytes),
    /// The request is over, and was answered.
    End,
}

/// Begins a request to a responder, on a connection that is to stay.
pub(crate) fn begin(params: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut pairs = Vec::new();
    for (name, value) in params {
        for part in [name, value] {
            match u8::try_from(part.len()) {
                Ok(length @ 0..0x80) => pairs.push(length),
                _ => pairs.extend((u32::try_from(part.len()).unwrap_or(0) | 1 << 31).to_be_bytes()),
            }
        }
        pairs.extend([name.as_slice(), value].concat());
    }
    let begin = record(kind::BEGIN_REQUEST, &[0, 1, 1, 0, 0, 0, 0, 0]);
    [begin, stream(kind::PARAMS, &pairs), record(kind::PARAMS, b"")].concat()
}

/// A part of a stream, which does not end it: none where it is empty.
pub(crate) fn stream(kind: u8, content: &[u8]) -> Vec<u8> {
    content.chunks(MAX_CONTENT).flat_map(|content| record(kind, content)).collect()
}

/// One record, padded to a multiple of eight, as the protocol recommends.
pub(crate) fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let padding = content.len().next_multiple_of(8) - content.len();
    let [length_1, length_0] = u16::try_from(content.len()).unwrap_or(0).to_be_bytes();
    let [id_1, id_0] = ID.to_be_bytes();
    let header = [1, kind, id_1, id_0, length_1, length_0, u8::try_from(padding).unwrap_or(0), 0];
    [&header[..], content, [0; 8].get(..padding).unwrap_or_default()].concat()
}

/// What the application says next.
///
/// # Errors
///
/// Where the connection ends, by bytes that are no record of an answer too, or the request ends and
/// was not answered.
pub(crate) async fn next(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Told> {
    loop {
        let mut header = [0; 8];
        reader.read_exact(&mut header).await?;
        let [version, kind, id_1, id_0, length_1, length_0, padding, _] = header;
        if version != 1 || u16::from_be_bytes([id_1, id_0]) != ID {
            return Err(io::Error::other("no record of this request"));
        }
        let mut content = vec![0; usize::from(u16::from_be_bytes([length_1, length_0]))];
        reader.read_exact(&mut content).await?;
        let mut padded = [0; 255];
        reader.read_exact(padded.get_mut(..usize::from(padding)).unwrap_or_default()).await?;
        match (kind, content.as_slice()) {
            // The end of the stream; that of the request follows.
            (kind::STDOUT, []) => {}
            (kind::STDOUT, _) => return Ok(Told::Stdout(content.into())),
            (kind::END_REQUEST, [0, 0, 0, 0, 0, _, _, _]) => return Ok(Told::End),
            _ => return Err(io::Error::other(format!("type {kind}: {content:?}"))),
        }
    }
}
