//! Start-up and stop, what the properties hold, and what of it every call sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use owin_core::features::TraceOutput;
use owin_core::testing::{MemoryServer, TestHost};
use owin_core::{
    AppExt as _, BoxApp, CancelReason, CancelSource, Capabilities, Environment, Error, Key,
    Properties, Running, Server, Value, Version, async_trait, keys, server,
};

use crate::support::{Answer, Notes};

async fn pass(env: Environment) -> Answer {
    Ok(env)
}

#[tokio::test]
async fn the_steps_of_the_start_come_in_the_order_of_owin() {
    // OWIN-083, OWIN-084, OWIN-087, OWIN-090.
    let mut properties = Properties::new();
    properties.set_value("my.Own", Value::new(7_u8)).unwrap();
    let (memory, client) = MemoryServer::new();
    let before = client.clone();
    let running = server::start(Box::new(memory), properties, |properties| {
        assert_eq!(properties.get(keys::OWIN_VERSION), Some(&Version::V1_0));
        assert!(properties.get(keys::SERVER_CAPABILITIES).is_some());
        assert!(before.host().is_none(), "OWIN-089: nothing is accepted yet");
        Ok(pass.boxed())
    })
    .await
    .unwrap();
    assert!(running.properties().contains("my.Own"));
    assert_eq!(client.host().unwrap().get("/").send().await.unwrap().status(), 200);
}

/// A server that says it has bound what it was asked to, on ports of its own.
struct Binding;

#[async_trait]
impl Server for Binding {
    fn name(&self) -> &'static str {
        "binding"
    }

    async fn start(
        self: Box<Self>,
        _: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let asked = properties.addresses().iter().cloned();
        let bound = asked.map(|address| address.bound_to(([127, 0, 0, 1], 5080).into())).collect();
        let launch = server::launch(properties, bound).await?;
        Ok(launch.running_with(async |_| Err(Error::server("1 call was cut off"))))
    }
}

#[tokio::test]
async fn an_address_that_the_app_adds_is_bound_and_reported_as_bound() {
    // OWIN-088, CK-036.
    let running = server::start(Box::new(Binding), Properties::new(), |properties| {
        properties.listen_on("http://127.0.0.1:0".parse()?);
        Ok(pass.boxed())
    })
    .await
    .unwrap();
    let bound = running.addresses();
    assert_eq!((bound.len(), bound[0].to_string().as_str()), (1, "http://127.0.0.1:5080"));
    assert_eq!(running.properties().addresses(), bound);
}

#[tokio::test]
async fn a_server_that_cut_calls_off_says_so_and_is_disposed_of_all_the_same() {
    // CK-043.
    let properties = Properties::new();
    let running = server::start(Box::new(Binding), properties, |_| Ok(pass.boxed())).await.unwrap();
    let disposing = running.properties().get(keys::SERVER_ON_DISPOSE).cloned().unwrap();
    let error = running.stop(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.to_string(), "1 call was cut off");
    assert!(disposing.is_cancelled());
}

#[tokio::test]
async fn a_server_that_announces_nothing_of_its_own_says_its_name() {
    // CK-010, CK-023.
    let running =
        server::start(Box::new(Binding), Properties::new(), |_| Ok(pass.boxed())).await.unwrap();
    let said = running.properties().get(keys::SERVER_CAPABILITIES).unwrap();
    assert_eq!(said.get(keys::SERVER_NAME), Some("binding"));
}

#[tokio::test]
async fn a_stopped_server_takes_no_more_calls_and_fires_on_dispose() {
    // CK-043: the app looks at the token while it is built.
    let (memory, client) = MemoryServer::new();
    let mut disposing = None;
    let running = server::start(Box::new(memory), Properties::new(), |properties| {
        disposing = properties.get(keys::SERVER_ON_DISPOSE).cloned();
        Ok(pass.boxed())
    })
    .await
    .unwrap();
    let disposing = disposing.expect("it is there while the app is built");
    assert!(!disposing.is_cancelled());
    running.stop(Duration::ZERO).await.unwrap();
    assert_eq!(disposing.reason(), Some(CancelReason::Shutdown));
    assert!(client.host().is_none());
}

/// Starts a server with three callbacks, of which one fails or none.
async fn start_with_init(failing: Option<usize>) -> (bool, String, bool) {
    let notes = Notes::default();
    let (memory, client) = MemoryServer::new();
    let started = server::start(Box::new(memory), Properties::new(), |properties| {
        let on_init = properties.get_mut(keys::SERVER_ON_INIT).unwrap();
        for number in 0..3 {
            let notes = notes.clone();
            on_init.register(move || async move {
                tokio::task::yield_now().await;
                notes.add(number.to_string());
                if failing == Some(number) { Err(Error::app("no database")) } else { Ok(()) }
            });
        }
        Ok(pass.boxed())
    })
    .await;
    (started.is_ok(), notes.all(), client.host().is_some())
}

#[tokio::test]
async fn init_callbacks_run_once_in_their_order_before_the_first_call() {
    // CK-042.
    assert_eq!(start_with_init(None).await, (true, "0 1 2".to_owned(), true));
}

