//! No bytes make the reader of heads panic, and what it takes has no byte in it that must not be there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nowin_like_server::fuzzing::{Seen, head};

fuzz_target!(|bytes: &[u8]| {
    if let Seen::Head { method, target, fields, .. } = head(bytes) {
        assert!(!method.is_empty() && method.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!target.is_empty() && target.bytes().all(|byte| byte > b' ' && byte != 0x7f));
        for (name, value) in fields {
            assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(!value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')), "{value:?}");
        }
    }
});
