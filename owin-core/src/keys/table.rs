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
