//! The table: one row for each limit, from which follow the field, both presets and all that is said
//! of it.

use std::time::Duration;

use owin_core::features::Rate;

use super::amount::Measure;
use super::row::{number, time};
use super::{Limit, Unit};
use crate::observe::Reason;

const KIB: usize = 1024;

/// The most bytes of a buffer: what a connection may cost.
const MOST: u64 = 16 * 1024 * 1024;

/// The most fields, below what `http::HeaderMap` can hold.
const MOST_FIELDS: u64 = 10_000;

const MILLISECOND: Duration = Duration::from_millis(1);

const HOUR: Duration = Duration::from_secs(3600);

macro_rules! limits {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident: $type:ty {
            $unit:ident, within: $bounds:expr,
            edge: $edge:expr, $(internal: $internal:expr,)?
            $(unset: $unset:literal,)?
            $(refusal: $refusal:ident,)?
            answer: $answer:literal,
            why: $why:literal,
            source: $source:literal,
        }
    )+) => {
        /// What the server limits.
        ///
        /// A field is a limit; [`Limits::table`] tells the same as data, and the page of the crate
        /// as a table. Start from a preset and change what has to be other.
        ///
        /// ```
        /// use std::time::Duration;
        /// use nowin_like_server::Limits;
        ///
        /// let mut limits = Limits::internal();
        /// limits.idle = Duration::from_secs(20);
        /// limits.body_bytes = None;
        /// limits.check()?;
        /// # Ok::<_, owin_core::Error>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct Limits {
            $( $(#[doc = $doc])+
            #[doc = concat!("\n\n**At the limit**: ", $answer, "\n\n**Why**: ", $why,
                "\n\n**Source**: ", $source)]
            pub $field: $type, )+
        }

        impl Limits {
            /// For a server that anybody can reach.
            #[must_use]
            pub const fn edge() -> Self {
                Self { $( $field: $edge, )+ }
            }

            /// For a server that only servers of the same owner can reach, as behind a proxy: longer
            /// times, and no limit for an address, since all clients have that of the proxy.
            #[must_use]
            pub const fn internal() -> Self {
                Self { $( $field: internal!($edge $(, $internal)?), )+ }
            }
        }

        pub(super) const TABLE: &[Limit] = &[$( Limit {
            name: stringify!($field),
            doc: concat!($($doc),+),
            unit: Unit::$unit,
            bounds: $bounds,
            amount: |limits| limits.$field.amount(),
            unset: concat!($($unset)?),
            refusal: refusal!($($refusal)?),
            answer: $answer,
            why: $why,
            source: $source,
        }, )+];
    };
}

macro_rules! internal {
    ($edge:expr) => {
        $edge
    };
    ($edge:expr, $internal:expr) => {
        $internal
    };
}

macro_rules! refusal {
    () => {
        None
    };
    ($reason:ident) => {
        Some(Reason::$reason)
    };
}

