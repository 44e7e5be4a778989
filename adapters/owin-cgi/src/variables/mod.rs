//! The meta-variables of a request, and the environment that they fill (RFC 3875 §4.1). No I/O.

mod facts;
mod fields;
mod target;

use owin_core::features::ConnectionInfo;
use owin_core::http::{Method, StatusCode, Version};
use owin_core::{BodyLength, Environment, Error};

/// The meta-variables of one request, as a web server gave them to a CGI program in its environment,
/// or to a FastCGI program in records.
///
/// What a request does not use is passed over, whatever it holds: the environment of a process is
/// full of other things. What it does use is checked, and a text that breaks a rule is the answer
/// 400; nothing panics.
///
/// A name may stand there twice: of `HTTP_…` each is a field line of its own, of the others the last
/// counts, as in a configuration that includes defaults and then overrides one.
///
/// ```
/// use owin_cgi::{Mount, Variables};
/// use owin_core::{Environment, Error};
///
/// let variables = Variables::new([
///     (&b"REQUEST_METHOD"[..], &b"GET"[..]),
///     (b"SERVER_PROTOCOL", b"HTTP/1.1"),
///     (b"SCRIPT_NAME", b"/shop"),
///     (b"PATH_INFO", b"/a/b"),
///     (b"REQUEST_URI", b"/shop/a%2Fb?q=%20"),
///     (b"QUERY_STRING", b"q=%20"),
///     (b"HTTP_HOST", b"example.org"),
/// ]);
/// let mut env = Environment::new();
/// variables.fill(&mut env, &Mount::Script)?;
/// let request = env.request();
/// assert_eq!((request.path_base(), request.path()), ("/shop", "/a%2Fb"));
/// assert_eq!(request.url(), "http://example.org/shop/a%2Fb?q=%20");
/// # Ok::<_, Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Variables<'a> {
    all: Vec<(&'a [u8], &'a [u8])>,
}

/// Where the path base of a request ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mount {
    /// Where `SCRIPT_NAME` ends, as RFC 3875 §4.1.13 has it.
    Script,
    /// Behind this path base, whatever share of the path the web server put into `SCRIPT_NAME`; a
    /// path that is not below it is answered with 404.
    At(String),
}

impl<'a> Variables<'a> {
    /// Takes names and values as they are.
    pub fn new(variables: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        Self { all: variables.into_iter().collect() }
    }

    /// Whether there is a request at all: a process that no web server started has no
    /// `REQUEST_METHOD` (RFC 3875 §4.1.12).
    #[must_use]
    pub fn is_request(&self) -> bool {
        self.raw("REQUEST_METHOD").is_some()
    }

    /// What the variables say of the connection between the client and the web server: `REMOTE_ADDR`
    /// with `REMOTE_PORT`, `SERVER_ADDR` with `SERVER_PORT`, `SSL_…`. What cannot be read is left
    /// out.
    #[must_use]
    pub fn connection(&self) -> ConnectionInfo {
        facts::connection(self)
    }

    /// Fills the environment of the call.
    ///
    /// | variable | key |
    /// |---|---|
    /// | `REQUEST_METHOD` | `owin.RequestMethod` |
    /// | `SERVER_PROTOCOL` | `owin.RequestProtocol`; without it HTTP/1.0 |
    /// | `HTTPS`, `REQUEST_SCHEME` | `owin.RequestScheme`: `https` where one of them says so |
    /// | `SCRIPT_NAME`, `PATH_INFO`, `REQUEST_URI` | `owin.RequestPathBase`, `owin.RequestPath` |
    /// | `REQUEST_URI` | `server.RawTarget`; without it the key is absent |
    /// | `QUERY_STRING`, else `REQUEST_URI` | `owin.RequestQueryString` |
    /// | `HTTP_…`, `CONTENT_TYPE`, `CONTENT_LENGTH` | `owin.RequestHeaders` |
    /// | `SERVER_NAME`, `SERVER_PORT` | `Host`, where the request has none |
    /// | `REMOTE_USER` with `AUTH_TYPE` | `owin.RequestUser` |
    ///
    /// The path is that of `REQUEST_URI`, decoded as everywhere in owin-core, as long as it names
    /// what `SCRIPT_NAME` and `PATH_INFO` name: so `%2F` and `//`, which web servers decode and
    /// merge, are not lost. Where the web server says another path than the client, by a rewriting
    /// rule or by another reading of dots and escapes, the web server's counts: it is what access
    /// was granted for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Peer`](owin_core::ErrorKind::Peer), to be answered with its status: 400 where a
    /// variable breaks the rules of what it stands for, 404 for a path outside of
    /// [`Mount::At`], 501 for `CONNECT`, 505 for a protocol that is not HTTP. The environment is
    /// then half filled and of no use.
    pub fn fill(&self, env: &mut Environment, mount: &Mount) -> Result<(), Error> {
        env.request_mut().set_method(self.method()?);
        env.request_mut().set_protocol(self.protocol()?);
        fields::fill(self, env)?;
        target::fill(self, env, mount)?;
        env.request_mut().set_scheme(if self.is_https() { "https" } else { "http" });
        fields::settle_host(self, env)?;
        facts::fill(self, env)
    }

