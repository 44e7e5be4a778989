//! What a server is to do next.

use bytes::Bytes;
use http::HeaderMap;

use crate::Error;

/// What a server is to do next in a call.
///
/// `Head` comes first, or `Upgrade`, but for a `Continue`; `End` or `Failed` comes last.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Send the head: [`Call::head`](crate::Call::head). It may wait to go out with the first bytes.
    Head,
    /// Send `100 Continue`: the app reads a body that the client keeps back until then. It comes at
    /// most once, in front of `Head`, and only after [`Call::start_fed`](crate::Call::start_fed).
    Continue,
    /// Send bytes of the body.
    Data(Bytes),
    /// Hand all that was sent to the transport before asking again: the application waits for it.
    Flush,
    /// Send the trailer fields, where the framing allows it.
    Trailers(HeaderMap),
    /// Finish the body. The response is whole.
    End,
    /// Take the connection over: [`Call::take_upgrade`](crate::Call::take_upgrade).
    Upgrade,
    /// Break the response off, so that the client can tell: no last chunk, no clean end. The head
    /// has been sent.
    Failed(Error),
}
