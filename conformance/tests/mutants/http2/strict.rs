//! Rows of frames, and whether what came is one of them.

use super::frames::{Frame, HEADERS, PING, SETTINGS, UPDATE};

/// Whether the frames that came are those of the row, with other targets in their blocks. What the
/// suite asks for its own sake is none.
pub(crate) fn is_like(row: &[u8], came: &[Frame]) -> bool {
    let mut rest = row.strip_prefix(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice()).unwrap_or(row);
    let mut right = Vec::new();
    while let Ok(frame) = Frame::read(&mut rest) {
        right.push(frame);
    }
    // A ping between the frames of a row is none of it, nor is room for an answer that came meanwhile.
    let has_updates = right.iter().any(|frame| frame.kind == UPDATE);
    let is_said = |frame: &&Frame| match frame.kind {
        SETTINGS => !frame.payload.is_empty(),
        PING => !frame.payload.starts_with(b"\0wicn"),
        UPDATE => has_updates,
        _ => true,
    };
    let came: Vec<&Frame> = came.iter().filter(is_said).collect();
    let right: Vec<&Frame> = right.iter().filter(is_said).collect();
    let is_ours = |frame: &&Frame| {
        let ours: [&[u8]; 4] = [b"/version", b"/count", b"nonce=canary", b"nonce=0"];
        ours.iter().any(|own| frame.payload.windows(own.len()).any(|bytes| bytes == *own))
    };
    came.len() == right.len()
        && !came.iter().any(is_ours)
        && came.iter().zip(&right).all(|(came, right)| is_one(came, right))
}

/// Frames with blocks are compared by what stands before the block.
fn is_one(came: &Frame, right: &Frame) -> bool {
    let is_same = (came.kind, came.flags, came.stream) == (right.kind, right.flags, right.stream);
    is_same && (matches!(right.kind, HEADERS | 9) || came.payload == right.payload)
}
