//! How much a limit allows, and how a person writes it.

use std::fmt;
use std::time::Duration;

use owin_core::features::Rate;

/// What a limit is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Things: fields, requests, connections.
    Count,
    /// A time.
    Time,
    /// A speed with a time of grace.
    Rate,
}

/// How much a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Amount {
    /// So many bytes or things.
    Number(u64),
    /// So long.
    Time(Duration),
    /// At least so fast.
    Rate(Rate),
    /// Nothing was chosen; the row says what that means.
    Unset,
}

impl Amount {
    /// The amount in words, as in `32 KiB`; empty where nothing was chosen.
    ///
    /// ```
    /// use nowin_like_server::limits::{Amount, Unit};
    ///
    /// assert_eq!(Amount::Number(8192).in_words(Unit::Bytes).to_string(), "8 KiB");
    /// assert_eq!(Amount::Number(30_000_000).in_words(Unit::Bytes).to_string(), "30,000,000 B");
    /// assert_eq!(Amount::Number(10_000).in_words(Unit::Count).to_string(), "10,000");
    /// ```
    #[must_use]
    pub fn in_words(self, unit: Unit) -> impl fmt::Display {
        InWords { amount: self, unit }
    }
}

/// What a field of [`Limits`](crate::Limits) can hold.
pub(super) trait Measure {
    fn amount(self) -> Amount;
}

impl Measure for u64 {
    fn amount(self) -> Amount {
        Amount::Number(self)
    }
}

impl Measure for u32 {
    fn amount(self) -> Amount {
        Amount::Number(u64::from(self))
    }
}

impl Measure for usize {
    fn amount(self) -> Amount {
        Amount::Number(u64::try_from(self).unwrap_or(u64::MAX))
    }
}

impl Measure for Duration {
    fn amount(self) -> Amount {
        Amount::Time(self)
    }
}

impl Measure for Rate {
    fn amount(self) -> Amount {
        Amount::Rate(self)
    }
}

impl<T: Measure> Measure for Option<T> {
    fn amount(self) -> Amount {
        self.map_or(Amount::Unset, Measure::amount)
    }
}

struct InWords {
    amount: Amount,
    unit: Unit,
}

impl fmt::Display for InWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.amount {
            Amount::Number(number) if self.unit == Unit::Bytes => bytes(f, number),
            Amount::Number(number) => f.write_str(&in_groups(number)),
            Amount::Time(time) => write_time(f, time),
            Amount::Rate(rate) => {
                write!(f, "{} B/s after ", in_groups(rate.bytes_per_second))?;
                write_time(f, rate.grace)
            }
            Amount::Unset => Ok(()),
        }
    }
}

fn bytes(f: &mut fmt::Formatter<'_>, number: u64) -> fmt::Result {
    const KIB: u64 = 1024;
    match number {
        1.. if number.is_multiple_of(KIB * KIB) => {
            write!(f, "{} MiB", in_groups(number / KIB / KIB))
        }
        1.. if number.is_multiple_of(KIB) => write!(f, "{} KiB", in_groups(number / KIB)),
        _ => write!(f, "{} B", in_groups(number)),
    }
}

fn write_time(f: &mut fmt::Formatter<'_>, time: Duration) -> fmt::Result {
    const HOUR: u64 = 60 * 60;
    match (time.as_secs(), time.subsec_nanos()) {
        (seconds @ 1.., 0) if seconds.is_multiple_of(HOUR) => {
            write!(f, "{} h", in_groups(seconds / HOUR))
        }
        (seconds, 0) => write!(f, "{} s", in_groups(seconds)),
        _ => write!(f, "{time:?}"),
    }
}

/// A number with a comma before every third digit from the end.
fn in_groups(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(amount: Amount) -> String {
        amount.in_words(Unit::Bytes).to_string()
    }

    #[test]
    fn bytes_are_said_in_the_largest_whole_unit() {
        let said = |number| said(Amount::Number(number));
        assert_eq!([said(0), said(1023), said(1024)], ["0 B", "1,023 B", "1 KiB"]);
        assert_eq!([said(1025), said(5 << 20)], ["1,025 B", "5 MiB"]);
    }

    #[test]
    fn times_are_said_in_the_largest_whole_unit() {
        let said = |milliseconds| said(Amount::Time(Duration::from_millis(milliseconds)));
        assert_eq!([said(0), said(50), said(1_500)], ["0 s", "50ms", "1.5s"]);
        assert_eq!([said(65_000), said(7_200_000)], ["65 s", "2 h"]);
    }

    #[test]
    fn speeds_are_said_with_their_grace() {
        let rate = Rate { bytes_per_second: 1_500, grace: Duration::from_secs(5) };
        assert_eq!(said(Amount::Rate(rate)), "1,500 B/s after 5 s");
    }

    #[test]
    fn digits_are_grouped_from_the_end() {
        assert_eq!([in_groups(1), in_groups(123), in_groups(1_234)], ["1", "123", "1,234"]);
        assert_eq!(in_groups(u64::MAX), "18,446,744,073,709,551,615");
    }
}
