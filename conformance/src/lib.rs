#![doc = include_str!("../README.md")]

pub mod check;
mod checks;
mod clock;
pub mod command;
mod judge;
pub mod probe;
pub mod report;
pub mod run;
mod wire;
pub mod workspace;
