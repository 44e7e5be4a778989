//! What the server says of itself before the app is built (`server.Capabilities`).

use owin_core::{Capabilities, Dictionary, Error, keys};

use crate::{Limits, NowinServer};

/// What a server within these limits can do: nothing is announced that no call would be offered.
///
/// # Errors
///
/// Never: the keys have these types.
pub(super) fn of(limits: &Limits) -> Result<Capabilities, Error> {
    let mut said = Capabilities::of_server(NowinServer::NAME);
    if limits.upgraded_connections != Some(0) {
        said.set(keys::OPAQUE_VERSION, "1.0")?;
    }
    let mut support = Dictionary::new();
    support.set(keys::SENDFILE_CONCURRENCY, "Overlapped")?;
    said.set(keys::SENDFILE_VERSION, "1.0")?;
    said.set(keys::SENDFILE_SUPPORT, support)?;
    Ok(Capabilities::new(said))
}
