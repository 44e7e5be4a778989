//! Arithmetic of what was measured: medians, percentiles, differences, ratios.

use std::time::Duration;

/// The number as a float; beyond 2^53 it loses what no figure here shows.
#[expect(clippy::as_conversions, reason = "there is no other way, and the loss is nothing here")]
pub(crate) const fn float(number: u64) -> f64 {
    number as f64
}

/// The value in the middle, the upper one of two.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The smallest time that as many per cent of all times do not exceed.
pub(crate) fn percentile(times: &[Duration], per_cent: usize) -> Option<Duration> {
    let mut times = times.to_vec();
    times.sort();
    let rank = (times.len() * per_cent).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied()
}

/// How many times the base the value is; not a number where there is no base.
pub(crate) fn ratio(value: f64, base: Option<f64>) -> f64 {
    base.map_or(f64::NAN, |base| value / base)
}

/// What one of `count` things takes, by what was used before and after them.
pub(crate) fn each(before: u64, after: u64, count: u32) -> f64 {
    (float(after) - float(before)) / f64::from(count)
}

/// Bytes in MiB.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    float(bytes) / 1_048_576.0
}

/// A time in microseconds.
pub(crate) fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_a_value_that_was_measured() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0].into_iter()), Some(4.0));
        assert_eq!(median([].into_iter()), None);
    }

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&times, 99), Some(Duration::from_millis(198)));
        assert_eq!(percentile(&times, 100), Some(Duration::from_millis(200)));
        assert_eq!(percentile(&[Duration::ZERO], 1), Some(Duration::ZERO));
        assert_eq!(percentile(&[], 99), None);
    }

    #[test]
    fn a_ratio_without_a_base_is_no_number() {
        assert!(ratio(1.0, None).is_nan());
        assert!((ratio(3.0, Some(2.0)) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn less_after_than_before_is_less_than_nothing() {
        assert!((each(100, 300, 10) - 20.0).abs() < 1e-9);
        assert!((each(300, 100, 10) + 20.0).abs() < 1e-9);
        assert!((mebibytes(3 << 19) - 1.5).abs() < 1e-9);
    }
}
