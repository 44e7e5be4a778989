//! Addresses to listen on, as in `http://localhost:5000/base`.

mod form;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::Error;
use crate::classes::Classes;

pub use self::form::Form;

/// One address to listen on (an entry of `host.Addresses`).
///
/// The host is a name, an IP address, or `*` for every address of the machine. There are addresses
/// without host and port too, of Unix sockets and of inherited sockets: see [`Form`].
///
/// ```
/// use owin_core::Address;
///
/// let address: Address = "http://[::1]:5000/api".parse()?;
/// assert_eq!((address.scheme(), address.host(), address.port()), ("http", "[::1]", 5000));
/// assert_eq!(address.path(), "/api");
/// assert!("http://localhost:0".parse::<Address>().is_err(), "which of two ports would it be?");
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    scheme: String,
    host: String,
    port: u16,
    path: String,
}

impl Address {
    /// Makes an address of its parts; the path is empty or starts with `/`.
    ///
    /// # Errors
    ///
    /// As for parsing the same as text.
    pub fn new(scheme: &str, host: &str, port: u16, path: &str) -> Result<Self, Error> {
        format!("{scheme}://{host}:{port}{path}").parse()
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// A name, an IPv4 address, an IPv6 address in brackets, or `*`; what stands between scheme and
    /// path in an address of another [`Form`].
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 for any that is free, and in an address that has none (see [`Form`]).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path base of what listens there; empty, or starting with `/` and not ending with it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The sockets to bind: both loopback addresses for `localhost`, all of the machine's for `*`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) for other names: nothing is looked up; and for
    /// an address of another [`Form`].
    ///
    /// ```
    /// use owin_core::Address;
    ///
    /// let address: Address = "http://localhost:5000".parse()?;
    /// assert_eq!(address.sockets()?.len(), 2);
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    pub fn sockets(&self) -> Result<Vec<SocketAddr>, Error> {
        if self.form() != Form::HostAndPort {
            return Err(Error::server(format!("cannot listen on {self}: it is no host and port")));
        }
        let ips: Vec<IpAddr> = match self.host.trim_matches(['[', ']']) {
            "*" => vec![Ipv6Addr::UNSPECIFIED.into()],
            name if name.eq_ignore_ascii_case("localhost") => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            ip => vec![ip.parse().map_err(|_| {
                let why = "its host is neither an IP address nor localhost nor *";
                Error::server(format!("cannot listen on {self}: {why}"))
            })?],
        };
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, self.port)).collect())
    }

    /// The error of an address that cannot be bound, in one line that says what to do.
    #[must_use]
    pub fn unusable(&self, error: &io::Error) -> Error {
        let has_port = self.form() == Form::HostAndPort;
        let why = match error.kind() {
            io::ErrorKind::AddrInUse if has_port => {
                "the port is in use; stop what uses it or choose another"
            }
            io::ErrorKind::AddrInUse => "it is in use; stop what uses it or choose another",
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
            io::ErrorKind::PermissionDenied if has_port => "ports below 1024 need a privilege",
            _ => return Error::server(format!("cannot listen on {self}: {error}")),
        };
        Error::server(format!("cannot listen on {self}: {why}"))
    }

    /// The address that was really bound for this one: never port 0, and `*` for every address of
    /// the machine.
    ///
    /// ```
    /// use owin_core::Address;
    ///
    /// let wanted: Address = "http://[::1]:0/base".parse()?;
    /// let bound = wanted.bound_to(([127, 0, 0, 1], 5080).into());
    /// assert_eq!(bound.to_string(), "http://127.0.0.1:5080/base");
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    #[must_use]
    pub fn bound_to(&self, socket: SocketAddr) -> Self {
        let host = match socket.ip() {
            ip if ip.is_unspecified() => "*".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self { host, port: socket.port(), ..self.clone() }
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| {
            Error::server(format!("the address {text:?} {why}; write it as http://localhost:5000"))
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("has no scheme"))?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(wrong("is neither http nor https")),
        };
        let local = form::split(rest);
        let local = local.map_err(|why| Error::server(format!("the address {text:?} {why}")))?;
        if let Some((host, path)) = local {
            let (host, path) = (host.to_owned(), path.trim_end_matches('/').to_owned());
            return Ok(Self { scheme, host, port: 0, path });
        }
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if path.contains(['?', '#']) || authority.contains(['?', '#']) {
            return Err(wrong("has a query or a fragment"));
        }
        if !is_host_and_port(authority) && !is_any(authority) {
            return Err(wrong("has no legal host and port"));
        }
        let (host, port) = split_port(authority);
        let port = port.map_or(Some(default_port), |port| port.parse().ok());
        let port = port.ok_or_else(|| wrong("has no legal port"))?;
        let host = if host == "+" { "*" } else { host };
        if port == 0 && host.eq_ignore_ascii_case("localhost") {
            return Err(Error::server(format!(
                "the address {text:?} asks for a free port on two addresses at once; name one of \
                 them: http://127.0.0.1:0 or http://[::1]:0"
            )));
        }
        let path = path.trim_end_matches('/').to_owned();
        Ok(Self { scheme, host: host.to_owned(), port, path })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form() {
            Form::HostAndPort => {
                write!(f, "{}://{}:{}{}", self.scheme, self.host, self.port, self.path)
            }
            _ => write!(f, "{}://{}{}", self.scheme, self.host, self.path),
        }
    }
}

