//! No bytes make the machine of a connection panic, and it does not matter how they are split.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nowin_like_server::fuzzing::{connection, splits};

fuzz_target!(|bytes: &[u8]| {
    let whole = connection(bytes, &[]);
    for pieces in splits(bytes) {
        assert_eq!(connection(bytes, &pieces), whole, "in {pieces:?}");
    }
});
