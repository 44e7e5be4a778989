//! The table: one row for each key of the contract.
//!
//! From a row follow the typed constant, the slot in the environment, the [`KeyInfo`] for
//! iteration, the lint rules for presence and type, and the paragraph in `SPEC.md`.

use std::any::Any;
use std::time::Duration;

use http::{Method, StatusCode, Version as Protocol};

use super::info::{is_a, name_of};
use super::{Key, KeyInfo, Party, Presence, Scope, Stored};
use crate::body::{RequestBody, ResponseBody};
use crate::environment::{AnyValue, Dictionary, slot::Slot};
use crate::features::{
    BodySizeLimit, ClientCertificate, DataRate, OnCompleted, OnSendingHeaders, ReasonPhrase, Reset,
    ResponseBuffering, TlsHandshake, TraceOutput, User,
};
use crate::headers::Headers;
use crate::properties::{Addresses, Capabilities, OnInit};
use crate::send_file::SendFile;
use crate::upgrade::{
    Accept, OpaqueStream, OpaqueUpgrade, WebSocketClose, WebSocketReceive, WebSocketSend,
};
use crate::{CallCancelled, Version};

/// Says where the field of a key stands: in the environment itself, or in a box that few calls need.
/// The structure that does not have it has nothing in its place.
macro_rules! placed {
    (inline inline, = $new:expr) => {
        $new
    };
    (boxed boxed, = $new:expr) => {
        $new
    };
    ($here:ident $there:ident, = $new:expr) => {
        ()
    };
    (inline inline, $slot:ty) => {
        $slot
    };
    (boxed boxed, $slot:ty) => {
        $slot
    };
    ($here:ident $there:ident, $slot:ty) => {
        ()
    };
    (inline, mut $slots:ident) => {
        $slots
    };
    (boxed, mut $slots:ident) => {
        $slots.boxed_mut()
    };
    (inline, $slots:ident) => {
        $slots
    };
    (boxed, $slots:ident) => {
        $slots.boxed()
    };
}

