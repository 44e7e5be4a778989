//! The `Date` field, formatted once a second (RFC 9110 §6.6.1).

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The line that was formatted last, and how long it is the right one.
struct Last {
    until: Option<Instant>,
    line: Line,
}

/// As in `date: Sun, 06 Nov 1994 08:49:37 GMT`, CRLF included: always as long, which makes a copy of
/// it a few moves.
pub(crate) type Line = [u8; 37];

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { until: None, line: [b' '; 37] }) };
}

/// The line that has the current date in its fixed form.
#[inline]
pub(crate) fn line(now: Instant) -> Line {
    LAST.with_borrow_mut(|last| {
        if last.until.is_none_or(|until| now >= until) {
            last.renew(now);
        }
        last.line
    })
}

impl Last {
    #[cold]
    fn renew(&mut self, now: Instant) {
        let date = SystemTime::now();
        let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
        let in_second = Duration::from_nanos(u64::from(since.subsec_nanos()));
        self.until = Some(now + (Duration::from_secs(1) - in_second));
        let line = format!("date: {}\r\n", httpdate::fmt_http_date(date));
        self.line = line.as_bytes().try_into().unwrap_or(self.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_has_its_fixed_form() {
        let line = line(Instant::now());
        assert!(line.starts_with(b"date: ") && line.ends_with(b" GMT\r\n"), "{line:?}");
    }

    #[test]
    fn the_date_is_formatted_anew_in_another_second() {
        let now = Instant::now();
        let _formatted = line(now);
        LAST.with_borrow_mut(|last| last.line = [b'?'; 37]);
        assert_eq!(line(now), [b'?'; 37]);
        assert_ne!(line(now + Duration::from_secs(1)), [b'?'; 37]);
    }
}
