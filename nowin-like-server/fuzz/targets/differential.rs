//! Our reader of heads and a second one agree on what is a request, and on all that is in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nowin_like_server::fuzzing::{Seen, head};
use nowin_like_server_fuzz::strict;

fuzz_target!(|bytes: &[u8]| {
    match (head(bytes), strict::head(bytes)) {
        (ours @ Seen::Head { .. }, Some(theirs)) => assert_eq!(plain(ours), plain(theirs)),
        (ours @ Seen::Head { .. }, None) => panic!("only we take it: {ours:?}"),
        (ours, Some(theirs)) => panic!("we say {ours:?}, and they take it: {theirs:?}"),
        (_, None) => {}
    }
});

/// Leaves out what our reader settles for the app: the `Host`, which the target may replace, and then
/// the case and the order of names.
fn plain(mut seen: Seen) -> Seen {
    if let Seen::Head { fields, .. } = &mut seen {
        fields.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
        fields.retain(|(name, _)| name != "host");
        fields.sort_by(|left, right| left.0.cmp(&right.0));
    }
    seen
}
