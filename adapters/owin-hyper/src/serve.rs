//! Which protocols there are to be served.

#[cfg(all(feature = "http1", not(feature = "http2")))]
pub(crate) use crate::http1::serve;
#[cfg(all(feature = "http2", not(feature = "http1")))]
pub(crate) use crate::http2::serve;
#[cfg(all(feature = "http1", feature = "http2"))]
pub(crate) use crate::sniff::serve;
