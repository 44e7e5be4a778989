//! No bytes make the decoder of chunks panic, and it does not matter how they are split.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nowin_like_server::fuzzing::{chunked, splits};

fuzz_target!(|bytes: &[u8]| {
    let whole = chunked(bytes, &[]);
    for pieces in splits(bytes) {
        assert_eq!(chunked(bytes, &pieces), whole, "in {pieces:?}");
    }
});
