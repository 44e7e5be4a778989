//! What the types of `http` carry besides what the contract has keys for.

use http::{Extensions, Uri};
use owin_core::Key;

/// The extensions of a foreign request, as they came; absent where there were none.
///
/// ```
/// use owin_core::Environment;
/// use owin_http::{REQUEST_EXTENSIONS, put_request};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Tenant(u32);
///
/// let mut env = Environment::new();
/// let request = http::Request::get("/").header("host", "h").extension(Tenant(7));
/// put_request(&mut env, request.body(String::new())?)?;
/// let extensions = env.get(REQUEST_EXTENSIONS);
/// assert_eq!(extensions.and_then(|all| all.get()), Some(&Tenant(7)));
/// # Ok::<_, owin_core::Error>(())
/// ```
pub const REQUEST_EXTENSIONS: Key<Extensions> = Key::new("http.RequestExtensions");

/// The extensions of a foreign response; absent where there were none.
pub const RESPONSE_EXTENSIONS: Key<Extensions> = Key::new("http.ResponseExtensions");

/// The URI of a foreign request that names its host, as HTTP/2 has it; absent where
/// `server.RawTarget` says the same.
pub const REQUEST_URI: Key<OriginalUri> = Key::new("http.RequestUri");

/// The URI of a foreign request, and whether its `Host` field was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalUri {
    pub(crate) uri: Uri,
    pub(crate) added_host: Option<http::HeaderValue>,
}

impl OriginalUri {
    /// The URI as it came.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether the request had no `Host` field, and one was added for the app.
    #[must_use]
    pub fn has_added_host(&self) -> bool {
        self.added_host.is_some()
    }
}

/// Where a foreign service is mounted (`owin.RequestPathBase`): an extension of the requests that
/// it is given, absent where the path base is empty. Their URI begins below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathBase(pub String);