    /// How long the body is: `Known` by `CONTENT_LENGTH`; `Unknown` where the client sent it in
    /// chunks, which the web server has decoded; else `None`.
    ///
    /// # Errors
    ///
    /// 400 where `CONTENT_LENGTH` is not one decimal number.
    ///
    /// ```
    /// use owin_cgi::Variables;
    /// use owin_core::BodyLength;
    ///
    /// let length = |text: &'static [u8]| Variables::new([(&b"CONTENT_LENGTH"[..], text)]).body_length();
    /// assert_eq!(length(b"13")?, BodyLength::Known(13));
    /// assert_eq!(length(b"")?, BodyLength::None);
    /// assert!(length(b"+13").is_err());
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    pub fn body_length(&self) -> Result<BodyLength, Error> {
        if let Some(text) = self.raw("CONTENT_LENGTH") {
            let mut framing = owin_core::headers::BodyFraming::default();
            framing.content_length(text)?;
            return Ok(framing.decide(false)?);
        }
        let is_chunked = self.raw("HTTP_TRANSFER_ENCODING").is_some();
        Ok(if is_chunked { BodyLength::Unknown } else { BodyLength::None })
    }

    fn method(&self) -> Result<Method, Error> {
        let method = self.raw("REQUEST_METHOD").unwrap_or_default();
        let method = Method::from_bytes(method).map_err(|_| wrong("REQUEST_METHOD"))?;
        if method == Method::CONNECT {
            return Err(
                Error::peer("there are no tunnels").with_status(StatusCode::NOT_IMPLEMENTED)
            );
        }
        Ok(method)
    }

    fn protocol(&self) -> Result<Version, Error> {
        let unknown = || {
            Error::peer("SERVER_PROTOCOL names no version of HTTP that is known")
                .with_status(StatusCode::HTTP_VERSION_NOT_SUPPORTED)
        };
        match self.raw("SERVER_PROTOCOL") {
            // Nobody said more of the client, as where a page includes the output of a program.
            None | Some(b"HTTP/1.0" | b"INCLUDED") => Ok(Version::HTTP_10),
            Some(b"HTTP/1.1") => Ok(Version::HTTP_11),
            Some(b"HTTP/2.0" | b"HTTP/2") => Ok(Version::HTTP_2),
            Some(b"HTTP/3.0" | b"HTTP/3") => Ok(Version::HTTP_3),
            Some(b"HTTP/0.9") => Ok(Version::HTTP_09),
            Some(_) => Err(unknown()),
        }
    }

    /// Whether the client speaks TLS with the web server.
    fn is_https(&self) -> bool {
        let says = |name, yes: &[&str]| {
            let value = self.raw(name).unwrap_or_default();
            yes.iter().any(|yes| value.eq_ignore_ascii_case(yes.as_bytes()))
        };
        says("HTTPS", &["on", "1"]) || says("REQUEST_SCHEME", &["https"])
    }

    /// The value of a variable, the last of that name; an empty one is as good as none
    /// (RFC 3875 §4.1).
    fn raw(&self, name: &str) -> Option<&'a [u8]> {
        let (_, value) = self.all.iter().rfind(|(own, _)| *own == name.as_bytes())?;
        Some(*value).filter(|value| !value.is_empty())
    }

    /// The same, of a variable that is text.
    fn text(&self, name: &'static str) -> Result<Option<&'a str>, Error> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        let text = std::str::from_utf8(value).ok();
        let text = text.filter(|text| !text.contains(char::is_control));
        text.map(Some).ok_or_else(|| wrong(name))
    }
}

/// A variable breaks the rules of what it stands for.
fn wrong(name: &str) -> Error {
    Error::peer(format!("the variable {name} is not legal"))
}

#[cfg(test)]
mod tests;
