//! One limit, as data.

use std::fmt;
use std::time::Duration;

use crate::Limits;
use crate::limits::{Amount, Unit};
use crate::observe::Reason;

/// A field of [`Limits`]: what it limits, what happens there, and why it is as it is.
///
/// ```
/// use nowin_like_server::Limits;
///
/// let limits = Limits::internal();
/// for limit in Limits::table() {
///     println!("{} = {}    # {}", limit.name(), limit.value(&limits), limit.answer());
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Limit {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) unit: Unit,
    pub(super) bounds: Bounds,
    pub(super) amount: fn(&Limits) -> Amount,
    pub(super) unset: &'static str,
    pub(super) refusal: Option<Reason>,
    pub(super) answer: &'static str,
    pub(super) why: &'static str,
    pub(super) source: &'static str,
}

impl Limit {
    /// The name of the field.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What is limited.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        self.doc.trim()
    }

    /// What it is counted in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// What a client gets that comes to the limit.
    #[must_use]
    pub const fn answer(&self) -> &'static str {
        self.answer
    }

    /// The reason that an [`Observer`](crate::observe::Observer) hears, where somebody is refused.
    #[must_use]
    pub const fn refusal(&self) -> Option<Reason> {
        self.refusal
    }

    /// Why there is such a limit, and why it has this value.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        self.why
    }

    /// The document that decides, what happened where it was missing, or whose default it is.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// How much these limits allow.
    #[must_use]
    pub fn amount(&self, limits: &Limits) -> Amount {
        (self.amount)(limits)
    }

    /// The same in words, as in `32 KiB`; where nothing was chosen, what that means.
    ///
    /// ```
    /// use nowin_like_server::Limits;
    ///
    /// let row = Limits::table().iter().find(|row| row.name() == "connections").unwrap();
    /// let mut limits = Limits::edge();
    /// assert_eq!(row.value(&limits), "80 % of the descriptors");
    /// limits.connections = Some(10_000);
    /// assert_eq!(row.value(&limits), "10,000");
    /// ```
    #[must_use]
    pub fn value(&self, limits: &Limits) -> String {
        match self.amount(limits) {
            Amount::Unset => self.unset.to_owned(),
            amount => amount.in_words(self.unit).to_string(),
        }
    }

    /// The values that make sense, in words, and why no others.
    #[must_use]
    pub fn bounds(&self) -> String {
        let (least, most) = self.bounds.ends();
        let (from, why) = (least.in_words(self.unit), self.bounds.why);
        match most {
            Amount::Number(u64::MAX) => format!("from {from} on: {why}"),
            most => format!("from {from} to {}: {why}", most.in_words(self.unit)),
        }
    }

    /// Says whether the value makes sense.
    pub(super) fn is_sensible(&self, limits: &Limits) -> bool {
        self.bounds.admit(self.amount(limits))
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limit")
            .field("name", &self.name)
            .field("unit", &self.unit)
            .field("answer", &self.answer)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// The least and the most that a limit can be, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    range: Range,
    why: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Range {
    Number { least: u64, most: u64 },
    Time { least: Duration, most: Duration },
}

/// The longest time: a moment further away may not exist for the system's clock.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A number between two; for a rate its bytes a second.
pub(super) const fn number(least: u64, most: u64, why: &'static str) -> Bounds {
    Bounds { range: Range::Number { least, most }, why }
}

/// A time that is not too short.
pub(super) const fn time(least: Duration, why: &'static str) -> Bounds {
    Bounds { range: Range::Time { least, most: YEAR }, why }
}

impl Bounds {
    fn ends(self) -> (Amount, Amount) {
        match self.range {
            Range::Number { least, most } => (Amount::Number(least), Amount::Number(most)),
            Range::Time { least, most } => (Amount::Time(least), Amount::Time(most)),
        }
    }

    fn admit(self, amount: Amount) -> bool {
        match (self.range, amount) {
            (Range::Number { least, most }, Amount::Number(number)) => {
                (least..=most).contains(&number)
            }
            (Range::Number { least, most }, Amount::Rate(rate)) => {
                (least..=most).contains(&rate.bytes_per_second) && rate.grace <= YEAR
            }
            (Range::Time { least, most }, Amount::Time(time)) => (least..=most).contains(&time),
            (_, Amount::Unset) => true,
            _ => false,
        }
    }
}
