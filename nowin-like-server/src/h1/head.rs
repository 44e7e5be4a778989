//! The head of a request: from bytes into an environment (RFC 9112 §3 and §5).

use http::{Method, Version};
use owin_core::address::is_host_and_port;
use owin_core::headers::BodyFraming;
use owin_core::path::Target;
use owin_core::{BodyLength, Environment};

use crate::h1::fields::{is_named, names};
use crate::h1::parse::HeadParser;
use crate::observe::Reason;

/// What the machine has to know of a head besides what lies in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// How long the body is; `Unknown` where it is chunked.
    pub(super) body: BodyLength,
    pub(super) is_http_10: bool,
    pub(super) keep_alive: bool,
    pub(super) expects_continue: bool,
    /// The client would like to speak another protocol.
    pub(super) wants_upgrade: bool,
}

/// Reads a whole head, whose fields say this, into a new environment.
///
/// # Errors
///
/// The answer to a head that breaks a rule; the environment is then half filled and of no use.
#[inline]
pub(super) fn read(
    bytes: &[u8],
    head: &HeadParser,
    fields: &Fields,
    env: &mut Environment,
) -> Result<Head, Reason> {
    let line = head.line();
    let is_http_10 = line.is_http_10;
    if is_http_10 {
        // Otherwise the environment says so already.
        env.request_mut().set_protocol(Version::HTTP_10);
    }
    let raw = env.request_mut().headers_mut().raw_mut();
    raw.set_block(head.section(bytes));
    raw.extend_ranges(head.fields().iter().map(|line| (line.name.range(), line.value.range())));
    read_target(line.method(bytes), line.target(bytes), env)?;
    if fields.hosts != 1 || !fields.has_legal_host {
        check_host(fields, is_http_10)?;
    }
    Ok(Head {
        body: fields.framing.decide(is_http_10)?,
        is_http_10,
        keep_alive: !fields.close && (!is_http_10 || fields.keep_alive),
        expects_continue: fields.expects_continue && !is_http_10,
        wants_upgrade: fields.upgrade && fields.names_protocol && !is_http_10,
    })
}

/// What the fields say to the server itself.
#[derive(Debug, Default)]
pub(super) struct Fields {
    framing: BodyFraming,
    hosts: usize,
    has_legal_host: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    /// `upgrade` stands in `Connection`.
    upgrade: bool,
    /// `Upgrade` is there.
    names_protocol: bool,
}

impl Fields {
    /// Reads those of a whole head.
    ///
    /// # Errors
    ///
    /// The answer to one that breaks a rule.
    pub(super) fn of(
        bytes: &[u8],
        head: &HeadParser,
        known_host: &mut Vec<u8>,
    ) -> Result<Self, Reason> {
        let (section, mut fields) = (head.section(bytes), Self::default());
        for line in head.fields() {
            fields.take(line.name.of(section), line.value.of(section), known_host)?;
        }
        Ok(fields)
    }

    fn take(&mut self, name: &[u8], value: &[u8], known_host: &mut Vec<u8>) -> Result<(), Reason> {
        match name.len() {
            4 if is_named(name, b"host") => self.host(value, known_host),
            6 if is_named(name, b"expect") => self.expect(value),
            7 if is_named(name, b"upgrade") => {
                self.names_protocol = true;
                Ok(())
            }
            10 if is_named(name, b"connection") => {
                self.close |= names(value, "close");
                self.keep_alive |= names(value, "keep-alive");
                self.upgrade |= names(value, "upgrade");
                Ok(())
            }
            14 if is_named(name, b"content-length") => Ok(self.framing.content_length(value)?),
            17 if is_named(name, b"transfer-encoding") => {
                Ok(self.framing.transfer_encoding(value)?)
            }
            _ => Ok(()),
        }
    }

    /// On one connection it is nearly always the same as before.
    fn host(&mut self, value: &[u8], known: &mut Vec<u8>) -> Result<(), Reason> {
        self.hosts += 1;
        if value.is_empty() {
            return Ok(());
        }
        if value != known.as_slice() {
            let is_legal = std::str::from_utf8(value).is_ok_and(is_host_and_port);
            if !is_legal {
                return Err(Reason::HostIllegal);
            }
            known.clear();
            known.extend_from_slice(value);
        }
        self.has_legal_host = true;
        Ok(())
    }

    fn expect(&mut self, value: &[u8]) -> Result<(), Reason> {
        if !value.eq_ignore_ascii_case(b"100-continue") {
            return Err(Reason::ExpectationUnknown);
        }
        self.expects_continue = true;
        Ok(())
    }
}

#[inline]
fn read_target(method: &[u8], target: &[u8], env: &mut Environment) -> Result<(), Reason> {
    let target = std::str::from_utf8(target).map_err(|_| Reason::TargetIllegal)?;
    // `GET` is what the environment says already.
    if method != b"GET" {
        let method = Method::from_bytes(method).map_err(|_| Reason::MethodIllegal)?;
        env.request_mut().set_method(method);
    }
    if !target.starts_with('/') || method == b"CONNECT" {
        check_form(env.request().method(), target)?;
    }
    env.request_mut().set_target(target).map_err(|_| Reason::TargetIllegal)
}

