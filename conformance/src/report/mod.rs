//! What is told of a run: for people, for programs, and for what runs programs.
//!
//! A [`Report`](crate::run::Report) becomes a [`Document`], which is what the JSON has; every form
//! is a file here, a function from a document to text, so that each can also be made of a report
//! that was written earlier.

mod badge;
mod baseline;
mod console;
mod document;
mod github;
mod html;
mod junit;
mod listing;
mod markdown;
mod results;

pub use self::badge::{Tone, badge_json, badge_line, badge_svg, tone};
pub use self::console::{coloured, console, outcome};
pub use self::document::{
    Baseline, Case, Document, Evidence, Kind, Known, Loss, Mode, Occasion, Piece, Quote, Subject,
    Suite, Tally,
};
pub(crate) use self::github::fenced;
pub use self::github::{annotations, step_summary};
pub use self::html::page;
pub use self::junit::junit;
pub use self::listing::{explained, listed, listed_as_json};
pub use self::markdown::markdown;
pub use self::results::{Tried, UNJUDGED, results};
