//! The `Date` field, formatted once a second (RFC 9110 §6.6.1).

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The date that was formatted last, and how long it is the right one.
struct Last {
    until: Option<Instant>,
    text: String,
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { until: None, text: String::new() }) };
}

/// Calls `use_it` with the current date in its fixed form, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn with_date<T>(now: Instant, use_it: impl FnOnce(&str) -> T) -> T {
    LAST.with_borrow_mut(|last| {
        if last.until.is_none_or(|until| now >= until) {
            let date = SystemTime::now();
            let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
            let in_second = Duration::from_nanos(u64::from(since.subsec_nanos()));
            last.until = Some(now + (Duration::from_secs(1) - in_second));
            last.text = httpdate::fmt_http_date(date);
        }
        use_it(&last.text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_has_its_fixed_form() {
        let length = with_date(Instant::now(), |date| {
            assert!(date.ends_with(" GMT"), "{date}");
            date.len()
        });
        assert_eq!(length, 29);
    }

    #[test]
    fn the_date_is_formatted_anew_in_another_second() {
        let now = Instant::now();
        with_date(now, |_| ());
        LAST.with_borrow_mut(|last| last.text = "stale".to_owned());
        with_date(now, |date| assert_eq!(date, "stale"));
        with_date(now + Duration::from_secs(1), |date| assert_ne!(date, "stale"));
    }
}