/// Checks a target that is not of the usual form, or of the method that never has it.
#[cold]
fn check_form(method: &Method, target: &str) -> Result<(), Reason> {
    let target = Target::parse(target).map_err(|_| Reason::TargetIllegal)?;
    let is_https = |(scheme, _): (&str, &str)| scheme.eq_ignore_ascii_case("https");
    match target {
        Target::Authority(_) if *method == Method::CONNECT => Err(Reason::TunnelRefused),
        Target::Authority(_) => Err(Reason::TargetIllegal),
        Target::Asterisk if *method != Method::OPTIONS => Err(Reason::TargetIllegal),
        _ if *method == Method::CONNECT => Err(Reason::TargetIllegal),
        // An app must never take clear text for a secured connection (RFC 9110 §7.4).
        _ if target.origin().is_some_and(is_https) => Err(Reason::SchemeMisdirected),
        _ => Ok(()),
    }
}

/// Refuses what has not exactly one `Host` (RFC 9112 §3.2). HTTP/1.0 need not name one: the start of the
/// call guesses it then (OWIN 1.0 §5.2).
#[cold]
fn check_host(fields: &Fields, is_http_10: bool) -> Result<(), Reason> {
    match fields.hosts {
        2.. => Err(Reason::HostRepeated),
        _ if is_http_10 => Ok(()),
        _ => Err(Reason::HostMissing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h1::parse::HeadLimits;

    const LIMITS: HeadLimits = HeadLimits { line_bytes: 1_000, head_bytes: 2_000, fields: 10 };

    fn try_read(head: &[u8]) -> Result<(Head, Environment), Reason> {
        let (mut env, mut parser) = (Environment::new(), HeadParser::default());
        if !parser.parse(head, LIMITS)? {
            return Err(Reason::HeadMalformed);
        }
        let fields = Fields::of(head, &parser, &mut Vec::new())?;
        Ok((read(head, &parser, &fields, &mut env)?, env))
    }

    fn read_text(head: &str) -> Result<(Head, Environment), u16> {
        try_read(head.as_bytes()).map_err(|reason| reason.status().unwrap().as_u16())
    }

    fn refused(head: &str) -> u16 {
        read_text(head).map(|(head, _)| head).expect_err(head)
    }

    #[test]
    fn a_head_fills_the_environment() {
        let (head, env) =
            read_text("GET /a%20b?q HTTP/1.1\r\nHost: h:81\r\nX: 1\r\nx: 2\r\n\r\n").unwrap();
        assert!(head.keep_alive && !head.expects_continue && !head.is_http_10);
        assert_eq!((env.request().path(), env.request().query_string()), ("/a b", "q"));
        assert_eq!(env.request().raw_target(), Some("/a%20b?q"));
        assert_eq!(env.request().headers().get_all("x").count(), 2);
    }

    #[test]
    fn the_method_is_any_token_in_its_case() {
        for method in ["GET", "get", "NOWIN", "!#$%&'*+-.^_`|~9Az"] {
            let (_, env) = read_text(&format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n")).unwrap();
            assert_eq!(env.request().method().as_str(), method);
        }
    }

    #[test]
    fn a_malformed_request_line_is_refused() {
        // HT-12.
        for line in [
            "GET  / HTTP/1.1",
            "GET / HTTP/1.1 ",
            "GET /",
            "GET / http/1.1",
            " GET / HTTP/1.1",
            "GET / HTTP/1.x",
            "GET /a b HTTP/1.1",
            "G T / HTTP/1.1",
            "GET  HTTP/1.1",
            "GET x HTTP/1.1",
        ] {
            assert_eq!(refused(&format!("{line}\r\nHost: h\r\n\r\n")), 400, "{line}");
        }
        assert_eq!(refused("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
        assert_eq!(refused("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), 505);
    }

    #[test]
    fn malformed_fields_are_refused() {
        // HT-09, HT-10, HT-11.
        for field in [
            "Foo : x",
            ": x",
            "Fo o: x",
            "Foo",
            "Foo\u{1}: x",
            "Foo: a\u{0}b",
            "A: b\r\n c",
            "Foo(: x",
        ] {
            assert_eq!(
                refused(&format!("GET / HTTP/1.1\r\nHost: h\r\n{field}\r\n\r\n")),
                400,
                "{field}"
            );
        }
    }

    #[test]
    fn http_11_needs_exactly_one_legal_host() {
        // HT-13, OWIN-097.
        for fields in [
            "",
            "Host: a\r\nHost: a\r\n",
            "Host:\r\n",
            "Host: a b\r\n",
            "Host: a/b\r\n",
            "Host: u@a\r\n",
        ] {
            assert_eq!(refused(&format!("GET / HTTP/1.1\r\n{fields}\r\n")), 400, "{fields:?}");
        }
    }

    #[test]
    fn http_10_needs_no_host() {
        let (head, env) = read_text("GET / HTTP/1.0\r\n\r\n").unwrap();
        assert!(!head.keep_alive);
        assert_eq!(env.request().host(), "", "the start of the call guesses it");
    }

    #[test]
    fn the_host_of_an_absolute_target_wins() {
        // OWIN-094.
        let (_, env) = read_text("GET http://real:82/x HTTP/1.1\r\nHost: other\r\n\r\n").unwrap();
        assert_eq!((env.request().host(), env.request().path()), ("real:82", "/x"));
        assert_eq!(env.request().headers().get_all("host").count(), 1);
    }

    #[test]
    fn tunnels_are_not_implemented_and_stars_need_options() {
        // OWIN-105, OWIN-106.
        assert_eq!(refused("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
        assert_eq!(refused("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
        let (_, env) = read_text("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert_eq!((env.request().path(), env.request().raw_target()), ("/", Some("*")));
    }

    proptest::proptest! {
        #[test]
        fn no_head_makes_us_panic(head in "[ -~\r\n\t]{0,200}") {
            let _refused_or_not = try_read(head.as_bytes());
        }
    }
}
