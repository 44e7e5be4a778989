//! The fields that follow a body.

use crate::features::{Feature, FeatureMut};
use crate::headers::Headers;
use crate::{Environment, Error, keys};

/// The trailer fields of both directions (RFC 9110 §6.5).
#[derive(Clone, Copy, Debug)]
pub struct Trailers<'a>(&'a Environment);

impl<'a> Feature<'a> for Trailers<'a> {
    fn of(env: &'a Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl<'a> Trailers<'a> {
    /// The trailer fields of the request; `None` until the body has been read to its end through
    /// the environment, and where there were none (`server.RequestTrailers`).
    #[must_use]
    pub fn of_request(self) -> Option<&'a Headers> {
        self.0.get(keys::SERVER_REQUEST_TRAILERS)
    }

    /// The trailer fields to be sent (`server.ResponseTrailers`).
    #[must_use]
    pub fn of_response(self) -> Option<&'a Headers> {
        self.0.get(keys::SERVER_RESPONSE_TRAILERS)
    }
}

/// The trailer fields, to be written.
///
/// ```
/// use owin_core::{Environment, features::{Trailers, TrailersMut}};
///
/// let mut env = Environment::new();
/// env.feature_mut::<TrailersMut<'_>>().expect("always there").append("grpc-status", "0")?;
/// let sent = env.feature::<Trailers<'_>>().and_then(|t| t.of_response()).expect("just set");
/// assert_eq!(sent.text("grpc-status"), Some("0"));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TrailersMut<'a>(&'a mut Environment);

impl<'a> FeatureMut<'a> for TrailersMut<'a> {
    fn of_mut(env: &'a mut Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl TrailersMut<'_> {
    /// Adds a trailer field to the response; sent where the protocol and the framing allow it.
    ///
    /// # Errors
    ///
    /// Where name or value cannot stand in a field.
    pub fn append(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if self.0.get(keys::SERVER_RESPONSE_TRAILERS).is_none() {
            self.0.set(keys::SERVER_RESPONSE_TRAILERS, Headers::new()).map(drop)?;
        }
        self.0.get_mut(keys::SERVER_RESPONSE_TRAILERS)?.append(name, value)
    }
}
