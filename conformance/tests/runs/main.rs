//! Whole runs: of the command as a user starts it, on the reference server, and on servers that nobody
//! here wrote. They wait for most of their time, and do it side by side.

mod command;
mod early;
mod limits;
mod reference;
mod servers;
