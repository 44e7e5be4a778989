//! What a byte means to a reader: one look at a table instead of a row of comparisons.

/// A class for each of the 256 bytes; a class is a set of bits, and 0 where nothing was said.
#[derive(Debug)]
pub(crate) struct Classes([u8; 256]);

impl Classes {
    /// Says nothing of any byte.
    pub(crate) const fn new() -> Self {
        Self([0; 256])
    }

    /// Adds a class to some bytes.
    pub(crate) const fn with(mut self, class: u8, bytes: &[u8]) -> Self {
        let mut bytes = bytes;
        while let [byte, rest @ ..] = bytes {
            self.add(class, *byte);
            bytes = rest;
        }
        self
    }

    /// Adds a class to all bytes between two, those included.
    pub(crate) const fn with_range(mut self, class: u8, first: u8, last: u8) -> Self {
        let mut byte = first;
        while byte < last {
            self.add(class, byte);
            byte += 1;
        }
        self.add(class, last);
        self
    }

    /// The class of a byte.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "every byte has a place among 256")]
    #[expect(clippy::as_conversions, reason = "a byte always fits")]
    pub(crate) const fn of(&self, byte: u8) -> u8 {
        self.0[byte as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "every byte has a place among 256")]
    #[expect(clippy::as_conversions, reason = "a byte always fits")]
    const fn add(&mut self, class: u8, byte: u8) {
        self.0[byte as usize] |= class;
    }
}

#[cfg(test)]
mod tests {
    use super::Classes;

    #[test]
    fn a_byte_has_every_class_that_it_was_given() {
        let classes = Classes::new().with_range(1, b'a', b'c').with(2, b"c\xff");
        assert_eq!([b'`', b'a', b'c', b'd', u8::MAX].map(|byte| classes.of(byte)), [0, 1, 3, 0, 2]);
    }

    #[test]
    fn a_range_may_end_with_the_last_byte() {
        assert_eq!(Classes::new().with_range(1, 0, u8::MAX).of(u8::MAX), 1);
    }
}
