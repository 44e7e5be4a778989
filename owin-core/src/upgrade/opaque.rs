//! `opaque.Upgrade`: the bytes of the connection, both ways.

use std::future::Future;

use crate::environment::Dictionary;
use crate::upgrade::{UpgradeKind, decide};
use crate::{Environment, Error};

/// Takes the connection over (Opaque 0.3 §3); there where this request may.
///
/// ```
/// use owin_core::{Environment, Error, keys, upgrade::OpaqueUpgrade};
///
/// async fn app(mut env: Environment) -> Result<Environment, Error> {
///     let Some(upgrade) = env.feature::<&OpaqueUpgrade>().cloned() else { return Ok(env) };
///     upgrade.accept(&mut env, None, async |mut env| {
///         let stream = env.remove(keys::OPAQUE_STREAM)?;
///         let Some(mut stream) = stream else { return Ok(()) };
///         stream.write_all(b"hello").await?;
///         stream.shutdown().await
///     })?;
///     Ok(env)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpaqueUpgrade {
    protocol: String,
}

impl OpaqueUpgrade {
    /// Offers the upgrade; for servers. The text is what the client asks for in `Upgrade`.
    #[must_use]
    pub fn new(protocol: impl Into<String>) -> Self {
        Self { protocol: protocol.into() }
    }

    /// What the client asks for.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// Accepts: sets the status 101 and records the decision. The callback runs after the pipeline
    /// has unwound, with an environment of its own that holds `opaque.Stream`, `opaque.Version` and
    /// `opaque.CallCancelled`.
    ///
    /// # Errors
    ///
    /// Where the response has started, or the connection was taken over already.
    pub fn accept<F, Fut>(
        &self,
        env: &mut Environment,
        parameters: Option<Dictionary>,
        callback: F,
    ) -> Result<(), Error>
    where
        F: FnOnce(Dictionary) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        decide(env, UpgradeKind::Opaque, parameters.unwrap_or_default(), callback)
    }
}
