//! The rules: what is expected, of whom, and where it is written.
//!
//! Each file declares its rules in one table and judges them below it.

pub(super) mod body;
mod capabilities;
mod connection;
mod headers;
pub(super) mod key_names;
pub(super) mod lifetime;
pub(super) mod middleware;
mod not_judged;
mod paths;
mod request;
pub(super) mod response;
mod rule;
pub(super) mod send_file;
pub(super) mod upgrade;
mod values;
pub(super) mod websocket;

use crate::Environment;
use crate::lint::judge::Judge;
use crate::lint::memory::{Memory, Startup};

pub use self::not_judged::NOT_JUDGED;
pub use self::rule::{Level, Party, Rule};

/// Declares rules: from each row follow the constant that the checks name, and the entry in the
/// list of all rules.
macro_rules! declare {
    ($(
        $name:ident: $id:literal, $level:ident, $party:ident, $key:expr, $source:literal,
        $title:literal, $remedy:literal;
    )+) => {
        $(
            pub(super) static $name: $crate::lint::Rule = $crate::lint::Rule::new(
                $id,
                ($crate::lint::Level::$level, $crate::lint::Party::$party),
                $key,
                $source,
                ($title, $remedy),
            );
        )+

        /// The rules of this file.
        pub(super) static ALL: &[&$crate::lint::Rule] = &[$( &$name, )+];
    };
}

use declare;

/// Every rule that the lint judges.
///
/// ```
/// use owin_core::lint;
///
/// let host = lint::rules().find(|rule| rule.id() == "OWIN-092").expect("a rule of OWIN 1.0 §5.2");
/// assert_eq!(host.key(), Some("owin.RequestHeaders"));
/// assert_eq!(host.level().as_str(), "MUST");
/// ```
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let files = [
        lifetime::ALL,
        request::ALL,
        paths::ALL,
        headers::ALL,
        response::ALL,
        body::ALL,
        key_names::ALL,
        values::ALL,
        capabilities::ALL,
        connection::ALL,
        send_file::ALL,
        upgrade::ALL,
        websocket::ALL,
        middleware::ALL,
    ];
    files.into_iter().flatten().copied()
}

/// Judges what the app is given.
pub(super) fn at_entry(env: &Environment, startup: &Startup, memory: &Memory, judge: &Judge) {
    lifetime::at_entry(env, judge);
    request::at_entry(env, startup, judge);
    paths::at_entry(env, judge);
    headers::at_entry(env, judge);
    response::at_entry(env, judge);
    key_names::at_entry(env, judge);
    values::at_entry(env, memory, judge);
    capabilities::at_entry(env, startup, memory, judge);
    connection::at_entry(env, judge);
    upgrade::at_entry(env, judge);
}
