//! What the types promise: which threads they may cross, how wide they are, what can be boxed.

use std::sync::Arc;

use owin_core::body::{BodySender, ResponseSink, Whole};
use owin_core::features::{
    BodySizeLimit, ClientCertificate, ConnectionInfo, DataRate, OnCompleted, OnSendingHeaders,
    ReasonPhrase, Reset, ServerInfo, TlsHandshake, TraceOutput, User,
};
use owin_core::headers::RawFields;
use owin_core::middleware::{FromFn, Identity, Map, Next, Stack};
use owin_core::send_file::{FileRange, SendFile};
use owin_core::testing::{
    MemoryClient, MemoryServer, MemoryStream, TestHost, TestRequest, TestResponse, memory_pair,
};
use owin_core::upgrade::{
    Accept, Decision, Duplex, Message, OpaqueStream, OpaqueUpgrade, WebSocketClose,
    WebSocketReceive, WebSocketSend,
};
use owin_core::{
    Address, Addresses, App, BoxApp, Call, CallCancelled, Caller, CancelSource, Canceller,
    Capabilities, Dictionary, Environment, Error, Event, Headers, Key, KeyInfo, OnInit, Properties,
    RequestBody, ResponseBody, Running, Server, Value, Version, server,
};

fn crosses_threads<T: Send + Sync + 'static>() {}

/// Takes a future that a multi-threaded runtime could spawn.
fn can_be_spawned<F: Future + Send + 'static>(future: F) {
    drop(future);
}

macro_rules! cross_threads {
    ($($type:ty),+ $(,)?) => { $( crosses_threads::<$type>(); )+ };
}

#[test]
fn what_a_call_is_made_of_crosses_threads() {
    cross_threads!(
        BodySender,
        BoxApp,
        Call,
        CallCancelled,
        Caller,
        CancelSource,
        Canceller,
        Environment,
        Error,
        Event,
        Headers,
        RawFields,
        RequestBody,
        ResponseBody,
        Value,
        Whole,
    );
}

#[test]
fn what_the_keys_hold_crosses_threads() {
    cross_threads!(
        Accept,
        BodySizeLimit,
        ClientCertificate,
        DataRate,
        FileRange,
        Key<str>,
        Key<dyn Fn()>,
        KeyInfo,
        Message,
        OnCompleted,
        OnSendingHeaders,
        OpaqueStream,
        OpaqueUpgrade,
        ReasonPhrase,
        Reset,
        SendFile,
        TlsHandshake,
        TraceOutput,
        User,
        Version,
        WebSocketClose,
        WebSocketReceive,
        WebSocketSend,
    );
}

#[test]
fn what_the_start_is_made_of_crosses_threads() {
    cross_threads!(
        Address, Addresses, Capabilities, ConnectionInfo, Decision, Dictionary, FromFn<fn()>,
        Identity, Map, MemoryClient, MemoryServer, MemoryStream, Next, OnInit, Properties,
        ServerInfo, Stack<Identity, Map>, TestHost, TestRequest, TestResponse,
    );
}

async fn app(env: Environment) -> Result<Environment, Error> {
    Ok(env)
}

#[test]
fn the_futures_of_a_call_can_be_spawned() {
    let host = TestHost::new(app);
    can_be_spawned(host.get("/").send());
    can_be_spawned(async move {
        let mut response = host.get("/").send().await?;
        let upgrade = response.take_upgrade();
        let _text = response.text().await?;
        match upgrade {
            Some((_client, callback)) => callback.await,
            None => Ok(()),
        }
    });
    can_be_spawned(async {
        let mut env = Environment::new();
        env.response_mut().write("x").await?;
        env.response_mut().flush().await?;
        env.request_mut().body_mut().read_to_end(10).await
    });
    can_be_spawned(async { BoxApp::new(app).call(Environment::new()).await });
}

#[test]
fn an_app_needs_no_annotations() {
    let _app = BoxApp::new(async |env| Ok(env));
    let _app = BoxApp::new(app);
}

#[test]
fn the_futures_of_the_start_can_be_spawned() {
    can_be_spawned(async {
        let (memory, client) = MemoryServer::new();
        let build = |_: &mut Properties| Ok(BoxApp::new(app));
        let running = server::start(Box::new(memory), Properties::new(), build).await?;
        drop(client);
        running.stop(std::time::Duration::ZERO).await
    });
}

#[test]
fn what_servers_implement_can_be_boxed() {
    let (client, _server): (MemoryStream, MemoryStream) = memory_pair();
    let _duplex: Box<dyn Duplex> = Box::new(client);
    let _server: Box<dyn Server> = Box::new(MemoryServer::new().0);
    let _running: Option<Box<dyn Running>> = None;
    let _sink: Option<Arc<dyn ResponseSink>> = None;
}

#[test]
fn an_environment_is_one_pointer_wide() {
    assert_eq!(size_of::<Environment>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Environment>>(), size_of::<usize>());
    assert_eq!(size_of::<Result<Environment, Error>>(), 2 * size_of::<usize>());
}

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn a_key_can_be_copied_whatever_its_type() {
    #[derive(Debug)]
    struct NotClone;
    let key: Key<NotClone> = Key::new("my.Key");
    let (left, right) = (key, key);
    assert_eq!((left.name(), format!("{right:?}").contains("my.Key")), ("my.Key", true));
}
