//! What an app on actix can rely on (`server.Capabilities`).

use owin_core::{Capabilities, Error, keys};

/// The name in `server.Name`.
pub(crate) const NAME: &str = "actix";

/// What actix can do.
///
/// # Errors
///
/// Never: the keys have these types.
pub(crate) fn capabilities() -> Result<Capabilities, Error> {
    let mut said = Capabilities::of_server(NAME);
    said.set(keys::OPAQUE_VERSION, "1.0")?;
    Ok(Capabilities::new(said))
}