limits! {
    /// The connections that are open at once; `None` for 80 % of the descriptors that the process may
    /// have, found out at the start.
    connections: Option<usize> {
        Count, within: number(1, u64::MAX, "without a connection nobody is served"),
        edge: None,
        unset: "80 % of the descriptors",
        refusal: TooManyConnections,
        answer: "503 in one attempt, closed",
        why: "without a descriptor left nothing can be accepted, opened or logged",
        source: "hyperium/hyper#1358; Kestrel has none",
    }
    /// The connections of one address that are open at once, for IPv6 of one /64; `None` for any
    /// number.
    connections_per_address: Option<usize> {
        Count, within: number(1, u64::MAX, "without a connection nobody is served"),
        edge: Some(256), internal: None,
        unset: "any number",
        refusal: TooManyFromAddress,
        answer: "503 in one attempt, closed",
        why: "one client must not take all; 256 is an office behind one address, and proxies are internal",
        source: "as nginx's limit_conn",
    }
    /// The connections that apps have taken over; `None` for a quarter of `connections`, one at
    /// least.
    upgraded_connections: Option<usize> {
        Count, within: number(0, u64::MAX, "any number is one"),
        edge: None,
        unset: "25 % of connections",
        refusal: TooManyUpgraded,
        answer: "503 instead of the upgrade",
        why: "they stay for hours, and requests need connections too",
        source: "Kestrel has the limit, but off",
    }
    /// The connections that wait to be accepted; the system cuts it to its own limit.
    backlog: u32 {
        Count, within: number(1, 65_535, "the system takes no more, and with none few get in"),
        edge: 1_024,
        answer: "the system drops the attempt, the client tries again",
        why: "a burst is to wait for a moment and not to fail",
        source: "listen(2); Kestrel 512, nginx 511",
    }
    /// From the start of a connection to its first byte.
    first_byte: Duration {
        Time, within: time(MILLISECOND, "without time nobody can say anything"),
        edge: Duration::from_secs(10), internal: Duration::from_secs(60),
        refusal: FirstByteTimeout,
        answer: "closed without an answer, for no request has begun",
        why: "silent connections cost descriptors; a pool may open some ahead",
        source: "hyperium/hyper#3962; nginx 60 s, Kestrel 130 s",
    }
    /// From the first byte of a head to its end.
    head_time: Duration {
        Time, within: time(MILLISECOND, "without time no head can come"),
        edge: Duration::from_secs(10), internal: Duration::from_secs(30),
        refusal: HeadTimeout,
        answer: "408, closed",
        why: "a trickle must not hold a connection, and bytes do not start the clock again",
        source: "RFC 9110 §15.5.9; Slowloris (2009); Kestrel and hyper 30 s",
    }
    /// The silence between two requests.
    idle: Duration {
        Time, within: time(MILLISECOND, "without time no second request can come"),
        edge: Duration::from_secs(65), internal: Duration::from_secs(130),
        refusal: IdleTimeout,
        answer: "closed without an answer, for no request has begun",
        why: "more than the 60 s after which many clients and balancers give up by themselves",
        source: "RFC 9112 §9.5; nginx 75 s, Kestrel 130 s",
    }
    /// The requests of one connection; `None` for any number.
    requests_per_connection: Option<u64> {
        Count, within: number(1, u64::MAX, "without a request nobody is served"),
        edge: Some(10_000),
        unset: "any number",
        refusal: RequestsReached,
        answer: "the last answer says `connection: close`",
        why: "what a connection keeps is given back now and then, and balancers can balance",
        source: "RFC 9112 §9.6; nginx 1,000",
    }
    /// The age of a connection, up to a tenth more or less, so that not all end at once; `None` for
    /// any.
    connection_age: Option<Duration> {
        Time, within: time(MILLISECOND, "without time no request can come"),
        edge: Some(HOUR),
        unset: "any",
        refusal: AgeReached,
        answer: "the next answer says `connection: close`; an idle one is closed",
        why: "clients find new servers and new certificates only with new connections",
        source: "RFC 9112 §9.6; nginx 1 h",
    }

    /// The request line, without the CRLF.
    request_line_bytes: usize {
        Bytes, within: number(64, MOST, "hardly a request fits into less, and more is an attack"),
        edge: 8 * KIB,
        refusal: RequestLineTooLong,
        answer: "414, closed",
        why: "the 8,000 that HTTP asks for at least, in whole pages of memory",
        source: "RFC 9112 §3; Kestrel 8 KiB",
    }
    /// The head of a request, with the request line and the empty line.
    head_bytes: usize {
        Bytes, within: number(256, MOST, "hardly a request fits into less, and more is an attack"),
        edge: 32 * KIB,
        refusal: HeadTooLong,
        answer: "431, closed",
        why: "four times what browsers send, cookies counted; it is kept in memory",
        source: "RFC 6585 §5; Kestrel 32 KiB; hyperium/hyper#3832",
    }
    /// The field lines of a head.
    head_fields: usize {
        Count, within: number(1, MOST_FIELDS, "HTTP/1.1 has one at least, and the map takes no more"),
        edge: 100,
        refusal: TooManyFields,
        answer: "431, closed",
        why: "a field costs more memory than bytes; browsers send twenty",
        source: "RFC 6585 §5; Kestrel and hyper 100; CVE-2026-49975",
    }

    /// The body of a request, decoded; `None` for any length. An app changes it for its request
    /// before the first read, by `server.MaxRequestBodySize`.
    body_bytes: Option<u64> {
        Bytes, within: number(0, u64::MAX, "any number is one"),
        edge: Some(30_000_000),
        unset: "any length",
        refusal: BodyTooLong,
        answer: "413, closed; before any byte of it, where the length is known",
        why: "apps that collect a body must not be filled up",
        source: "RFC 9110 §15.5.14; Kestrel, HTTP.sys and IIS",
    }
    /// The chunk extensions of a message together, each with its semicolon.
    chunk_extension_bytes: usize {
        Bytes, within: number(0, MOST, "more is an attack"),
        edge: KIB,
        refusal: ChunkExtensionsTooLong,
        answer: "400, closed",
        why: "nobody uses them, and one byte of body can cost any number of theirs",
        source: "RFC 9112 §7.1.1; CVE-2023-39326, CVE-2025-55315; hyper 16 KiB",
    }
    /// The trailer fields of a request together, with the empty line.
    trailer_bytes: usize {
        Bytes, within: number(2, MOST, "the empty line has two, and more is an attack"),
        edge: 8 * KIB,
        refusal: TrailersTooLong,
        answer: "431, closed",
        why: "they are kept in memory; checksums and a status are short",
        source: "RFC 6585 §5; hyper 16 KiB",
    }
    /// The trailer fields of a request.
    trailer_fields: usize {
        Count, within: number(0, MOST_FIELDS, "the map takes no more"),
        edge: 32,
        refusal: TooManyTrailers,
        answer: "431, closed",
        why: "a field costs more memory than bytes",
        source: "RFC 6585 §5",
    }
    /// The silence in a body that somebody waits for.
    body_silence: Duration {
        Time, within: time(MILLISECOND, "without time no body can come"),
        edge: Duration::from_secs(20),
        refusal: BodyTimeout,
        answer: "408, closed; broken off where the response has started",
        why: "who stops sending would hold an app; the clock runs only while the app waits",
        source: "RFC 9110 §15.5.9; nginx 60 s, HTTP.sys 120 s",
    }
    /// How fast a body must come; `None` for any speed. An app changes it for its request by
    /// `server.MinRequestBodyDataRate`.
    body_rate: Option<Rate> {
        Rate, within: number(1, u64::MAX, "who need not send anything needs `None`"),
        edge: Some(Rate { bytes_per_second: 500, grace: Duration::from_secs(5) }),
        internal: Some(Rate { bytes_per_second: 240, grace: Duration::from_secs(5) }),
        unset: "any speed",
        refusal: SlowBody,
        answer: "408, closed; broken off where the response has started",
        why: "a trickle must not hold an app; the clock runs only while the app waits",
        source: "slowhttptest -B; Kestrel 240 B/s; dotnet/aspnetcore#4707",
    }

    /// One read from the connection.
    read_buffer_bytes: usize {
        Bytes, within: number(256, MOST, "less is a call for each line, more is memory"),
        edge: 16 * KIB,
        answer: "read in several steps",
        why: "a head and a small body come with one read",
        source: "nginx and TLS records 16 KiB",
    }
    /// What is read ahead and lies unread while an app runs.
    unread_bytes: usize {
        Bytes, within: number(256, MOST, "less is a stop for each line, more is memory"),
        edge: 64 * KIB,
        answer: "the client waits",
        why: "an end of the client is noticed, and pipelined requests lie ready",
        source: "ours",
    }
    /// What is collected of responses before a write begins.
    write_buffer_bytes: usize {
        Bytes, within: number(256, MOST, "less is a call for each line, more is memory"),
        edge: 64 * KIB,
        answer: "written",
        why: "small pieces and pipelined answers go out together",
        source: "Kestrel 64 KiB",
    }
    /// What lies unwritten, because the client does not take it, before the app has to wait.
    write_high_water_bytes: usize {
        Bytes, within: number(256, MOST, "less is a stop for each line, more is memory"),
        edge: 256 * KIB,
        answer: "the app waits",
        why: "an app need not wait for each write, and a slow client must not fill the memory",
        source: "ours",
    }
    /// How fast a client must take a response; `None` for any speed.
    response_rate: Option<Rate> {
        Rate, within: number(1, u64::MAX, "who need not take anything needs `None`"),
        edge: Some(Rate { bytes_per_second: 500, grace: Duration::from_secs(10) }),
        internal: Some(Rate { bytes_per_second: 240, grace: Duration::from_secs(5) }),
        unset: "any speed",
        refusal: SlowResponse,
        answer: "the connection is reset",
        why: "a client that does not read holds the response in memory",
        source: "slowhttptest -X; Kestrel 240 B/s, HTTP.sys 150 B/s",
    }
    /// What is read of a body that nobody wanted, for the sake of the next request.
    drain_bytes: usize {
        Bytes, within: number(0, u64::MAX, "any number is one"),
        edge: 256 * KIB,
        refusal: DrainTooLong,
        answer: "closed after the answer",
        why: "a new connection costs less than more bytes",
        source: "RFC 9112 §9.3",
    }
    /// How long it may take.
    drain_time: Duration {
        Time, within: time(Duration::ZERO, "more is no answer to a client that stopped"),
        edge: Duration::from_secs(5),
        refusal: DrainTooLong,
        answer: "closed after the answer",
        why: "nobody waits for these bytes",
        source: "RFC 9112 §9.3; Kestrel 5 s",
    }
    /// How long a connection that closes is read, so that the client can read the answer.
    linger: Duration {
        Time, within: time(Duration::ZERO, "more holds the connection of a client that is served"),
        edge: Duration::from_secs(2),
        answer: "closed",
        why: "bytes that come to a closed socket reset the connection, and the answer is lost",
        source: "RFC 9112 §9.6; nginx 5 s silent, 30 s in all",
    }
    /// How long an app may go on after its client has gone.
    app_grace: Duration {
        Time, within: time(Duration::ZERO, "more holds what the app holds"),
        edge: Duration::from_secs(5),
        refusal: AppGone,
        answer: "the app is dropped",
        why: "its token has fired: it can put things in order, but nobody hears it",
        source: "ours",
    }
}
