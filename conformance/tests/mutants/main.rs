//! For every check there is a server that is broken in just that way, and only that check fails; and
//! for every check of a refusal one that refuses too much, and it proves nothing.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a mutant is reached by the suite alone; one that panics is a test that fails, and the \
              kill matrix is printed"
)]

mod deaths;
mod family;
mod http1;
mod http2;
mod limits;
mod matrix;
mod random;
mod tls;
mod tried;
mod websocket;
