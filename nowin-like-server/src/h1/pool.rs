//! Buffers for whoever is busy: a connection that waits for a request holds none.

use std::cell::RefCell;

use bytes::BytesMut;

/// How many buffers a thread keeps: what is above goes back to the system after a burst.
const KEPT: usize = 64;

/// Buffers that grew beyond this are not kept.
const MAX_KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    static FREE: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer.
pub(super) fn take() -> BytesMut {
    FREE.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Gives a buffer back, with nothing in it that anybody needs.
pub(super) fn give(buffer: &mut BytesMut) {
    let mut buffer = std::mem::take(buffer);
    if buffer.capacity() == 0 || buffer.capacity() > MAX_KEPT_BYTES {
        return;
    }
    buffer.clear();
    FREE.with_borrow_mut(|free| {
        if free.len() < KEPT {
            free.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty() {
        let mut buffer = BytesMut::from(&b"secret"[..]);
        give(&mut buffer);
        assert_eq!(buffer.capacity(), 0);
        let again = take();
        assert!(again.is_empty() && again.capacity() >= 6);
    }

    #[test]
    fn only_so_many_are_kept_and_none_that_is_large() {
        let mut large = BytesMut::with_capacity(MAX_KEPT_BYTES + 1);
        give(&mut large);
        let mut many: Vec<_> = (0..2 * KEPT).map(|_| BytesMut::with_capacity(8)).collect();
        many.iter_mut().for_each(give);
        let kept = std::iter::repeat_with(take).take_while(|buffer| buffer.capacity() > 0).count();
        assert_eq!(kept, KEPT);
    }
}
