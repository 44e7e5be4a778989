//! The head of a request: from bytes into an environment (RFC 9112 §3 and §5).

use std::mem::MaybeUninit;

use http::{Method, StatusCode, Version};
use owin_core::address::is_host_and_port;
use owin_core::headers::BodyFraming;
use owin_core::path::Target;
use owin_core::{BodyLength, Environment, Error};

use crate::h1::Refusal;
use crate::h1::fields::{check_line_ends, names};

/// The most bytes of a head: what Kestrel allows, and four times what browsers send.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The most field lines of a head, as Kestrel has it.
const MAX_FIELDS: usize = 100;

/// What the machine has to know of a head besides what lies in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// How long the body is; `Unknown` where it is chunked.
    pub(super) body: BodyLength,
    pub(super) is_http_10: bool,
    pub(super) keep_alive: bool,
    pub(super) expects_continue: bool,
}

/// Where the first head in `unread` ends, or `None` where it is not whole yet; the line feeds among
/// the first `searched` bytes were looked at before.
///
/// # Errors
///
/// 431 where the head is longer than we take, 400 where a line of it ends with a bare line feed: its
/// end would never come.
pub(super) fn end(unread: &[u8], searched: usize) -> Result<Option<usize>, Refusal> {
    let end = first_empty_line(unread, searched)?;
    if end.unwrap_or(unread.len()) > MAX_HEAD_BYTES {
        const WHY: &str = "the head is longer than 32 KiB";
        return Err(Refusal::with(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, WHY));
    }
    Ok(end)
}

/// Walks from line feed to line feed, in one pass.
fn first_empty_line(unread: &[u8], searched: usize) -> Result<Option<usize>, Refusal> {
    let tail = unread.get(searched..).unwrap_or_default();
    for at in memchr::memchr_iter(b'\n', tail) {
        let before = unread.get(..searched + at).unwrap_or_default();
        if before.ends_with(b"\r\n\r") {
            return Ok(Some(before.len() + 1));
        }
        if !before.ends_with(b"\r") {
            return Err(Refusal::bad("a line of the head does not end with CRLF"));
        }
    }
    Ok(None)
}

/// Reads a whole head into an environment.
///
/// # Errors
///
/// The answer to a head that breaks a rule; the environment is then half filled and of no use.
pub(super) fn read(head: &[u8], env: &mut Environment) -> Result<Head, Refusal> {
    check_line_ends(head)?;
    let mut lines = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let parsed = request.parse_with_uninit_headers(head, &mut lines);
    let is_whole = parsed.map_err(|error| refusal_of(error, head))?.is_complete();
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version)
    else {
        return Err(Refusal::bad("the head is not whole"));
    };
    if !is_whole {
        return Err(Refusal::bad("the head is not whole"));
    }
    let is_http_10 = minor == 0;
    env.request_mut().set_protocol(if is_http_10 { Version::HTTP_10 } else { Version::HTTP_11 });
    let fields = read_fields(request.headers, env)?;
    read_target(method, target, env)?;
    settle_host(&fields, is_http_10, env)?;
    Ok(Head {
        body: fields.framing.decide(is_http_10)?,
        is_http_10,
        keep_alive: !fields.close && (!is_http_10 || fields.keep_alive),
        expects_continue: fields.expects_continue && !is_http_10,
    })
}

/// What the fields say to the server itself.
#[derive(Debug, Default)]
struct Fields {
    framing: BodyFraming,
    hosts: usize,
    has_legal_host: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
}

fn read_fields(lines: &[httparse::Header<'_>], env: &mut Environment) -> Result<Fields, Refusal> {
    let mut fields = Fields::default();
    let raw = env.request_mut().headers_mut().raw_mut();
    for line in lines {
        raw.push(line.name, line.value);
        fields.take(line.name, line.value)?;
    }
    Ok(fields)
}

impl Fields {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), Refusal> {
        match name.len() {
            4 if name.eq_ignore_ascii_case("host") => {
                self.hosts += 1;
                self.has_legal_host = std::str::from_utf8(value).is_ok_and(is_host_and_port);
                let is_blank_or_legal = value.is_empty() || self.has_legal_host;
                if is_blank_or_legal { Ok(()) } else { Err(Refusal::bad("the Host is not legal")) }
            }
            6 if name.eq_ignore_ascii_case("expect") => self.expect(value),
            10 if name.eq_ignore_ascii_case("connection") => {
                self.close |= names(value, "close");
                self.keep_alive |= names(value, "keep-alive");
                Ok(())
            }
            14 if name.eq_ignore_ascii_case("content-length") => {
                Ok(self.framing.content_length(value)?)
            }
            17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                Ok(self.framing.transfer_encoding(value)?)
            }
            _ => Ok(()),
        }
    }

    fn expect(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if !value.eq_ignore_ascii_case(b"100-continue") {
            const WHY: &str = "an expectation other than 100-continue cannot be met";
            return Err(Refusal::with(StatusCode::EXPECTATION_FAILED, WHY));
        }
        self.expects_continue = true;
        Ok(())
    }
}

