//! A request as meta-variables (RFC 3875 §4.1).

use owin_core::http::request::Parts;
use percent_encoding::percent_decode_str;

/// A name and its value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// All that is said of a request in front of its body.
pub(crate) fn of(request: &Parts) -> Vec<Pair> {
    let (path, query) = (request.uri.path(), request.uri.query().unwrap_or_default());
    let target = request.uri.to_string();
    let protocol = format!("{:?}", request.version);
    let names_a_path = path.starts_with('/');
    let info = if names_a_path { percent_decode_str(path).collect() } else { Vec::new() };
    let own: [(&str, &[u8]); 12] = [
        ("GATEWAY_INTERFACE", b"CGI/1.1"),
        ("SERVER_SOFTWARE", b"front"),
        ("SERVER_NAME", b"localhost"),
        ("SERVER_PORT", b"80"),
        ("REMOTE_ADDR", b"127.0.0.1"),
        ("REQUEST_SCHEME", b"http"),
        ("SERVER_PROTOCOL", protocol.as_bytes()),
        ("REQUEST_METHOD", request.method.as_str().as_bytes()),
        ("REQUEST_URI", target.as_bytes()),
        ("SCRIPT_NAME", b""),
        ("PATH_INFO", &info),
        ("QUERY_STRING", query.as_bytes()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.into(), value.to_owned()));
    let fields = request.headers.iter();
    let fields = fields.map(|(name, value)| (variable(name.as_str()), value.as_bytes().to_owned()));
    own.chain(fields).collect()
}

/// The variable of a field (RFC 3875 §4.1.2, §4.1.3, §4.1.18): the names of all but two have a
/// prefix. A field of several lines is several variables.
fn variable(field: &str) -> Vec<u8> {
    let name = field.to_ascii_uppercase().replace('-', "_");
    match name.as_str() {
        "CONTENT_LENGTH" | "CONTENT_TYPE" => name.into(),
        _ => format!("HTTP_{name}").into(),
    }
}
