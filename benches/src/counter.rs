//! How much the program has allocated, where it was built with the feature `count`.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "count")]
#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// What has been allocated since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// How often memory was asked for.
    pub(crate) allocations: u64,
    /// How often memory was asked to grow or shrink.
    pub(crate) reallocations: u64,
    /// How many bytes were asked for, and by how many memory grew.
    pub(crate) bytes: u64,
}

/// The counts so far.
#[cfg(feature = "count")]
pub(crate) fn counts() -> Option<Counts> {
    let stats = ALLOCATOR.stats();
    let number = |count| u64::try_from(count).unwrap_or(u64::MAX);
    Some(Counts {
        allocations: number(stats.allocations),
        reallocations: number(stats.reallocations),
        bytes: number(stats.bytes_allocated),
    })
}

/// Nothing: the program was built without the counter, which would cost time.
#[cfg(not(feature = "count"))]
pub(crate) const fn counts() -> Option<Counts> {
    None
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.allocations, self.reallocations, self.bytes)
    }
}

impl FromStr for Counts {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut numbers = line.split(' ').map_while(|number| number.parse().ok());
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(allocations), Some(reallocations), Some(bytes)) => {
                Ok(Self { allocations, reallocations, bytes })
            }
            _ => Err(format!("{line:?} is no counts")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_they_are_written() {
        let counts = Counts { allocations: 1, reallocations: 20, bytes: 300 };
        assert_eq!(counts.to_string().parse(), Ok(counts));
        assert!("1 20".parse::<Counts>().is_err());
        assert!("".parse::<Counts>().is_err());
    }
}
