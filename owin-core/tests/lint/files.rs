//! Servers and apps that break the rules of `sendfile`.

use std::sync::Arc;

use owin_core::body::Whole;
use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::send_file::{FileRange, SendFile};
use owin_core::testing::TestHost;
use owin_core::{
    AppExt, Call, Capabilities, Dictionary, Environment, Error, Event, Lint, Properties, keys,
};
use tokio::task::yield_now;

use crate::{breaks, of_server, recorded};

breaks! {
    "SF-006" files_that_are_announced_and_missing_are_named => of_server(|env| {
        let mut said = Capabilities::of_server(TestHost::NAME);
        said.set(keys::SENDFILE_VERSION, "1.0")?;
        env.set(keys::SERVER_CAPABILITIES, Capabilities::new(said)).map(drop)
    });
    "SF-014" a_length_that_is_not_the_files_is_named => recorded(
        async |mut env: Environment| -> Result<Environment, Error> {
            env.response_mut().headers_mut()?.set("content-length", "6")?;
            send(env).await
        },
        |host| host.get("/").with(offer),
    );
    "SF-016" two_files_at_once_are_named => recorded(both, |host| host.get("/").with(offer));
}

fn offer(env: &mut Environment) -> Result<(), Error> {
    let files = SendFile::new(async |range: FileRange| {
        yield_now().await;
        Ok(Whole::from(range.path.to_string_lossy().into_owned()))
    });
    env.set(keys::SENDFILE_SEND_ASYNC, files).map(drop)
}

async fn send(mut env: Environment) -> Result<Environment, Error> {
    let Some(files) = env.feature::<&SendFile>().cloned() else { return Ok(env) };
    files.send(&mut env, "/page", 0, None).await?;
    Ok(env)
}

async fn both(mut env: Environment) -> Result<Environment, Error> {
    let Some(files) = env.feature::<&SendFile>().cloned() else { return Ok(env) };
    let range = |path: &str| FileRange { path: path.into(), offset: 0, count: None };
    let (first, _second) = tokio::join!(files.open(range("/first")), files.open(range("/second")));
    env.response_mut().set_body(first?);
    Ok(env)
}

#[tokio::test]
async fn a_file_that_is_sent_as_it_is_breaks_no_rule() {
    assert_eq!(recorded(send, |host| host.get("/").with(offer)).await, [""; 0]);
}

#[tokio::test]
async fn two_files_at_once_are_fine_where_that_is_announced() {
    let seen = recorded(both, |host| {
        host.get("/").with(offer).with(|env| {
            let mut support = Dictionary::new();
            support.set(keys::SENDFILE_CONCURRENCY, "Overlapped")?;
            let mut said = Capabilities::of_server(TestHost::NAME);
            said.set(keys::SENDFILE_SUPPORT, support)?;
            env.set(keys::SERVER_CAPABILITIES, Capabilities::new(said)).map(drop)
        })
    });
    assert_eq!(seen.await, [""; 0]);
}

#[tokio::test]
async fn the_files_of_the_server_come_back_as_they_were() {
    let mut said = Properties::new();
    said.set(keys::HOST_APP_NAME, "files").unwrap();
    let files = SendFile::new(async |_: FileRange| Ok(Whole::from("a page")));
    let server = ServerInfo::from_properties(&said).with_send_file(files);
    let connection = ConnectionInfo::new().with_server(Arc::new(server));
    let (lint, violations) = Lint::recording();
    let mut call = Call::new(&send.with(lint).boxed(), Arc::new(connection));
    let mut env = call.prepare();
    env.request_mut().headers_mut().set("host", "localhost").unwrap();
    call.start(env);
    while !matches!(call.event().await, Event::End) {}
    let back = call.environment().and_then(|env| env.get(keys::SENDFILE_SEND_ASYNC)).unwrap();
    let range = FileRange { path: "/page".into(), offset: 0, count: None };
    assert_eq!(back.open(range).await.unwrap().length(), Some(6));
    assert!(violations.is_empty(), "{violations:?}");
}
