//! The request half of the environment, to be written.

use std::net::SocketAddr;

use http::{HeaderMap, Method, Version as Protocol};

use crate::body::RequestBody;
use crate::features::FeatureMut;
use crate::headers::Headers;
use crate::keys::Known;
use crate::{CallCancelled, Environment, Error, path};

/// The request of a call, to be written: by the server before the call, by middlewares in it.
#[derive(Debug)]
pub struct RequestMut<'a>(&'a mut Environment);

impl<'a> FeatureMut<'a> for RequestMut<'a> {
    fn of_mut(env: &'a mut Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl<'a> RequestMut<'a> {
    /// Sets the method (`owin.RequestMethod`).
    pub fn set_method(&mut self, method: Method) {
        self.0.inner.slots.request_method.put(method);
    }

    /// Sets the protocol (`owin.RequestProtocol`).
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.0.inner.slots.request_protocol.put(protocol);
    }

    /// Sets the scheme (`owin.RequestScheme`), in the memory of the one before.
    pub fn set_scheme(&mut self, scheme: &str) {
        let slots = &mut self.0.inner.slots;
        slots.touch(Known::REQUEST_SCHEME);
        replace(slots.request_scheme.occupy(), scheme);
    }

    /// Sets the path (`owin.RequestPath`): decoded, starting with `/` unless the base is not empty.
    pub fn set_path(&mut self, path: &str) {
        replace(self.0.inner.slots.request_path.occupy(), path);
    }

    /// Sets the path base (`owin.RequestPathBase`): decoded, empty or starting with `/`.
    pub fn set_path_base(&mut self, base: &str) {
        let slots = &mut self.0.inner.slots;
        slots.touch(Known::REQUEST_PATH_BASE);
        replace(slots.request_path_base.occupy(), base);
    }

    /// Sets the query (`owin.RequestQueryString`): encoded, without `?`.
    pub fn set_query_string(&mut self, query: &str) {
        replace(self.0.inner.slots.request_query_string.occupy(), query);
    }

    /// Takes the parts of a head as they were sent: method, [target](Self::set_target), protocol and
    /// field lines; an HTTP/1.1 request needs exactly one `Host`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Peer`](crate::ErrorKind::Peer), to be answered with 400, where a part is not
    /// legal. The environment is then half filled and of no use.
    ///
    /// ```
    /// use owin_core::{Environment, http::Version};
    ///
    /// let mut env = Environment::new();
    /// let lines: [(&str, &[u8]); 1] = [("Host", b"example.org")];
    /// env.request_mut().fill("GET", "/a?b", Version::HTTP_11, lines)?;
    /// assert_eq!(env.request().url(), "http://example.org/a?b");
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    pub fn fill<'b>(
        &mut self,
        method: &str,
        target: &str,
        protocol: Protocol,
        lines: impl IntoIterator<Item = (&'b str, &'b [u8])>,
    ) -> Result<(), Error> {
        let method = Method::from_bytes(method.as_bytes());
        self.set_method(method.map_err(|_| Error::peer("the method is not a token"))?);
        self.set_protocol(protocol);
        let headers = self.0.inner.slots.request_headers.occupy();
        for (name, value) in lines {
            let illegal = |error| Error::peer("a field is not legal").with_source(error);
            headers.append(name, value).map_err(illegal)?;
        }
        let hosts = headers.lines().filter(|(name, _)| *name == "host").count();
        if hosts > 1 || (hosts == 0 && protocol == Protocol::HTTP_11) {
            return Err(Error::peer(format!("there is not one Host but {hosts}")));
        }
        self.set_target(target)
    }

    /// Takes the target as it was sent: sets `server.RawTarget`, path and query, and of an absolute
    /// target the scheme and `Host` too (RFC 9112 §3.2).
    ///
    /// The path is decoded once, `%2F` kept, dot segments removed; `*` and an authority give `/`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Peer`](crate::ErrorKind::Peer), to be answered with 400, where the target is
    /// none, or its path holds `%00`.
    ///
    /// ```
    /// use owin_core::Environment;
    ///
    /// let mut env = Environment::new();
    /// env.request_mut().set_target("/a/../caf%C3%A9%2Fx?q=%20")?;
    /// assert_eq!(env.request().path(), "/café%2Fx");
    /// assert_eq!(env.request().query_string(), "q=%20");
    /// assert!(env.request_mut().set_target("/%00").is_err());
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    pub fn set_target(&mut self, target: &str) -> Result<(), Error> {
        let slots = &mut self.0.inner.slots;
        let Some(usual) = path::Origin::read(target) else { return self.set_other_target(target) };
        let path = slots.request_path.occupy();
        if usual.is_plain {
            replace(path, usual.path);
        } else {
            path::decode_into(usual.path, path)?;
        }
        let query = slots.request_query_string.occupy();
        query.clear();
        if !usual.query.is_empty() {
            query.push_str(usual.query);
        }
        replace(slots.server_raw_target.occupy(), target);
        Ok(())
    }

    /// The same for a target that is not in origin form.
    fn set_other_target(&mut self, target: &str) -> Result<(), Error> {
        let parts = path::Target::parse(target)?;
        let slots = &mut self.0.inner.slots;
        path::decode_into(parts.path(), slots.request_path.occupy())?;
        replace(slots.request_query_string.occupy(), parts.query());
        replace(slots.server_raw_target.occupy(), target);
        if let Some((scheme, authority)) = parts.origin() {
            self.set_scheme(&scheme.to_ascii_lowercase());
            self.0.inner.slots.request_headers.occupy().set("host", authority)?;
        }
        Ok(())
    }

    /// Puts the best guess where the client names no host, as it may in HTTP/1.0: the address that the
    /// connection was accepted on, else `localhost` (OWIN 1.0 §5.2). [`Call`](crate::Call) does it for
    /// every server.
    ///
    /// ```
    /// use owin_core::Environment;
    ///
    /// let mut env = Environment::new();
    /// env.request_mut().guess_host();
    /// assert_eq!(env.request().host(), "localhost");
    /// ```
    pub fn guess_host(&mut self) {
        let local = self.0.connection().and_then(|connection| connection.local());
        let headers = self.0.inner.slots.request_headers.occupy();
        if headers.lines().any(|(n, value)| n.eq_ignore_ascii_case("host") && !value.is_empty()) {
            return;
        }
        // Made anew, an address has no zone: a host has none (RFC 3986 §3.2.2).
        let guess = local.map(|local| SocketAddr::new(local.ip(), local.port()).to_string());
        // An address is a legal value.
        let _set = headers.set("host", guess.unwrap_or_else(|| "localhost".to_owned()));
    }

    /// The field lines, to be changed (`owin.RequestHeaders`).
    #[inline]
    #[must_use]
    pub fn headers_mut(self) -> &'a mut Headers {
        self.0.inner.slots.request_headers.occupy()
    }

    /// Takes the field lines as the map that they came in, for servers that have such maps. What held
    /// those of the request before holds those of the response from now on, unless it has some: they
    /// are set in a map, and can leave as one without being copied.
    ///
    /// ```
    /// use owin_core::{Environment, http::{HeaderMap, HeaderValue}};
    ///
    /// let mut env = Environment::new();
    /// let mut map = HeaderMap::new();
    /// map.insert("host", HeaderValue::from_static("h"));
    /// env.request_mut().set_fields(map);
    /// assert_eq!(env.request().host(), "h");
    /// assert!(env.response().headers().is_empty());
    /// ```
    pub fn set_fields(&mut self, fields: HeaderMap) {
        let slots = &mut self.0.inner.slots;
        let headers = slots.request_headers.occupy();
        if let Some(response) = slots.response_headers.get_mut() {
            headers.hand_memory_to(response);
        }
        *headers.map_mut() = fields;
    }

    /// The body, to be read (`owin.RequestBody`).
    #[must_use]
    pub fn body_mut(self) -> &'a mut RequestBody {
        let slots = &mut self.0.inner.slots;
        slots.touch(Known::REQUEST_BODY);
        slots.request_body.occupy()
    }

    /// Takes the body out and leaves an empty one.
    #[must_use]
    pub fn take_body(self) -> RequestBody {
        // Of most requests it is as it was made, and then nothing has changed.
        if self.has_no_body() { RequestBody::empty() } else { std::mem::take(self.body_mut()) }
    }

    /// Leaves an empty body.
    pub fn clear_body(&mut self) {
        if !self.has_no_body() {
            *self.0.request_mut().body_mut() = RequestBody::empty();
        }
    }

    fn has_no_body(&self) -> bool {
        self.0.inner.slots.request_body.get().is_some_and(RequestBody::is_blank)
    }

    /// Replaces the body and returns the one before: servers fill in theirs, middlewares wrap it.
    pub fn set_body(&mut self, body: RequestBody) -> RequestBody {
        std::mem::replace(self.0.request_mut().body_mut(), body)
    }

    /// Replaces the token (`owin.CallCancelled`) and returns the one before. A middleware joins its
    /// own to it: [`CallCancelled::or`].
    pub fn set_cancelled(&mut self, token: CallCancelled) -> CallCancelled {
        self.0.inner.slots.call_cancelled.put(token).unwrap_or_default()
    }
}

fn replace(text: &mut String, with: &str) {
    text.clear();
    text.push_str(with);
}

impl Environment {
    /// The request half, to be written.
    #[inline]
    #[must_use]
    pub fn request_mut(&mut self) -> RequestMut<'_> {
        RequestMut(self)
    }
}
