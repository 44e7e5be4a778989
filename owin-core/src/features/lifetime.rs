//! How long a call is of use, and how it is told apart.

use crate::features::{DataRate, Feature, FeatureMut, Reset};
use crate::{CallCancelled, Environment, Error, keys};

/// The life of a call: whether anybody still waits for it, and the way to end it at once.
///
/// ```
/// use owin_core::{Environment, features::Lifetime};
///
/// let env = Environment::new();
/// let lifetime = env.feature::<Lifetime<'_>>().expect("every call has one");
/// assert!(!lifetime.cancelled().is_cancelled());
/// assert!(lifetime.reset().is_none(), "this server cannot");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lifetime<'a>(&'a Environment);

impl<'a> Feature<'a> for Lifetime<'a> {
    fn of(env: &'a Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl<'a> Lifetime<'a> {
    /// Tells whether the call was cancelled (`owin.CallCancelled`).
    #[must_use]
    pub fn cancelled(self) -> &'a CallCancelled {
        self.0.request().cancelled()
    }

    /// What ends the call without an answer (`server.Reset`); `None` where the server cannot.
    #[must_use]
    pub fn reset(self) -> Option<&'a Reset> {
        self.0.get(keys::SERVER_RESET)
    }
}

/// The id of a call (`owin.RequestId`); an empty one counts as absent.
///
/// ```
/// use owin_core::{Environment, features::{RequestId, RequestIdMut}};
///
/// let mut env = Environment::new();
/// assert!(env.feature::<RequestId<'_>>().is_none(), "no host has set one");
/// env.feature_mut::<RequestIdMut<'_>>().expect("always there").set("7f3a")?;
/// assert_eq!(env.feature::<RequestId<'_>>().map(|id| id.as_str()), Some("7f3a"));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequestId<'a>(&'a str);

impl<'a> Feature<'a> for RequestId<'a> {
    fn of(env: &'a Environment) -> Option<Self> {
        env.request().id().map(Self)
    }
}

impl<'a> RequestId<'a> {
    /// The id.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// The id of a call, to be set by the first who can (OWIN 1.0.1 §3.2.1).
#[derive(Debug)]
pub struct RequestIdMut<'a>(&'a mut Environment);

impl<'a> FeatureMut<'a> for RequestIdMut<'a> {
    fn of_mut(env: &'a mut Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl RequestIdMut<'_> {
    /// Sets the id.
    ///
    /// # Errors
    ///
    /// Where the call has one: it does not change any more.
    pub fn set(&mut self, id: impl Into<String>) -> Result<(), Error> {
        if self.0.request().id().is_some() {
            return Err(Error::app("is set already").with_key(keys::REQUEST_ID.name()));
        }
        self.0.set(keys::REQUEST_ID, id).map(drop)
    }
}

/// How fast the two bodies must move; there where the server limits one of them.
///
/// ```
/// use owin_core::{Environment, features::{DataRate, DataRates}, keys};
///
/// let mut env = Environment::new();
/// assert!(env.feature::<DataRates<'_>>().is_none());
/// env.set(keys::SERVER_MIN_REQUEST_BODY_DATA_RATE, DataRate::new(None))?;
/// assert!(env.feature::<DataRates<'_>>().and_then(|rates| rates.of_request()).is_some());
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DataRates<'a>(&'a Environment);

impl<'a> Feature<'a> for DataRates<'a> {
    fn of(env: &'a Environment) -> Option<Self> {
        let rates = Self(env);
        (rates.of_request().is_some() || rates.of_response().is_some()).then_some(rates)
    }
}

impl<'a> DataRates<'a> {
    /// How fast the body of the request must come (`server.MinRequestBodyDataRate`).
    #[must_use]
    pub fn of_request(self) -> Option<&'a DataRate> {
        self.0.get(keys::SERVER_MIN_REQUEST_BODY_DATA_RATE)
    }

    /// How fast the client must take the response (`server.MinResponseDataRate`).
    #[must_use]
    pub fn of_response(self) -> Option<&'a DataRate> {
        self.0.get(keys::SERVER_MIN_RESPONSE_DATA_RATE)
    }
}
