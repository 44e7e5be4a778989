//! A request of tiny_http: into the environment, and out of the way.

use http::{Method, StatusCode, Version};
use owin_core::address::is_host_and_port;
use owin_core::path::{Target, split_base};
use owin_core::{BodyLength, Environment, Error, Head};
use tiny_http::{HTTPVersion, Request};

use crate::connection::Connection;
use crate::listen::Site;
use crate::wire::{Framing, HeadBytes};

/// Bodies up to this length tiny_http reads before it hands a request out.
const AT_HAND_BYTES: u64 = 1024;

/// What the server has to know of a request besides what lies in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) is_http_10: bool,
    /// tiny_http closes the connection once this is answered.
    pub(crate) closes: bool,
    pub(crate) expects_continue: bool,
    pub(crate) body: Incoming,
}

/// Where the body of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// There is none.
    None,
    /// So many bytes, read already.
    AtHand(u64),
    /// To be read, by whoever may wait: so many bytes, or in chunks.
    Streamed(Option<u64>),
}

/// Which lengths of bodies are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lengths {
    /// The largest that may be announced.
    pub(crate) max_bytes: u64,
    /// A body without one is refused.
    pub(crate) are_needed: bool,
}

/// Fills the environment.
///
/// # Errors
///
/// The answer to a head that breaks a rule, or one that this server cannot serve.
pub(crate) fn read(
    request: &Request,
    site: &Site,
    lengths: Lengths,
    env: &mut Environment,
) -> Result<Facts, Error> {
    let is_http_10 = match request.http_version() {
        HTTPVersion(1, 1) => false,
        HTTPVersion(1, 0) => true,
        _ => {
            let status = StatusCode::HTTP_VERSION_NOT_SUPPORTED;
            return Err(Error::peer("the version is not supported").with_status(status));
        }
    };
    let version = if is_http_10 { Version::HTTP_10 } else { Version::HTTP_11 };
    let fields = request.headers().iter();
    let lines = fields.map(|field| (field.field.as_str().as_str(), field.value.as_bytes()));
    check_form(request.method().as_str(), request.url())?;
    env.request_mut().fill(request.method().as_str(), request.url(), version, lines)?;
    settle_host(is_http_10, site, env)?;
    mount(env, &site.base)?;
    let expects_continue = field(request, "Expect").is_some();
    let body = incoming(request, env, expects_continue, lengths)?;
    Ok(Facts { is_http_10, closes: closes(request), expects_continue, body })
}

fn incoming(
    request: &Request,
    env: &Environment,
    expects_continue: bool,
    lengths: Lengths,
) -> Result<Incoming, Error> {
    match env.request().body_length()? {
        BodyLength::Known(0) | BodyLength::None => Ok(Incoming::None),
        BodyLength::Known(length) if length > lengths.max_bytes => {
            let why =
                format!("a body of more than {} bytes must come in chunks", lengths.max_bytes);
            Err(Error::peer(why).with_status(StatusCode::PAYLOAD_TOO_LARGE))
        }
        BodyLength::Known(length)
            if length <= AT_HAND_BYTES && !expects_continue && !is_raw(request) =>
        {
            Ok(Incoming::AtHand(length))
        }
        BodyLength::Known(length) => Ok(Incoming::Streamed(Some(length))),
        // tiny_http does not decode the chunks of a request that asks for another protocol.
        _ if is_raw(request) => Err(Error::peer("chunks beside an upgrade are not decoded")
            .with_status(StatusCode::NOT_IMPLEMENTED)),
        _ if lengths.are_needed => Err(Error::peer("a body without Content-Length is not taken")
            .with_status(StatusCode::LENGTH_REQUIRED)),
        _ => Ok(Incoming::Streamed(None)),
    }
}

/// Checks a target that is not of the usual form, or of the method that never has it.
fn check_form(method: &str, target: &str) -> Result<(), Error> {
    if target.starts_with('/') && method != Method::CONNECT.as_str() {
        return Ok(());
    }
    let wrong = || Error::peer("the target has not the form that goes with its method");
    let parsed = Target::parse(target)?;
    let is_https = |(scheme, _): (&str, &str)| scheme.eq_ignore_ascii_case("https");
    match parsed {
        Target::Authority(_) if method == Method::CONNECT.as_str() => {
            let status = StatusCode::NOT_IMPLEMENTED;
            Err(Error::peer("there are no tunnels here").with_status(status))
        }
        Target::Authority(_) => Err(wrong()),
        Target::Asterisk if method != Method::OPTIONS.as_str() => Err(wrong()),
        _ if method == Method::CONNECT.as_str() => Err(wrong()),
        // An app must never take clear text for a secured connection (RFC 9110 §7.4).
        _ if parsed.origin().is_some_and(is_https) => {
            let status = StatusCode::MISDIRECTED_REQUEST;
            Err(Error::peer("https is not spoken here").with_status(status))
        }
        _ => Ok(()),
    }
}