macro_rules! contract {
    (
        call {
            $( $(#[doc = $doc:literal])+
            $place:ident $field:ident $constant:ident: $type:ty = $name:literal,
            $scope:ident, $presence:ident, $party:ident, $source:literal; )+
        }
        elsewhere {
            $( $(#[doc = $other_doc:literal])+
            $other:ident: $other_type:ty = $other_name:literal,
            $other_scope:ident, $other_presence:ident, $other_party:ident, $other_source:literal; )+
        }
    ) => {
        $( $(#[doc = $doc])+ #[doc = concat!("\n\n`", $name, "`, ", $source, ".")]
        pub const $constant: Key<$type> = Key::new($name); )+
        $( $(#[doc = $other_doc])+ #[doc = concat!("\n\n`", $other_name, "`, ", $other_source, ".")]
        pub const $other: Key<$other_type> = Key::new($other_name); )+

        /// A key that the environment keeps as a field.
        #[expect(non_camel_case_types, reason = "a variant has the name of its constant")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Known { $( $constant, )+ }

        impl Known {
            pub(crate) const ALL: &'static [Self] = &[$( Self::$constant, )+];

            /// The bit of the key in a set of keys.
            #[expect(clippy::as_conversions, reason = "the number of a variant; all are below 64")]
            const fn bit(self) -> u64 {
                const { assert!(Self::ALL.len() <= 64, "a set of keys has 64 bits") };
                1 << (self as u32)
            }

            pub(crate) const fn info(self) -> &'static KeyInfo {
                match self { $( Self::$constant => {
                    const INFO: KeyInfo = KeyInfo {
                        name: $name, constant: stringify!($constant), doc: concat!($($doc, "\n"),+),
                        type_name: name_of::<$type>, accepts: is_a::<$type>,
                        scope: Scope::$scope, presence: Presence::$presence, set_by: Party::$party,
                        source: $source,
                    };
                    &INFO
                } )+ }
            }
        }

        pub(super) const IN_CALL: &[KeyInfo] = &[$( *Known::$constant.info(), )+];

        pub(super) const ELSEWHERE: &[KeyInfo] = &[$( KeyInfo {
            name: $other_name, constant: stringify!($other), doc: concat!($($other_doc, "\n"),+),
            type_name: name_of::<$other_type>, accepts: is_a::<$other_type>,
            scope: Scope::$other_scope, presence: Presence::$other_presence,
            set_by: Party::$other_party, source: $other_source,
        }, )+];

        /// The fields of the environment, one for each known key.
        #[expect(dead_code, reason = "what stands elsewhere has nothing in its place")]
        #[derive(Debug)]
        pub(crate) struct Slots {
            /// The keys that were handed out to be changed since the last reset.
            touched: u64,
            /// Those that few calls use; there since one did.
            boxed: Option<Box<Boxed>>,
            $( pub(crate) $field: placed!(inline $place, Slot<<$type as Stored>::Owned>), )+
        }

        /// The fields of the keys that few calls use.
        #[expect(dead_code, reason = "what stands elsewhere has nothing in its place")]
        #[derive(Debug)]
        pub(crate) struct Boxed {
            $( pub(crate) $field: placed!(boxed $place, Slot<<$type as Stored>::Owned>), )+
        }

        impl Boxed {
            const fn new() -> Self {
                Self { $( $field: placed!(boxed $place, = Slot::new()), )+ }
            }
        }

        impl Slots {
            pub(crate) const fn new() -> Self {
                let boxed = None;
                Self { touched: 0, boxed, $( $field: placed!(inline $place, = Slot::new()), )+ }
            }

            /// The fields of the keys that few calls use.
            #[inline]
            pub(crate) fn boxed(&self) -> &Boxed {
                static UNUSED: Boxed = Boxed::new();
                self.boxed.as_deref().unwrap_or(&UNUSED)
            }

            /// Whoever changes one of them notes it.
            #[inline]
            fn boxed_mut(&mut self) -> &mut Boxed {
                self.boxed.get_or_insert_with(|| Box::new(Boxed::new()))
            }

            #[inline]
            pub(crate) fn slot(&self, known: Known) -> &dyn crate::environment::slot::ErasedSlot {
                match known { $( Known::$constant => &placed!($place, self).$field, )+ }
            }

            #[inline]
            pub(crate) fn slot_mut(
                &mut self,
                known: Known,
            ) -> &mut dyn crate::environment::slot::ErasedSlot {
                self.touch(known);
                match known { $( Known::$constant => &mut placed!($place, mut self).$field, )+ }
            }

            /// The field of a key as a slot of that type. Without a detour through a vtable: where the
            /// key is a constant this is the address of the field.
            #[inline]
            pub(crate) fn typed<T: AnyValue>(&self, known: Known) -> Option<&Slot<T>> {
                match known { $( Known::$constant => {
                    let slot: &dyn Any = &placed!($place, self).$field;
                    slot.downcast_ref()
                } )+ }
            }

            #[inline]
            pub(crate) fn typed_mut<T: AnyValue>(&mut self, known: Known) -> Option<&mut Slot<T>> {
                self.touch(known);
                match known { $( Known::$constant => {
                    let slot: &mut dyn Any = &mut placed!($place, mut self).$field;
                    slot.downcast_mut()
                } )+ }
            }

            /// Notes that a field is changed past [`slot_mut`](Self::slot_mut) and
            /// [`typed_mut`](Self::typed_mut).
            #[inline]
            pub(crate) fn touch(&mut self, known: Known) {
                self.touched |= known.bit();
            }

            /// Says whether a field was handed out to be changed since the last reset.
            #[inline]
            pub(crate) fn is_touched(&self) -> bool {
                self.touched != 0
            }

            /// Empties every field that was handed out to be changed; memory that is worth keeping is
            /// kept. Whoever writes a field without a note empties it too.
            pub(crate) fn reset(&mut self) {
                let mut touched = self.touched;
                while let Some(known) = usize::try_from(touched.trailing_zeros())
                    .ok()
                    .and_then(|number| Known::ALL.get(number))
                {
                    self.slot_mut(*known).reset();
                    touched &= touched - 1;
                }
                self.touched = 0;
                debug_assert!(self.is_untouched(), "a field was written past the set");
            }

            /// Says whether every field is as it was made, but for those that a call begins with.
            fn is_untouched(&self) -> bool {
                use crate::environment::slot::Presence::Untouched;
                let is_given = |known: Known| {
                    known.info().presence() == Presence::Required
                        || matches!(known, Known::SERVER_ON_SENDING_HEADERS)
                        || matches!(known, Known::SERVER_ON_COMPLETED | Known::SERVER_RAW_TARGET)
                };
                Known::ALL.iter().all(|k| is_given(*k) || self.slot(*k).presence() == Untouched)
            }
        }
    };
}

contract! {
    call {
        /// The decoded body of the request, to be pulled. Always there; of a request without a body
        /// it is at its end.
        inline request_body REQUEST_BODY: RequestBody = "owin.RequestBody",
            Call, Required, Server, "OWIN 1.0 §3.2.1, §3.4";
        /// The field lines of the request, neither split nor joined. Holds `Host`.
        inline request_headers REQUEST_HEADERS: Headers = "owin.RequestHeaders",
            Call, Required, Server, "OWIN 1.0 §3.2.1, §3.3";
        /// The method token, in the case in which it was sent.
        inline request_method REQUEST_METHOD: Method = "owin.RequestMethod",
            Call, Required, Server, "OWIN 1.0 §3.2.1";
        /// The path below the path base, percent-decoded once. Starts with `/`, or is empty where
        /// the path base is not.
        inline request_path REQUEST_PATH: str = "owin.RequestPath",
            Call, Required, Server, "OWIN 1.0 §3.2.1, §5.3";
        /// Where the application is mounted, percent-decoded. Empty, or starts with `/` and does
        /// not end with it.
        inline request_path_base REQUEST_PATH_BASE: str = "owin.RequestPathBase",
            Call, Required, Server, "OWIN 1.0 §3.2.1, §5.3";
        /// The protocol's name and version, as in `HTTP/1.1`.
        inline request_protocol REQUEST_PROTOCOL: Protocol = "owin.RequestProtocol",
            Call, Required, Server, "OWIN 1.0 §3.2.1";
        /// The query as it was sent, still encoded, without the `?`; empty where there is none.
        inline request_query_string REQUEST_QUERY_STRING: str = "owin.RequestQueryString",
            Call, Required, Server, "OWIN 1.0 §3.2.1, §5.5";
        /// `http` or `https`, as far as the server can tell.
        inline request_scheme REQUEST_SCHEME: str = "owin.RequestScheme",
            Call, Required, Server, "OWIN 1.0 §3.2.1, §5.1";
        /// Tells one call from another; opaque, unique as far as the host can make it. Once set it
        /// does not change.
        boxed request_id REQUEST_ID: str = "owin.RequestId",
            Call, Optional, Host, "OWIN 1.0.1 §3.2.1, OWIN 1.1 §3.2.1";
        /// Who makes the request. Absent: anonymous, or nobody asked.
        boxed request_user REQUEST_USER: User = "owin.RequestUser",
            Call, Optional, App, "OWIN 1.0.1 §3.2.1";
        /// Where the body of the response goes: pushed, or handed over whole.
        inline response_body RESPONSE_BODY: ResponseBody = "owin.ResponseBody",
            Call, Required, Server, "OWIN 1.0 §3.2.2, §3.5";
        /// The fields of the response; they can be changed until the response starts.
        inline response_headers RESPONSE_HEADERS: Headers = "owin.ResponseHeaders",
            Call, Required, Server, "OWIN 1.0 §3.2.2, §3.3";
        /// The status of the response; absent means 200.
        inline response_status_code RESPONSE_STATUS_CODE: StatusCode = "owin.ResponseStatusCode",
            Call, Optional, App, "OWIN 1.0 §3.2.2";
        /// The phrase behind the status; absent means the one of RFC 9110 §15. HTTP/1.x only.
        boxed response_reason_phrase RESPONSE_REASON_PHRASE: ReasonPhrase = "owin.ResponseReasonPhrase",
            Call, Optional, App, "OWIN 1.0 §3.2.2";
        /// The protocol that the application asks to be answered with; a server may ignore it.
        boxed response_protocol RESPONSE_PROTOCOL: Protocol = "owin.ResponseProtocol",
            Call, Optional, App, "OWIN 1.0 §3.2.2";
        /// Fires when the call is of no use any more: the peer went, a write failed, the server
        /// gave up.
        inline call_cancelled CALL_CANCELLED: CallCancelled = "owin.CallCancelled",
            Call, Required, Server, "OWIN 1.0 §3.2.3, §3.6";
        /// The version of OWIN, `1.0`.
        inline owin_version OWIN_VERSION: Version = "owin.Version",
            CallAndStartup, Required, Server, "OWIN 1.0 §3.2.3, §7";

        /// The certificates that the client presented, the client's own first. TLS only.
        boxed ssl_client_certificate SSL_CLIENT_CERTIFICATE: ClientCertificate = "ssl.ClientCertificate",
            Call, Optional, Server, "CommonKeys, ssl";
        /// What the TLS handshake agreed on. TLS only.
        boxed ssl_handshake SSL_HANDSHAKE: TlsHandshake = "ssl.Handshake",
            Call, Optional, Server, "ours";
        /// The client's IP address as text, no brackets, no port. Absent where there is none.
        boxed server_remote_ip_address SERVER_REMOTE_IP_ADDRESS: str = "server.RemoteIpAddress",
            Call, Optional, Server, "CommonKeys, server";
        /// The client's port in decimal. Absent where there is none.
        boxed server_remote_port SERVER_REMOTE_PORT: str = "server.RemotePort",
            Call, Optional, Server, "CommonKeys, server";
        /// The IP address that the request arrived on, as text.
        boxed server_local_ip_address SERVER_LOCAL_IP_ADDRESS: str = "server.LocalIpAddress",
            Call, Optional, Server, "CommonKeys, server";
        /// The port that the request arrived on, in decimal.
        boxed server_local_port SERVER_LOCAL_PORT: str = "server.LocalPort",
            Call, Optional, Server, "CommonKeys, server";
        /// Whether the request came from the same machine.
        boxed server_is_local SERVER_IS_LOCAL: bool = "server.IsLocal",
            Call, Optional, Server, "CommonKeys, server";
        /// What the server can do. The same instance at start-up and in every call.
        boxed server_capabilities SERVER_CAPABILITIES: Capabilities = "server.Capabilities",
            CallAndStartup, Optional, Server, "CommonKeys, server";
        /// Takes callbacks that run just before the response starts, last registered first, once.
        inline server_on_sending_headers SERVER_ON_SENDING_HEADERS: OnSendingHeaders =
            "server.OnSendingHeaders", Call, Optional, Server, "CommonKeys, server";
        /// Takes callbacks that run once the call is over, last registered first, once, with its
        /// outcome.
        inline server_on_completed SERVER_ON_COMPLETED: OnCompleted = "server.OnCompleted",
            Call, Optional, Server, "ours";
        /// Tells one connection from another.
        boxed server_connection_id SERVER_CONNECTION_ID: str = "server.ConnectionId",
            Call, Optional, Server, "ASP.NET Core's OWIN bridge";
        /// The request target just as it was sent.
        inline server_raw_target SERVER_RAW_TARGET: str = "server.RawTarget",
            Call, Optional, Server, "ours; RFC 9112 §3.2";
        /// The trailer fields of the request; there once the body has been read to its end.
        boxed server_request_trailers SERVER_REQUEST_TRAILERS: Headers = "server.RequestTrailers",
            Call, Optional, Server, "ours; RFC 9110 §6.5";
        /// The trailer fields to be sent after the body of the response.
        boxed server_response_trailers SERVER_RESPONSE_TRAILERS: Headers = "server.ResponseTrailers",
            Call, Optional, Server, "ours; RFC 9110 §6.5";
        /// How many bytes the body of this request may have; can be changed before the first read.
        boxed server_max_request_body_size SERVER_MAX_REQUEST_BODY_SIZE: BodySizeLimit =
            "server.MaxRequestBodySize", Call, Optional, Server, "ours; RFC 9110 §15.5.14";
        /// How fast the body of this request must come.
        boxed server_min_request_body_data_rate SERVER_MIN_REQUEST_BODY_DATA_RATE: DataRate =
            "server.MinRequestBodyDataRate", Call, Optional, Server, "ours";
        /// How fast the client must take the response.
        boxed server_min_response_data_rate SERVER_MIN_RESPONSE_DATA_RATE: DataRate =
            "server.MinResponseDataRate", Call, Optional, Server, "ours";
        /// Whether small writes may wait for one another.
        boxed server_response_buffering SERVER_RESPONSE_BUFFERING: ResponseBuffering =
            "server.ResponseBuffering", Call, Optional, Server, "ours";
        /// Ends the call without an answer: a closed connection, or a reset stream with its code.
        boxed server_reset SERVER_RESET: Reset = "server.Reset",
            Call, Optional, Server, "ours; RFC 9113 §6.4";

        /// The addresses to listen on; the application may change them before the start. In a call:
        /// those that were really bound.
        boxed host_addresses HOST_ADDRESSES: Addresses = "host.Addresses",
            CallAndStartup, Optional, Host, "CommonKeys, host";
        /// Takes lines of text for the host's log.
        boxed host_trace_output HOST_TRACE_OUTPUT: TraceOutput = "host.TraceOutput",
            CallAndStartup, Optional, Host, "CommonKeys, host";
        /// The name of the application.
        boxed host_app_name HOST_APP_NAME: str = "host.AppName",
            CallAndStartup, Optional, Host, "Katana";
        /// How the application runs, as in `development`.
        boxed host_app_mode HOST_APP_MODE: str = "host.AppMode",
            CallAndStartup, Optional, Host, "Katana";
        /// Fires when the application is about to be torn down.
        boxed host_on_app_disposing HOST_ON_APP_DISPOSING: CallCancelled = "host.OnAppDisposing",
            CallAndStartup, Optional, Host, "Katana";

        /// Opens files for the body of the response.
        boxed sendfile_send_async SENDFILE_SEND_ASYNC: SendFile = "sendfile.SendAsync",
            Call, Optional, Server, "SendFile 0.3 §3";
        /// Takes the connection over, where this request may.
        boxed opaque_upgrade OPAQUE_UPGRADE: OpaqueUpgrade = "opaque.Upgrade",
            Call, Optional, Server, "Opaque 0.3 §3";
        /// Accepts a `WebSocket`, where this request is a valid handshake.
        boxed websocket_accept WEBSOCKET_ACCEPT: Accept = "websocket.Accept",
            Call, Optional, Server, "WebSocket 0.4 §4";
    }
    elsewhere {
        /// Takes callbacks that run once, before the first request.
        SERVER_ON_INIT: OnInit = "server.OnInit", Startup, Optional, Server, "CommonKeys, server";
        /// Fires when the server is disposed of.
        SERVER_ON_DISPOSE: CallCancelled = "server.OnDispose",
            Startup, Optional, Server, "CommonKeys, server";
        /// How long a server that is told to stop still accepts and answers everything, and says with
        /// each answer that the connection closes; a part of the time that the stop is given. A
        /// server that cannot do so passes it over.
        HOST_LEAVING_TIME: Duration = "host.LeavingTime", Startup, Optional, Host, "ours";

        /// The name of the server.
        SERVER_NAME: str = "server.Name", Capabilities, Optional, Server, "Nowin; CK-010";
        /// The name and version of what implements the contract, as in `owin-core/0.1.0`.
        SERVER_CONTRACT: str = "server.Contract", Capabilities, Optional, Server, "ours; CK-010";
        /// Announces `sendfile.SendAsync`; the value is `1.0`.
        SENDFILE_VERSION: str = "sendfile.Version",
            Capabilities, Optional, Server, "SendFile 0.3 §2";
        /// Details of `sendfile`; omitted where it would be empty.
        SENDFILE_SUPPORT: Dictionary = "sendfile.Support",
            Capabilities, Optional, Server, "SendFile 0.3 §2";
        /// `Overlapped` inside `sendfile.Support`: several calls may be under way.
        SENDFILE_CONCURRENCY: str = "sendfile.Concurrency",
            Capabilities, Optional, Server, "SendFile 0.3 §2";
        /// Announces `opaque.Upgrade`; the value is `1.0`. Also in the environment of the stream.
        OPAQUE_VERSION: str = "opaque.Version", Capabilities, Optional, Server, "Opaque 0.3 §2";
        /// Announces `websocket.Accept`; the value is `1.0`. Also in the socket's environment.
        WEBSOCKET_VERSION: str = "websocket.Version",
            Capabilities, Optional, Server, "WebSocket 0.4 §3";

        /// The bytes of the connection, both ways.
        OPAQUE_STREAM: OpaqueStream = "opaque.Stream",
            OpaqueCall, Required, Server, "Opaque 0.3 §3";
        /// Fires when the connection is lost.
        OPAQUE_CALL_CANCELLED: CallCancelled = "opaque.CallCancelled",
            OpaqueCall, Required, Server, "Opaque 0.3 §3";

        /// The sub-protocol that the application chose.
        WEBSOCKET_SUB_PROTOCOL: str = "websocket.SubProtocol",
            WebSocketAccept, Optional, App, "WebSocket 0.4 §4";
        /// Sends a message or a part of one.
        WEBSOCKET_SEND_ASYNC: WebSocketSend = "websocket.SendAsync",
            WebSocketCall, Required, Server, "WebSocket 0.4 §5";
        /// Receives a message or a part of one.
        WEBSOCKET_RECEIVE_ASYNC: WebSocketReceive = "websocket.ReceiveAsync",
            WebSocketCall, Required, Server, "WebSocket 0.4 §5";
        /// Closes the outgoing direction.
        WEBSOCKET_CLOSE_ASYNC: WebSocketClose = "websocket.CloseAsync",
            WebSocketCall, Required, Server, "WebSocket 0.4 §5";
        /// Fires when the socket is lost.
        WEBSOCKET_CALL_CANCELLED: CallCancelled = "websocket.CallCancelled",
            WebSocketCall, Required, Server, "WebSocket 0.4 §5";
        /// The status of the peer's close frame; absent until it came.
        WEBSOCKET_CLIENT_CLOSE_STATUS: u16 = "websocket.ClientCloseStatus",
            WebSocketCall, Optional, Server, "WebSocket 0.4 §5";
        /// The reason in the peer's close frame; absent until it came.
        WEBSOCKET_CLIENT_CLOSE_DESCRIPTION: str = "websocket.ClientCloseDescription",
            WebSocketCall, Optional, Server, "WebSocket 0.4 §5";
    }
}