#[tokio::test]
async fn an_init_callback_that_fails_keeps_the_server_from_starting() {
    // CK-042.
    assert_eq!(start_with_init(Some(1)).await, (false, "0 1".to_owned(), false));
}

#[tokio::test]
async fn what_the_host_registered_before_the_announcement_stays() {
    let ran = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ran);
    let mut on_init = owin_core::OnInit::default();
    on_init.register(move || async move {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let mut properties = Properties::new();
    properties.set(keys::SERVER_ON_INIT, on_init).unwrap();
    let (memory, _client) = MemoryServer::new();
    let _running = server::start(Box::new(memory), properties, |_| Ok(pass.boxed())).await.unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_app_that_cannot_be_built_is_not_started() {
    let (memory, client) = MemoryServer::new();
    let refused = |_: &mut Properties| Err(Error::app("no route"));
    assert!(server::start(Box::new(memory), Properties::new(), refused).await.is_err());
    assert!(client.host().is_none());
}

#[test]
fn a_property_of_another_type_is_refused_by_its_key() {
    let mut properties = Properties::new();
    assert!(properties.set_value("owin.Version", Value::new("1.0")).is_err());
    let wrong: Key<u32> = Key::new("server.Capabilities");
    assert_eq!(properties.set(wrong, 7_u32).unwrap_err().key(), Some("server.Capabilities"));
    MemoryServer::new().0.announce(&mut properties).unwrap();
}

#[tokio::test]
async fn the_capabilities_are_one_instance_at_the_start_and_in_every_call() {
    // CK-023, CK-024, CK-025, CK-010, CK-026.
    let (memory, client) = MemoryServer::new();
    let mut at_start = None;
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let _running = server::start(Box::new(memory), Properties::new(), |properties| {
        at_start = properties.get(keys::SERVER_CAPABILITIES).cloned();
        let app = move |env: Environment| {
            kept.lock().unwrap().push(env.get(keys::SERVER_CAPABILITIES).cloned());
            async move { Answer::Ok(env) }
        };
        Ok(app.boxed())
    })
    .await
    .unwrap();
    let host = client.host().unwrap();
    for _ in 0..2 {
        let _response = host.get("/").send().await.unwrap();
    }
    let at_start = at_start.unwrap();
    for seen in seen.lock().unwrap().iter() {
        assert!(Capabilities::is_same(seen.as_ref().unwrap(), &at_start));
    }
    assert_eq!(at_start.get(keys::SERVER_NAME), Some("memory"));
    assert!(at_start.get(keys::SERVER_CONTRACT).unwrap().starts_with("owin-core/"));
    assert_eq!(at_start.get(keys::OPAQUE_VERSION), Some("1.0"));
}

#[tokio::test]
async fn what_the_host_says_is_seen_in_every_call() {
    // CK-035, DF-42, OWIN-121.
    let (disposing, notes) = (CancelSource::new(), Notes::default());
    let noted = notes.clone();
    let mut properties = Properties::new();
    properties.set(keys::HOST_APP_NAME, "shop").unwrap();
    properties.set(keys::HOST_APP_MODE, "development").unwrap();
    properties.set(keys::HOST_ON_APP_DISPOSING, disposing.token()).unwrap();
    let output = TraceOutput::new(move |line| noted.add(line));
    properties.set(keys::HOST_TRACE_OUTPUT, output).unwrap();
    let app = async |env: Environment| -> Answer {
        let output = env.feature::<&TraceOutput>().unwrap();
        let (name, mode) = (env.get(keys::HOST_APP_NAME), env.get(keys::HOST_APP_MODE));
        let disposing = env.get(keys::HOST_ON_APP_DISPOSING).map(|token| token.is_cancelled());
        output.write_line(&format!("{name:?} {mode:?} {disposing:?}"));
        Ok(env)
    };
    let host = TestHost::with_properties(app.boxed(), &properties);
    let _response = host.get("/").send().await.unwrap();
    disposing.cancel(CancelReason::Shutdown);
    let _response = host.get("/").send().await.unwrap();
    let line = |fired| format!("Some(\"shop\") Some(\"development\") Some({fired})");
    assert_eq!(notes.all(), format!("{} {}", line(false), line(true)));
}

#[tokio::test]
async fn a_server_without_properties_still_serves() {
    // OWIN-124, CK-034.
    let app = async |env: Environment| -> Answer {
        for info in keys::all() {
            let is_there = env.contains(info.name());
            assert!(is_there || info.presence() != keys::Presence::Required || !is_of_a_call(info));
        }
        assert!(env.get(keys::SERVER_REMOTE_IP_ADDRESS).is_none());
        Ok(env)
    };
    let host = TestHost::with_properties(app.boxed(), &Properties::new());
    assert_eq!(host.get("/").send().await.unwrap().status(), 200);
}

fn is_of_a_call(info: &keys::KeyInfo) -> bool {
    matches!(info.scope(), keys::Scope::Call | keys::Scope::CallAndStartup)
}
