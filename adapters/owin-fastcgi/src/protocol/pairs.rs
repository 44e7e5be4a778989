//! Names and values, one after the other (FastCGI 1.0 §3.4).

use owin_core::bytes::{Buf, Bytes, BytesMut};

/// A name and its value.
pub(crate) type Pair = (Bytes, Bytes);

/// Takes pairs apart, as many as there are, without copying them.
pub(super) struct Pairs(pub(super) Bytes);

/// The bytes end in the middle of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CutOff;

impl Iterator for Pairs {
    type Item = Result<Pair, CutOff>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let pair = self.pair();
        if pair.is_none() {
            self.0.clear();
        }
        Some(pair.ok_or(CutOff))
    }
}

impl Pairs {
    fn pair(&mut self) -> Option<Pair> {
        let (name, value) = (self.length()?, self.length()?);
        let both = name.checked_add(value)?;
        if self.0.len() < both {
            return None;
        }
        Some((self.0.split_to(name), self.0.split_to(value)))
    }

    /// A length: one byte up to 127, else four of which the first bit is set.
    fn length(&mut self) -> Option<usize> {
        let first = *self.0.first()?;
        if first < 0x80 {
            self.0.advance(1);
            return Some(usize::from(first));
        }
        let four = u32::from_be_bytes(*self.0.first_chunk::<4>()?) & 0x7fff_ffff;
        self.0.advance(4);
        usize::try_from(four).ok()
    }
}

/// Writes a pair, the parts of which are short.
pub(super) fn write_short(name: &[u8], value: &[u8], out: &mut BytesMut) {
    for part in [name, value] {
        debug_assert!(part.len() < 0x80, "it needs four bytes of length");
        out.extend_from_slice(&[u8::try_from(part.len()).unwrap_or(0x7f)]);
    }
    out.extend_from_slice(name);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(bytes: &'static [u8]) -> Result<Vec<Pair>, CutOff> {
        Pairs(Bytes::from_static(bytes)).collect()
    }

    #[test]
    fn short_and_long_lengths_are_read() {
        assert_eq!(pairs(b"\x01\x02abc").unwrap(), [(b"a"[..].into(), b"bc"[..].into())]);
        assert_eq!(
            pairs(b"\x80\x00\x00\x01\x80\x00\x00\x02abc\x00\x00").unwrap(),
            [(b"a"[..].into(), b"bc"[..].into()), (Bytes::new(), Bytes::new())]
        );
    }

    #[test]
    fn a_pair_that_is_cut_off_is_told_once() {
        for bytes in [
            &b"\x01"[..],
            b"\x80",
            b"\x80\x00\x00",
            b"\x01\x02ab",
            b"\xff\xff\xff\xff\xff\xff\xff\xffx",
        ] {
            let mut pairs = Pairs(Bytes::copy_from_slice(bytes));
            assert_eq!(pairs.next(), Some(Err(CutOff)), "{bytes:?}");
            assert_eq!(pairs.next(), None);
        }
    }
}
