//! Servers in this process: one line in a test file makes a test of each check.
//!
//! [`server_tests!`](crate::server_tests) is that line; [`tried`] is the same as a function. Both
//! start a server on a runtime of its own, with the probe contract as its app.

mod carried;
mod hosted;
mod list;
mod macros;
mod shared;
mod subject;

use self::hosted::Hosted;
pub use self::hosted::tried;
pub(crate) use self::shared::judged;
pub use self::shared::{Failed, Shared};
pub use self::subject::Subject;
