//! Buffers for whoever is busy: a connection that waits for bytes holds none.

use std::cell::RefCell;

use bytes::BytesMut;

use crate::h1::outbox::Outbox;

/// How many pairs a thread keeps: what is above goes back to the system after a burst.
const KEPT: usize = 32;

/// Buffers that grew beyond this are not kept.
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// What one connection needs: a buffer for reading, and one for writing.
type Pair = (BytesMut, Outbox);

thread_local! {
    static FREE: RefCell<Vec<Pair>> = const { RefCell::new(Vec::new()) };
}

/// Takes buffers, which are empty but may have memory.
pub(super) fn take(reading: &mut BytesMut, writing: &mut Outbox) {
    if let Some(pair) = FREE.with_borrow_mut(Vec::pop) {
        *reading = pair.0;
        if writing.capacity() == 0 {
            *writing = pair.1;
        }
    }
}

/// Gives buffers back, with nothing in them that anybody needs.
pub(super) fn give(reading: &mut BytesMut, writing: &mut Outbox) {
    let (mut reading, mut writing) = (std::mem::take(reading), std::mem::take(writing));
    if reading.capacity() > MAX_KEPT_BYTES || writing.capacity() > MAX_KEPT_BYTES {
        return;
    }
    reading.clear();
    writing.clear();
    FREE.with_borrow_mut(|free| {
        if free.len() < KEPT {
            free.push((reading, writing));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox_of(bytes: &[u8]) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.bytes_mut().extend_from_slice(bytes);
        outbox
    }

    #[test]
    fn buffers_come_back_empty() {
        let (mut reading, mut writing) = (BytesMut::from("secret"), outbox_of(b"more"));
        give(&mut reading, &mut writing);
        assert_eq!((reading.capacity(), writing.capacity()), (0, 0));
        take(&mut reading, &mut writing);
        assert!(reading.is_empty() && reading.capacity() >= 6);
        assert!(writing.is_empty() && writing.capacity() >= 4);
    }

    #[test]
    fn a_buffer_in_use_is_not_replaced() {
        give(&mut BytesMut::from("a"), &mut outbox_of(b"b"));
        let (mut reading, mut writing) = (BytesMut::new(), outbox_of(b"in use"));
        take(&mut reading, &mut writing);
        assert_eq!(writing.unsent(), b"in use");
    }

    #[test]
    fn only_so_many_are_kept_and_none_that_are_large() {
        give(&mut BytesMut::with_capacity(MAX_KEPT_BYTES + 1), &mut Outbox::default());
        for _ in 0..2 * KEPT {
            give(&mut BytesMut::with_capacity(8), &mut Outbox::default());
        }
        let kept = std::iter::repeat_with(|| {
            let mut reading = BytesMut::new();
            take(&mut reading, &mut Outbox::default());
            reading.capacity()
        });
        assert_eq!(kept.take_while(|bytes| (1..=64).contains(bytes)).count(), KEPT);
    }
}
