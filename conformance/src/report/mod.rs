//! What is told of a run: for people on a console, and as JSON.
//!
//! Each form is a file here, a function from a [`Report`](crate::run::Report) to text.

mod console;
mod json;
mod listing;

pub use self::console::{console, outcome};
pub use self::json::json;
pub use self::listing::{explained, listed, listed_as_json};
