#![doc = include_str!("../README.md")]

pub mod check;
mod checks;
mod clock;
pub mod command;
pub mod in_process;
mod judge;
pub mod middleware;
pub mod probe;
pub mod report;
pub mod run;
mod wire;
pub mod workspace;
