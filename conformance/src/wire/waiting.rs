//! How long is waited for what, and what may come instead.

use std::fmt;
use std::time::{Duration, Instant};

/// How long is waited for what. No time is a usual time-out of servers, which would be taken for
/// the answer to what was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For an answer to come whole, from the last byte sent.
    pub(crate) answer: Duration,
    /// Until silence counts as silence.
    pub(crate) quiet: Duration,
    /// When the whole run must be over.
    pub(crate) end: Instant,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// There is no connection.
    Refused(String),
    /// The connection ended, before any byte of it or in its middle.
    Ended(End),
    /// Nothing came, or not all, for this long.
    Silent(Duration),
    /// What came is no HTTP.
    Malformed(String),
    /// The server said that no answer will come, as by the reset of a stream.
    Stopped(String),
    /// The time of the run is over.
    OutOfTime,
}

/// How the other side ended a connection. Both are the same to a check: a reset is what TCP makes of
/// an end with bytes unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    /// Closed below TLS, which did not say so.
    Cut,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "no connection: {why}"),
            Self::Ended(end) => write!(f, "the connection was {end}"),
            Self::Silent(time) => write!(f, "nothing whole came for {:.1} s", time.as_secs_f64()),
            Self::Malformed(why) | Self::Stopped(why) => f.write_str(why),
            Self::OutOfTime => f.write_str("the time of the run is over"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Cut => "closed without close_notify",
        })
    }
}
