//! The `Date` field, formatted once a second (RFC 9110 §6.6.1).

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The line that was formatted last, and how long it is the right one.
struct Last {
    until: Option<Instant>,
    line: String,
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { until: None, line: String::new() }) };
}

/// Calls `use_it` with the line, CRLF included, that has the current date in its fixed form, as in
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn with_line<T>(now: Instant, use_it: impl FnOnce(&str) -> T) -> T {
    LAST.with_borrow_mut(|last| {
        if last.until.is_none_or(|until| now >= until) {
            let date = SystemTime::now();
            let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
            let in_second = Duration::from_nanos(u64::from(since.subsec_nanos()));
            last.until = Some(now + (Duration::from_secs(1) - in_second));
            last.line = format!("date: {}\r\n", httpdate::fmt_http_date(date));
        }
        use_it(&last.line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_has_its_fixed_form() {
        let length = with_line(Instant::now(), |line| {
            assert!(line.starts_with("date: ") && line.ends_with(" GMT\r\n"), "{line}");
            line.len()
        });
        assert_eq!(length, 37);
    }

    #[test]
    fn the_date_is_formatted_anew_in_another_second() {
        let now = Instant::now();
        with_line(now, |_| ());
        LAST.with_borrow_mut(|last| last.line = "stale".to_owned());
        with_line(now, |date| assert_eq!(date, "stale"));
        with_line(now + Duration::from_secs(1), |date| assert_ne!(date, "stale"));
    }
}
