//! What the targets compare the server with.

pub mod strict;
