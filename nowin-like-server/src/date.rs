//! The `Date` field, formatted once a second (RFC 9110 §6.6.1).

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

thread_local! {
    static LAST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
}

/// Calls `use_it` with the current date in its fixed form, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn with_now<T>(use_it: impl FnOnce(&str) -> T) -> T {
    let now = SystemTime::now();
    let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    LAST.with_borrow_mut(|(known, text)| {
        if *known != second || text.is_empty() {
            *known = second;
            *text = httpdate::fmt_http_date(now);
        }
        use_it(text)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_date_has_its_fixed_form() {
        let length = super::with_now(|date| {
            assert!(date.ends_with(" GMT"), "{date}");
            date.len()
        });
        assert_eq!(length, 29);
    }
}
