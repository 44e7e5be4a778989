//! `sendfile.SendAsync`: files and ranges of them, among other bytes.

use std::sync::Arc;

use owin_core::body::Whole;
use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::send_file::{FileRange, SendFile};
use owin_core::{
    App, AppExt as _, Call, Capabilities, Dictionary, Environment, Error, Properties, keys, server,
};

use crate::support::{Answer, serve_on};

/// Serves files from memory: `hello` has 10 bytes, nothing else exists.
fn sending_files(app: impl App) -> Call {
    let files = SendFile::new(|range: FileRange| async move {
        if range.path.as_os_str() != "hello" {
            return Err(Error::app("no such file"));
        }
        let end = range.count.map_or(10, |count| range.offset + count);
        if end > 10 || range.offset > end {
            return Err(Error::app("the file does not have that range"));
        }
        let range = usize::try_from(range.offset).unwrap()..usize::try_from(end).unwrap();
        Ok(Whole::from("0123456789".get(range).unwrap()))
    });
    let mut said = Dictionary::new();
    said.set(keys::SENDFILE_VERSION, "1.0").unwrap();
    let mut properties = Properties::new();
    server::announce(&mut properties, Capabilities::new(said)).unwrap();
    let info = ServerInfo::from_properties(&properties).with_send_file(files);
    Call::new(&app.boxed(), Arc::new(ConnectionInfo::new().with_server(Arc::new(info))))
}

/// Sends a range of a file; 404 where that fails.
async fn file(path: &'static str, offset: u64, count: Option<u64>) -> (u16, String) {
    let mut call = sending_files(move |mut env: Environment| async move {
        let files = env.feature::<&SendFile>().cloned().unwrap();
        if files.send(&mut env, path, offset, count).await.is_err() {
            env.response_mut().set_status(http::StatusCode::NOT_FOUND)?;
        }
        Ok(env)
    });
    let sent = serve_on(&mut call, |_| {}).await;
    (sent.status.as_u16(), sent.text().to_owned())
}

#[tokio::test]
async fn a_file_or_a_range_of_one_is_sent() {
    // SF-006, SF-007, SF-008.
    assert_eq!(file("hello", 0, None).await, (200, "0123456789".to_owned()));
    assert_eq!(file("hello", 2, Some(3)).await, (200, "234".to_owned()));
    assert_eq!(file("hello", 10, Some(0)).await, (200, String::new()));
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_can_still_be_answered_with_404() {
    // SF-008, SF-025.
    assert_eq!(file("absent", 0, None).await, (404, String::new()));
    assert_eq!(file("hello", 8, Some(3)).await, (404, String::new()));
}

#[tokio::test]
async fn writes_and_files_keep_their_order() {
    // SF-009, SF-010.
    let mut call = sending_files(async |mut env: Environment| -> Answer {
        let files = env.feature::<&SendFile>().cloned().unwrap();
        env.response_mut().write("<").await?;
        env.response_mut().flush().await?;
        files.send(&mut env, "hello", 0, Some(2)).await?;
        env.response_mut().write("|").await?;
        files.send(&mut env, "hello", 8, None).await?;
        env.response_mut().write(">").await?;
        Ok(env)
    });
    assert_eq!(serve_on(&mut call, |_| {}).await.text(), "<01|89>");
}

#[tokio::test]
async fn a_head_request_for_a_file_is_answered_with_its_length_only() {
    // SF-023.
    let mut call = sending_files(async |mut env: Environment| -> Answer {
        let files = env.feature::<&SendFile>().cloned().unwrap();
        files.send(&mut env, "hello", 0, None).await?;
        Ok(env)
    });
    let sent = serve_on(&mut call, |env| env.request_mut().set_method(http::Method::HEAD)).await;
    assert_eq!((sent.length, sent.text()), (Some(owin_core::BodyLength::Known(10)), ""));
}
