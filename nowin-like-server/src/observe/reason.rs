//! Why a message is refused or a connection closed, each cause once.

use std::fmt;

use http::StatusCode;
use owin_core::Error;
use owin_core::headers::FramingError;

macro_rules! reasons {
    ($( $(#[doc = $doc:literal])+ $variant:ident, $code:literal, $answer:expr, $sentence:literal; )+) => {
        /// Why the server refused a message, closed a connection or dropped an app, where neither
        /// the client nor the app wanted it.
        ///
        /// The [`code`](Self::code) is stable: it may stand in the names of metrics and in alarms.
        ///
        /// ```
        /// use nowin_like_server::observe::Reason;
        ///
        /// let reason = Reason::HeadTooLong;
        /// assert_eq!(reason.code(), "head-too-long");
        /// assert_eq!(reason.status().map(|status| status.as_u16()), Some(431));
        /// assert_eq!(Reason::IdleTimeout.status(), None);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Reason {
            $( $(#[doc = $doc])+ $variant, )+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The name of the reason, in kebab case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The status of the answer; `None` where there is none, for no request had begun or a
            /// response was under way.
            #[must_use]
            pub const fn status(self) -> Option<StatusCode> {
                match self { $( Self::$variant => $answer, )+ }
            }

            /// What happened, in lower case and without a full stop.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $( Self::$variant => $sentence, )+ }
            }
        }
    };
}

const SILENT: Option<StatusCode> = None;
const BAD: Option<StatusCode> = Some(StatusCode::BAD_REQUEST);
const NOT_FOUND: Option<StatusCode> = Some(StatusCode::NOT_FOUND);
const TIMEOUT: Option<StatusCode> = Some(StatusCode::REQUEST_TIMEOUT);
const BODY_TOO_LARGE: Option<StatusCode> = Some(StatusCode::PAYLOAD_TOO_LARGE);
const LINE_TOO_LONG: Option<StatusCode> = Some(StatusCode::URI_TOO_LONG);
const EXPECTATION: Option<StatusCode> = Some(StatusCode::EXPECTATION_FAILED);
const MISDIRECTED: Option<StatusCode> = Some(StatusCode::MISDIRECTED_REQUEST);
const FIELDS_TOO_LARGE: Option<StatusCode> = Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
const FAILED: Option<StatusCode> = Some(StatusCode::INTERNAL_SERVER_ERROR);
const NOT_IMPLEMENTED: Option<StatusCode> = Some(StatusCode::NOT_IMPLEMENTED);
const FULL: Option<StatusCode> = Some(StatusCode::SERVICE_UNAVAILABLE);
const VERSION: Option<StatusCode> = Some(StatusCode::HTTP_VERSION_NOT_SUPPORTED);

reasons! {
    /// All connections that the server has are taken (`connections`).
    TooManyConnections, "too-many-connections", FULL, "the server has no connection left";
    /// All connections of one address are taken (`connections_per_address`).
    TooManyFromAddress, "too-many-from-address", FULL, "the address has too many connections";
    /// All connections that may be taken over are (`upgraded_connections`).
    TooManyUpgraded, "too-many-upgraded", FULL, "too many connections have been taken over";

    /// Nothing came after the connection was opened (`first_byte`).
    FirstByteTimeout, "first-byte-timeout", SILENT, "nothing came on a new connection";
    /// Nothing came after a response (`idle`).
    IdleTimeout, "idle-timeout", SILENT, "no other request came on the connection";
    /// The connection is too old (`connection_age`).
    AgeReached, "age-reached", SILENT, "the connection has reached its age";
    /// The connection had its number of requests (`requests_per_connection`).
    RequestsReached, "requests-reached", SILENT, "the connection has had all its requests";
    /// The server stops.
    Stopping, "stopping", SILENT, "the server stops";

    /// A head did not come in time (`head_time`).
    HeadTimeout, "head-timeout", TIMEOUT, "the head took too long";
    /// The request line is too long (`request_line_bytes`).
    RequestLineTooLong, "request-line-too-long", LINE_TOO_LONG, "the request line is too long";
    /// The head is too long (`head_bytes`).
    HeadTooLong, "head-too-long", FIELDS_TOO_LARGE, "the head is too long";
    /// The head has too many fields (`head_fields`).
    TooManyFields, "too-many-fields", FIELDS_TOO_LARGE, "the head has too many fields";
    /// A line of the head ends with a bare line feed (RFC 9112 §2.2).
    LineEndIllegal, "line-end-illegal", BAD, "a line of the head does not end with CRLF";
    /// A CR or a NUL stands inside a line of the head (RFC 9112 §2.2, RFC 9110 §5.5).
    LineByteIllegal, "line-byte-illegal", BAD, "the head holds a CR or a NUL inside a line";
    /// The request line is not made of three words (RFC 9112 §3).
    RequestLineIllegal, "request-line-illegal", BAD, "the request line is malformed";
    /// The method is not a token (RFC 9110 §9.1).
    MethodIllegal, "method-illegal", BAD, "the method is not a token";
    /// The target has none of the four forms, or not that of the method (RFC 9112 §3.2).
    TargetIllegal, "target-illegal", BAD, "the target is not legal";
    /// The version is one of HTTP's, but neither 1.0 nor 1.1 (RFC 9110 §15.6.6).
    VersionUnsupported, "version-unsupported", VERSION, "the version of HTTP is not supported";
    /// A field has no name, or one that is no token (RFC 9112 §5.1).
    FieldNameIllegal, "field-name-illegal", BAD, "the name of a field is not a token";
    /// A field has a byte in its value that must not be there (RFC 9110 §5.5).
    FieldValueIllegal, "field-value-illegal", BAD, "the value of a field holds an illegal byte";
    /// A field goes on in the next line (RFC 9112 §5.2).
    FieldFolded, "field-folded", BAD, "a field is folded";
    /// The head breaks another rule.
    HeadMalformed, "head-malformed", BAD, "the head is malformed";
    /// There is no `Host` in HTTP/1.1 (RFC 9112 §3.2).
    HostMissing, "host-missing", BAD, "there is no Host";
    /// There is more than one `Host` (RFC 9112 §3.2).
    HostRepeated, "host-repeated", BAD, "there is more than one Host";
    /// The `Host` is no host (RFC 9112 §3.2).
    HostIllegal, "host-illegal", BAD, "the Host is not legal";
    /// An expectation other than `100-continue` (RFC 9110 §10.1.1).
    ExpectationUnknown, "expectation-unknown", EXPECTATION,
        "an expectation other than 100-continue cannot be met";
    /// `CONNECT` (RFC 9110 §9.3.6).
    TunnelRefused, "tunnel-refused", NOT_IMPLEMENTED, "this server opens no tunnels";
    /// A target with `https` on a connection in clear text (RFC 9110 §7.4).
    SchemeMisdirected, "scheme-misdirected", MISDIRECTED,
        "a resource of https was asked for in clear text";
    /// Nothing is at the path: it is not below the path base of the address.
    NotMounted, "not-mounted", NOT_FOUND, "nothing is mounted at this path";

    /// The `Content-Length` is not one decimal number (RFC 9112 §6.3).
    LengthIllegal, "length-illegal", BAD, "the Content-Length is not one decimal number";
    /// There are two of them (RFC 9112 §6.3).
    LengthRepeated, "length-repeated", BAD, "there is more than one Content-Length";
    /// A `Content-Length` stands beside a `Transfer-Encoding` (RFC 9112 §6.1).
    LengthBesideCoding, "length-beside-coding", BAD,
        "Content-Length and Transfer-Encoding are both there";
    /// A coding other than `chunked` (RFC 9112 §6.1).
    CodingUnsupported, "coding-unsupported", NOT_IMPLEMENTED,
        "a transfer coding other than chunked is not implemented";
    /// `chunked` is there twice (RFC 9112 §6.1).
    CodingRepeated, "coding-repeated", BAD, "the body is chunked more than once";
    /// A `Transfer-Encoding` in HTTP/1.0 (RFC 9112 §6.1).
    CodingInOldVersion, "coding-in-old-version", BAD, "HTTP/1.0 does not know Transfer-Encoding";
    /// The fields contradict each other in another way (RFC 9112 §6.3).
    FramingIllegal, "framing-illegal", BAD, "the length of the body is not clear";

    /// The body is longer than it may be (`body_bytes`).
    BodyTooLong, "body-too-long", BODY_TOO_LARGE, "the body is too long";
    /// Nothing came of a body that somebody waited for (`body_silence`).
    BodyTimeout, "body-timeout", TIMEOUT, "nothing came of the body";
    /// A body came too slowly (`body_rate`).
    SlowBody, "slow-body", TIMEOUT, "the body came too slowly";
    /// The size of a chunk is not a number (RFC 9112 §7.1).
    ChunkSizeIllegal, "chunk-size-illegal", BAD,
        "a chunk size is not a hexadecimal number of at most 16 digits";
    /// A chunk's extension holds a byte that must not be there (RFC 9112 §7.1.1).
    ChunkExtensionIllegal, "chunk-extension-illegal", BAD, "a chunk extension is malformed";
    /// The extensions are too long (`chunk_extension_bytes`).
    ChunkExtensionsTooLong, "chunk-extensions-too-long", BAD,
        "the chunk extensions are too long";
    /// A size line ends with a bare line feed (RFC 9112 §2.2).
    ChunkLineEndIllegal, "chunk-line-end-illegal", BAD, "a size line does not end with CRLF";
    /// Something else than CRLF stands behind the data of a chunk (RFC 9112 §7.1).
    ChunkDataEndIllegal, "chunk-data-end-illegal", BAD,
        "the data of a chunk do not end with CRLF";
    /// A trailer field breaks a rule of fields (RFC 9112 §7.1.2).
    TrailerIllegal, "trailer-illegal", BAD, "a trailer field is malformed";
    /// A trailer field would change the framing or the routing (RFC 9110 §6.5.1).
    TrailerForbidden, "trailer-forbidden", BAD,
        "a trailer field would change the framing or the routing";
    /// The trailer fields are too long (`trailer_bytes`).
    TrailersTooLong, "trailers-too-long", FIELDS_TOO_LARGE, "the trailer fields are too long";
    /// There are too many trailer fields (`trailer_fields`).
    TooManyTrailers, "too-many-trailers", FIELDS_TOO_LARGE, "there are too many trailer fields";

    /// A client took a response too slowly (`response_rate`).
    SlowResponse, "slow-response", SILENT, "the client took the response too slowly";
    /// A body that nobody read was too long or too slow (`drain_bytes`, `drain_time`).
    DrainTooLong, "drain-too-long", SILENT, "too much was left of a body that nobody read";
    /// An app went on for too long after its client had gone, and was dropped (`app_grace`).
    AppGone, "app-gone", SILENT, "an app did not end after its client had gone";
    /// An app takes over a connection that was not offered to it.
    UpgradeNotOffered, "upgrade-not-offered", FAILED, "the connection was not offered";
}

impl Reason {
    /// Says whether a time or a speed was the reason.
    ///
    /// ```
    /// use nowin_like_server::observe::Reason;
    ///
    /// assert!(Reason::SlowBody.is_timeout() && !Reason::BodyTooLong.is_timeout());
    /// ```
    #[must_use]
    pub const fn is_timeout(self) -> bool {
        matches!(
            self,
            Self::FirstByteTimeout
                | Self::IdleTimeout
                | Self::HeadTimeout
                | Self::BodyTimeout
                | Self::SlowBody
                | Self::SlowResponse
        )
    }

    /// Says whether a connection of which nobody asked anything came to its planned end: no fault of
    /// the client's, and nothing that it would notice.
    #[must_use]
    pub const fn is_planned(self) -> bool {
        matches!(
            self,
            Self::IdleTimeout | Self::AgeReached | Self::RequestsReached | Self::Stopping
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl From<Reason> for Error {
    /// The client's fault, with the status of the reason; the app's where that is 500.
    fn from(reason: Reason) -> Self {
        match reason.status() {
            FAILED => Self::app(reason.sentence()),
            Some(status) => Self::peer(reason.sentence()).with_status(status),
            None => Self::peer(reason.sentence()),
        }
    }
}

impl From<FramingError> for Reason {
    /// The reason that says the same.
    fn from(error: FramingError) -> Self {
        let same = Self::ALL.iter().find(|reason| reason.sentence() == error.why());
        same.copied().unwrap_or(Self::FramingIllegal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use owin_core::headers::BodyFraming;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_is_short_kebab_case_and_there_once() {
        let mut seen = BTreeSet::new();
        for reason in Reason::ALL {
            let code = reason.code();
            assert!(code.len() <= 32 && seen.insert(code), "{code}");
            assert!(code.split('-').all(|part| !part.is_empty()), "{code}");
            assert!(code.chars().all(|c| c == '-' || c.is_ascii_lowercase()), "{code}");
        }
    }

    #[test]
    fn a_code_is_the_name_of_its_variant() {
        for reason in Reason::ALL {
            let name = format!("{reason:?}");
            let kebab: String = name.chars().fold(String::new(), |mut kebab, c| {
                if c.is_uppercase() && !kebab.is_empty() {
                    kebab.push('-');
                }
                kebab.push(c.to_ascii_lowercase());
                kebab
            });
            assert_eq!(kebab, reason.code());
        }
    }

    #[test]
    fn a_sentence_is_in_lower_case_without_a_full_stop_and_there_once() {
        let sentences: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.sentence()).collect();
        assert_eq!(sentences.len(), Reason::ALL.len());
        assert!(sentences.iter().all(|sentence| !sentence.ends_with('.')));
    }

    #[test]
    fn a_status_is_one_of_an_error() {
        for status in Reason::ALL.iter().filter_map(|reason| reason.status()) {
            assert!(status.is_client_error() || status.is_server_error(), "{status}");
        }
    }

    #[test]
    fn every_framing_error_has_a_reason_of_its_own() {
        let framing = |lines: &[(&str, &str)], is_http_10| {
            let mut framing = BodyFraming::default();
            for (name, value) in lines {
                match *name {
                    "length" => framing.content_length(value.as_bytes())?,
                    _ => framing.transfer_encoding(value.as_bytes())?,
                }
            }
            framing.decide(is_http_10)
        };
        let (five, chunked) = (("length", "5"), ("coding", "chunked"));
        for (lines, is_http_10, reason) in [
            (&[("length", "x")][..], false, Reason::LengthIllegal),
            (&[five, five], false, Reason::LengthRepeated),
            (&[five, chunked], false, Reason::LengthBesideCoding),
            (&[("coding", "gzip")], false, Reason::CodingUnsupported),
            (&[chunked, chunked], false, Reason::CodingRepeated),
            (&[chunked], true, Reason::CodingInOldVersion),
        ] {
            let error = framing(lines, is_http_10).unwrap_err();
            assert_eq!((Reason::from(error), reason.status()), (reason, Some(error.status())));
        }
    }

    #[test]
    fn an_error_of_the_contract_has_the_status_and_the_fault() {
        let error = Error::from(Reason::BodyTooLong);
        assert_eq!((error.status().as_u16(), error.kind()), (413, owin_core::ErrorKind::Peer));
        let error = Error::from(Reason::UpgradeNotOffered);
        assert_eq!((error.status().as_u16(), error.kind()), (500, owin_core::ErrorKind::App));
    }
}
