//! What is to be sent: bytes that are collected, and how far they have gone out.

/// Bytes that are collected behind those that were sent already.
///
/// In a `Vec`, whose code is compiled into whoever puts something in: a piece of a length that the
/// compiler knows is a few moves and no call, and most of a head is made of such pieces.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    /// Where bytes are put, behind all others.
    pub(super) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What has not been sent.
    pub(super) fn unsent(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// How many bytes have not been sent.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Whether all was sent.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// So many bytes at the front were sent. Their memory is used again once they are as many as
    /// the rest, which is moved then: each byte is moved once at most.
    pub(super) fn advance(&mut self, count: usize) {
        self.sent = self.bytes.len().min(self.sent.saturating_add(count));
        if self.is_empty() {
            self.clear();
        } else if self.sent >= self.len() {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Forgets all and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.sent = 0;
    }

    /// How many bytes there is memory for.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_never_seen_again() {
        for step in 1..9 {
            let (mut outbox, mut sent) = (Outbox::default(), Vec::new());
            for byte in 0..100 {
                outbox.bytes_mut().extend_from_slice(&[byte, byte]);
                let count = step.min(outbox.len());
                sent.extend_from_slice(&outbox.unsent()[..count]);
                outbox.advance(count);
            }
            sent.extend_from_slice(outbox.unsent());
            assert!(sent.iter().copied().eq((0..100).flat_map(|byte| [byte, byte])), "{step}");
        }
    }

    #[test]
    fn memory_is_used_again() {
        let mut outbox = Outbox::default();
        for _ in 0..1_000 {
            outbox.bytes_mut().extend_from_slice(&[0; 100]);
            outbox.advance(if outbox.len() > 100 { 150 } else { 50 });
        }
        assert!(outbox.capacity() < 1_000, "{}", outbox.capacity());
    }
}
