//! The invariants of the tree, as functions from files to violations.
//!
//! No function here reads a file or stops at the first violation. [`files`] reads the tree once;
//! what follows works on text, so that each check is tried on a small broken input beside it.

mod catalogue;
mod code;
mod gates;
mod lengths;
mod machines;
mod manifests;
mod packages;
mod pages;
mod server_page;
mod tree;
mod violation;
mod words;

pub use self::catalogue::catalogue;
pub use self::gates::feature_gates;
pub use self::lengths::lengths;
pub use self::machines::machines;
pub use self::manifests::{lints, versions};
pub use self::packages::{Package, directions, packages, particulars, runtimes};
pub use self::pages::{custom_server, names_of_files, with_custom_server};
pub use self::server_page::{limits, stale_limits};
pub use self::tree::{SourceFile, files};
pub use self::violation::Violation;
pub use self::words::{names, unfinished, without_checks};