fn read_target(method: &str, target: &str, env: &mut Environment) -> Result<(), Refusal> {
    const ILLEGAL: Refusal = Refusal::bad("the target is not legal");
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Refusal::bad("the method is not a token"))?;
    match Target::parse(target).map_err(|_| ILLEGAL)? {
        Target::Authority(_) if method == Method::CONNECT => {
            const WHY: &str = "this server opens no tunnels";
            return Err(Refusal::with(StatusCode::NOT_IMPLEMENTED, WHY));
        }
        Target::Authority(_) => return Err(ILLEGAL),
        Target::Asterisk if method != Method::OPTIONS => return Err(ILLEGAL),
        _ if method == Method::CONNECT => return Err(ILLEGAL),
        _ => {}
    }
    env.request_mut().set_method(method);
    let is_secured = env.request().scheme() == "https";
    env.request_mut().set_target(target).map_err(|_| ILLEGAL)?;
    if env.request().scheme() == "https" && !is_secured {
        // An app must never take clear text for a secured connection (RFC 9110 §7.4).
        const WHY: &str = "a resource of https was asked for in clear text";
        return Err(Refusal::with(StatusCode::MISDIRECTED_REQUEST, WHY));
    }
    Ok(())
}

/// Sees to it that the application finds exactly one `Host` (RFC 9112 §3.2, OWIN 1.0 §5.2).
fn settle_host(fields: &Fields, is_http_10: bool, env: &mut Environment) -> Result<(), Refusal> {
    if fields.hosts > 1 {
        return Err(Refusal::bad("there is more than one Host"));
    }
    if fields.has_legal_host {
        return Ok(());
    }
    if !is_http_10 {
        return Err(Refusal::bad("there is no Host"));
    }
    if !env.request().host().is_empty() {
        return Ok(());
    }
    let local = env.connection().and_then(|connection| connection.local());
    let guess = local.map_or_else(|| "localhost".to_owned(), |local| local.to_string());
    let set: Result<(), Error> = env.request_mut().headers_mut().set("host", guess);
    set.map_err(|_| Refusal::bad("there is no Host"))
}

/// The answer to what httparse refuses.
fn refusal_of(error: httparse::Error, head: &[u8]) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => {
            const WHY: &str = "the head has more than 100 fields";
            Refusal::with(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, WHY)
        }
        httparse::Error::Version if names_a_version(head) => Refusal::with(
            StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            "the version of HTTP is not supported",
        ),
        _ => Refusal::bad("the head is malformed"),
    }
}

/// Says whether the request line has three words, the last of them a version of HTTP, of which we
/// then say that we do not speak it; everything else there is a malformed request.
fn names_a_version(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| matches!(byte, b'\r' | b'\n'));
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let (Some([_, ..]), Some([_, ..]), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    match version.strip_prefix(b"HTTP/") {
        Some([major, b'.', minor]) => major.is_ascii_digit() && minor.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(head: &str) -> Result<(Head, Environment), u16> {
        let mut env = Environment::new();
        match read(head.as_bytes(), &mut env) {
            Ok(head) => Ok((head, env)),
            Err(refusal) => Err(refusal.status.as_u16()),
        }
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
    fn http_10_without_host_gets_a_guess() {
        // OWIN-096.
        let (head, env) = read_text("GET / HTTP/1.0\r\n\r\n").unwrap();
        assert!(!head.keep_alive);
        assert_eq!(env.request().host(), "localhost");
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

    #[test]
    fn more_than_a_hundred_fields_are_too_many() {
        let fields = "X: y\r\n".repeat(99);
        assert!(read_text(&format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n")).is_ok());
        assert_eq!(refused(&format!("GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n{fields}\r\n")), 431);
    }

    #[test]
    fn the_end_of_a_head_is_found_wherever_the_search_was_broken_off() {
        let head = b"GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
        for searched in 0..head.len() - 4 {
            assert_eq!(end(head, searched), Ok(Some(head.len() - 4)), "{searched}");
        }
        assert_eq!(end(b"GET / HT", 0), Ok(None));
        assert_eq!(end(&[b'a'; MAX_HEAD_BYTES + 1], 0).map_err(|r| r.status.as_u16()), Err(431));
    }

    #[test]
    fn a_bare_line_feed_is_found_wherever_the_search_was_broken_off() {
        // HT-10.
        let head = b"GET / HTTP/1.1\r\nHost: h\nX: y\r\n";
        for searched in 0..=head.len() {
            // Once it was searched for, it was refused: nobody comes back behind it.
            assert_eq!(end(head, searched).is_err(), searched <= 23, "{searched}");
        }
        assert!(end(b"\n", 0).is_err());
        assert_eq!(end(b"GET / HTTP/1.1\r", 0), Ok(None));
    }

    proptest::proptest! {
        #[test]
        fn no_head_makes_us_panic(head in "[ -~\r\n\t]{0,200}") {
            let _refused_or_not = read(head.as_bytes(), &mut Environment::new());
        }
    }
}
