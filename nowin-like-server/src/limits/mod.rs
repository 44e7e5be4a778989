//! What the server limits: one table, two presets.
//!
//! [`Limits`] has a field for each limit and [`Limits::table`] a row for each field, declared in one
//! place. Why a client that comes to a limit is refused is a [`Reason`](crate::observe::Reason), which
//! an [`Observer`](crate::observe::Observer) hears.

mod amount;
mod row;
mod table;

use std::time::Duration;

use owin_core::Error;

pub use self::amount::{Amount, Unit};
pub use self::row::Limit;
pub use self::table::Limits;

impl Limits {
    /// Every limit, in the order of a request's life.
    #[must_use]
    pub const fn table() -> &'static [Limit] {
        table::TABLE
    }

    /// Says whether the server could serve anybody with these limits.
    ///
    /// ```
    /// use nowin_like_server::Limits;
    ///
    /// let mut limits = Limits::edge();
    /// limits.head_bytes = 100;
    /// let error = limits.check().unwrap_err();
    /// assert!(error.to_string().starts_with("the limit head_bytes is 100 B"), "{error}");
    /// ```
    ///
    /// # Errors
    ///
    /// The first value that would make the server of no use or defenceless, and why.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(row) = Self::table().iter().find(|row| !row.is_sensible(self)) {
            let (name, value) = (row.name(), row.value(self));
            return Err(wrong(format!("the limit {name} is {value}, it can be {}", row.bounds())));
        }
        if self.request_line_bytes > self.head_bytes {
            return Err(wrong("request_line_bytes is more than head_bytes, of which it is a part"));
        }
        if self.write_high_water_bytes < self.write_buffer_bytes {
            return Err(wrong(
                "write_high_water_bytes is less than write_buffer_bytes: the app \
                would wait for a write that nobody begins",
            ));
        }
        Ok(())
    }

    /// How old a connection may become: [`connection_age`](Self::connection_age), up to a tenth more
    /// or less, by the number of the connection.
    ///
    /// Connections that began together, as after a restart, do not end together. The same number
    /// gives the same age.
    ///
    /// ```
    /// use std::time::Duration;
    /// use nowin_like_server::Limits;
    ///
    /// let age = Limits::edge().age_of_connection(1).unwrap_or_default();
    /// assert!(age >= Duration::from_secs(54 * 60) && age <= Duration::from_secs(66 * 60));
    /// ```
    #[must_use]
    pub fn age_of_connection(&self, number: u64) -> Option<Duration> {
        const STEPS: u32 = 1024;
        let age = self.connection_age?;
        let step = u32::try_from(mixed(number) % (2 * u64::from(STEPS) + 1)).unwrap_or(STEPS);
        Some(age - age / 10 + age / 10 / STEPS * step)
    }
}

/// The [edge](Limits::edge): who says nothing may face anybody.
impl Default for Limits {
    fn default() -> Self {
        Self::edge()
    }
}

fn wrong(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::server(what)
}

/// Spreads neighbouring numbers over all bits (the finalizer of SplitMix64).
const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
