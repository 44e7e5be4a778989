#![doc = include_str!("../README.md")]

pub mod client;
pub mod duty;
mod evidence;
mod ledger;
pub mod pattern;
pub mod probe;
pub mod proof;
pub mod servers;
pub mod table;

pub use self::evidence::{Evidence, PATIENCE, waiting, within};
pub use self::ledger::{Ledger, Line, Page, now};