/// Sees to it that the application finds exactly one legal `Host` (RFC 9112 §3.2, OWIN 1.0 §5.2).
fn settle_host(is_http_10: bool, site: &Site, env: &mut Environment) -> Result<(), Error> {
    let sent = env.request().headers().get("host").map(|host| host.as_bytes().to_vec());
    match sent {
        Some(host) if !host.is_empty() => {
            let is_legal = std::str::from_utf8(&host).is_ok_and(is_host_and_port);
            if is_legal { Ok(()) } else { Err(Error::peer("the Host is not legal")) }
        }
        _ if is_http_10 => env.request_mut().headers_mut().set("host", site.local.to_string()),
        _ => Err(Error::peer("the Host is empty")),
    }
}

/// Splits the path at the base of the address (`host.Addresses`, path).
fn mount(env: &mut Environment, base: &str) -> Result<(), Error> {
    if base.is_empty() {
        return Ok(());
    }
    let split = split_base(env.request().path(), base);
    let Some((base, path)) = split.map(|(base, path)| (base.to_owned(), path.to_owned())) else {
        let status = StatusCode::NOT_FOUND;
        return Err(Error::peer("nothing is mounted there").with_status(status));
    };
    env.request_mut().set_path_base(&base);
    env.request_mut().set_path(&path);
    Ok(())
}

/// The first field of a name, which is the one that tiny_http looks at.
fn field<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    request.headers().iter().find(|field| field.field.equiv(name)).map(|f| f.value.as_str())
}

fn connection(request: &Request) -> Option<String> {
    field(request, "Connection").map(str::to_ascii_lowercase)
}

/// Whether tiny_http leaves the connection's bytes as they are, since it may be upgraded.
fn is_raw(request: &Request) -> bool {
    connection(request).is_some_and(|options| options.contains("upgrade"))
}

/// Whether tiny_http takes no request after this one: it closes once this one is answered.
pub(crate) fn closes(request: &Request) -> bool {
    let is_http_10 = *request.http_version() == HTTPVersion(1, 0);
    connection(request).map_or(is_http_10, |options| {
        let may_stay = !is_http_10 || options.contains("keep-alive");
        options.contains("close") || options.contains("upgrade") || !may_stay
    })
}

/// Whether dropping the request waits until the client has sent the rest of its body.
fn waits_when_dropped(request: &Request) -> bool {
    let is_long = request.body_length().is_some_and(|length| {
        let is_read = u64::try_from(length).unwrap_or(u64::MAX) <= AT_HAND_BYTES;
        length > 0 && (!is_read || field(request, "Expect").is_some())
    });
    is_long && !is_raw(request)
}

/// Answers a request that no app sees. What follows on its connection must not be answered.
/// The connection is ended behind the answer.
pub(crate) fn refuse(
    request: Request,
    status: StatusCode,
    max_length_bytes: u64,
    connection: Connection,
) {
    let head = HeadBytes::new(&Head::refusal(status), Framing::Empty).closing();
    if !waits_when_dropped(&request) {
        let mut writer = request.into_writer();
        let written = writer.write_all(&head.to_bytes()).and_then(|()| writer.flush());
        if let Err(error) = written {
            tracing::debug!(%error, "a refusal could not be written");
        }
        let _found = connection.finish();
        return;
    }
    on_a_thread(move || drop_within(request, max_length_bytes, Some((&head, connection))));
}

/// Drops a request without an answer. What follows on its connection must not be answered.
pub(crate) fn discard(request: Request, max_length_bytes: u64) {
    if waits_when_dropped(&request) {
        on_a_thread(move || drop_within(request, max_length_bytes, None));
    } else {
        drop(request.into_writer());
    }
}

/// Drops a request of which tiny_http then reads the rest: it allocates as many bytes as the client
/// announced. Too many would end the process, so such a request stays in memory.
fn drop_within(request: Request, max_length_bytes: u64, answer: Option<(&HeadBytes, Connection)>) {
    let length = request.body_length().unwrap_or_default();
    let is_too_long = u64::try_from(length).unwrap_or(u64::MAX) > max_length_bytes;
    if let Some((head, connection)) = answer {
        let stream = request.upgrade(&head.to_upgrade(), head.to_response());
        let _found = connection.finish();
        if is_too_long { std::mem::forget(stream) } else { drop(stream) }
    } else if is_too_long {
        std::mem::forget(request);
    } else {
        drop(request.into_writer());
    }
}

fn on_a_thread(work: impl FnOnce() + Send + 'static) {
    let builder = std::thread::Builder::new().name("owin-tiny-http-rest".to_owned());
    if let Err(error) = builder.spawn(work) {
        tracing::error!(%error, "there is no thread for the rest of a request");
    }
}
