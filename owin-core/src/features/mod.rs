//! The typed faces of the environment.
//!
//! A feature is a view of keys, not a second store: what is written through the key is read
//! through the feature, and the reverse. [`Request`] and [`Response`] are there for every call;
//! the others are `None` where the server does not offer them, and stay visible however often the
//! environment is wrapped, for they are data.
//!
//! ```
//! use owin_core::{Environment, features::{Connection, Request}};
//!
//! let env = Environment::new();
//! assert!(env.feature::<Request<'_>>().is_some());
//! assert!(env.feature::<Connection<'_>>().is_none(), "nobody told of a connection");
//! ```

mod callbacks;
mod connection;
mod connection_info;
mod lifetime;
mod limits;
mod reason_phrase;
mod request;
mod request_mut;
mod response;
mod tls;
mod trace;
mod trailers;
mod user;

use crate::Environment;
use crate::keys;
use crate::send_file::SendFile;
use crate::upgrade::{Accept, OpaqueUpgrade};

pub use self::callbacks::{OnCompleted, OnSendingHeaders, Outcome, SendingHeaders};
pub use self::connection::{Connection, ConnectionMut};
pub use self::connection_info::{ConnectionInfo, ServerInfo};
pub use self::lifetime::{DataRates, Lifetime, RequestId, RequestIdMut};
pub use self::limits::{BodySizeLimit, DataRate, Rate, Reset, ResponseBuffering};
pub use self::reason_phrase::ReasonPhrase;
pub use self::request::Request;
pub use self::request_mut::RequestMut;
pub use self::response::{Response, ResponseMut};
pub use self::tls::{ClientCertificate, TlsHandshake};
pub use self::trace::TraceOutput;
pub use self::trailers::{Trailers, TrailersMut};
pub use self::user::User;

/// A typed face of an environment, to be read.
pub trait Feature<'a>: Sized {
    /// The feature, or `None` where this call does not have it.
    fn of(env: &'a Environment) -> Option<Self>;
}

/// A typed face of an environment, to be written.
pub trait FeatureMut<'a>: Sized {
    /// The feature, or `None` where this call does not have it.
    fn of_mut(env: &'a mut Environment) -> Option<Self>;
}

impl Environment {
    /// A typed face of the environment, or `None` where the server does not offer it.
    #[must_use]
    pub fn feature<'a, F: Feature<'a>>(&'a self) -> Option<F> {
        F::of(self)
    }

    /// A typed face of the environment that can be written through.
    #[must_use]
    pub fn feature_mut<'a, F: FeatureMut<'a>>(&'a mut self) -> Option<F> {
        F::of_mut(self)
    }
}

/// Features that are the value of one key.
macro_rules! value_features {
    ($($type:ty = $key:ident),+ $(,)?) => { $(
        impl<'a> Feature<'a> for &'a $type {
            fn of(env: &'a Environment) -> Option<Self> {
                env.get(keys::$key)
            }
        }
    )+ };
}

value_features!(
    Accept = WEBSOCKET_ACCEPT,
    BodySizeLimit = SERVER_MAX_REQUEST_BODY_SIZE,
    ClientCertificate = SSL_CLIENT_CERTIFICATE,
    OpaqueUpgrade = OPAQUE_UPGRADE,
    Reset = SERVER_RESET,
    ResponseBuffering = SERVER_RESPONSE_BUFFERING,
    SendFile = SENDFILE_SEND_ASYNC,
    TlsHandshake = SSL_HANDSHAKE,
    TraceOutput = HOST_TRACE_OUTPUT,
    User = REQUEST_USER,
);