/// The host and, where there is one, the port as text.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    match authority.get(after_host..).and_then(|rest| rest.find(':')) {
        Some(colon) => {
            let (host, port) = authority.split_at_checked(after_host + colon).unwrap_or_default();
            (host, port.get(1..))
        }
        None => (authority, None),
    }
}

fn is_any(authority: &str) -> bool {
    let (host, port) = split_port(authority);
    matches!(host, "*" | "+") && port.is_none_or(|port| is_port(port.as_bytes()))
}

/// Says whether a text is `host[:port]` as a `Host` field may hold it (RFC 9110 §7.2, RFC 3986
/// §3.2): a name, an IPv4 address or an IPv6 address in brackets, and a port that a `u16` holds.
///
/// ```
/// use owin_core::address::is_host_and_port;
///
/// assert!(is_host_and_port("example.org:8080") && is_host_and_port("[::1]"));
/// assert!(!is_host_and_port("user@example.org") && !is_host_and_port("") && !is_host_and_port("::1"));
/// ```
#[must_use]
pub fn is_host_and_port(text: &str) -> bool {
    if text.starts_with('[') {
        let (host, port) = split_port(text);
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_literal = literal.is_some_and(|literal| literal.parse::<Ipv6Addr>().is_ok());
        return is_literal && port.is_none_or(|port| is_port(port.as_bytes()));
    }
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|byte| CLASSES.of(*byte) != NAME).unwrap_or(bytes.len());
    match bytes.split_at_checked(end) {
        Some(([_, ..], [])) => true,
        Some(([_, ..], [b':', port @ ..])) => is_port(port),
        Some((_, [b'%', ..])) => has_only_legal_escapes(text),
        _ => false,
    }
}

/// Says the same of a name with escapes in it; such names are few.
fn has_only_legal_escapes(text: &str) -> bool {
    let (name, port) = split_port(text);
    let is_name = name.bytes().all(|byte| CLASSES.of(byte) != 0);
    let are_escapes = name.split('%').skip(1).all(|after| {
        after.get(..2).is_some_and(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()))
    });
    is_name && are_escapes && port.is_none_or(|port| is_port(port.as_bytes()))
}

/// A byte of a registered name (RFC 3986 §3.2.2).
const NAME: u8 = 1;

/// The byte that begins an escape in one.
const ESCAPE: u8 = 2;

static CLASSES: Classes = Classes::new()
    .with_range(NAME, b'a', b'z')
    .with_range(NAME, b'A', b'Z')
    .with_range(NAME, b'0', b'9')
    .with(NAME, b"-._~!$&'()*+,;=")
    .with(ESCAPE, b"%");

/// Says whether the bytes are a port that a `u16` holds, or none at all.
fn is_port(mut digits: &[u8]) -> bool {
    while let [b'0', rest @ ..] = digits {
        digits = rest;
    }
    if digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let port = digits.iter().fold(0, |port, digit| port * 10 + u32::from(digit - b'0'));
    port <= u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("http://localhost:5000", "http://localhost:5000"),
            ("HTTP://127.0.0.1:0/", "http://127.0.0.1:0"),
            ("http://[::1]", "http://[::1]:80"),
            ("https://*:8443/base/", "https://*:8443/base"),
            ("http://+:80", "http://*:80"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_a_host_field_may_hold_is_told_from_the_rest() {
        let legal = [
            "h",
            "h:",
            "h:0",
            "h:65535",
            "h:000080",
            "127.0.0.1:8080",
            "a-b.c_d~e:1",
            "%41%fF.example",
            "[::1]",
            "[::1]:",
            "[2001:db8::1]:443",
        ];
        for text in legal {
            assert!(is_host_and_port(text), "{text:?}");
        }
        let illegal = [
            "",
            ":80",
            "::1",
            "h:65536",
            "h:99999999999999999999",
            "h:8x",
            "h:+80",
            "h:80:80",
            "h:80/",
            "a b",
            "a/b",
            "u@h",
            "é",
            "%4",
            "%zz",
            "a%",
            "[::1",
            "[]",
            "[::1]x:80",
            "[127.0.0.1]",
            "a]b:80",
        ];
        for text in illegal {
            assert!(!is_host_and_port(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_text() {
        for text in [
            "",
            "localhost:5000",
            "ftp://x",
            "http://",
            "http://:80",
            "http://h:x",
            "http://h:65536",
            "http://[::1",
            "http://h/?q",
            "http://a b",
            "http://localhost:0",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
