//! Files as bodies of responses (SendFile 0.3).

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use http::StatusCode;
use nowin_like_server::NowinServer;
use owin_core::send_file::{FileRange, SendFile};
use owin_core::{App, AppExt, Environment, Error, Lint, Properties, keys};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

use crate::support::{Answer, Response, pattern, serve, soon, start_built};

/// A file with these bytes, and the folder that goes with it.
fn file_of(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A file of that size, with `end` as its last bytes and nothing in front of them.
fn sparse(bytes: u64, end: &[u8]) -> (TempDir, PathBuf) {
    let (folder, path) = file_of(b"");
    let mut file = File::create(&path).unwrap();
    file.set_len(bytes).unwrap();
    file.seek(SeekFrom::End(-i64::try_from(end.len()).unwrap())).unwrap();
    file.write_all(end).unwrap();
    (folder, path)
}

fn files(env: &Environment) -> SendFile {
    env.feature::<&SendFile>().cloned().expect("every call has it")
}

/// Sends a range of a file; 404 with the error where it cannot.
fn sending(path: &Path, offset: u64, count: Option<u64>) -> impl App {
    let path = path.to_owned();
    move |mut env: Environment| {
        let path = path.clone();
        async move {
            if let Err(error) = files(&env).send(&mut env, path, offset, count).await {
                env.response_mut().set_status(StatusCode::NOT_FOUND)?;
                env.response_mut().set_body(error.to_string());
            }
            Ok(env)
        }
    }
}

async fn sent(path: &Path, offset: u64, count: Option<u64>) -> Response {
    serve(sending(path, offset, count)).await.get("/").await
}

#[tokio::test]
async fn a_server_that_sends_files_says_so_and_how() {
    // SF-002, SF-005, SF-006, CK-027.
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().unwrap());
    let server = start_built(NowinServer::new(), properties, |properties| {
        let said = properties.get(keys::SERVER_CAPABILITIES).unwrap();
        assert_eq!(said.get(keys::SENDFILE_VERSION), Some("1.0"));
        let support = said.get(keys::SENDFILE_SUPPORT).unwrap();
        assert_eq!(support.get(keys::SENDFILE_CONCURRENCY), Some("Overlapped"));
        let app = async |env: Environment| -> Answer {
            let _every_call_has_it = files(&env);
            Ok(env)
        };
        Ok(app.with(Lint::new()).boxed())
    });
    let server = server.await.unwrap();
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.status, 200);
    }
}

#[tokio::test]
async fn a_whole_file_is_sent_byte_by_byte() {
    // SF-007.
    for count in [0, 1, 65_535, 65_536, 65_537, 1_048_576] {
        let bytes = pattern(count);
        let (_folder, path) = file_of(&bytes);
        let response = sent(&path, 0, None).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.field("content-length"), Some(&*count.to_string()));
        assert!(response.body == bytes, "{count}");
    }
}

#[tokio::test]
async fn a_range_of_a_file_is_sent() {
    // SF-008.
    let (_folder, path) = file_of(b"0123456789");
    for (offset, count, text) in [
        (0, Some(10), "0123456789"),
        (2, Some(3), "234"),
        (7, None, "789"),
        (9, Some(1), "9"),
        (10, None, ""),
        (10, Some(0), ""),
        (4, Some(0), ""),
    ] {
        assert_eq!(sent(&path, offset, count).await.text(), text, "{offset} {count:?}");
    }
}

#[tokio::test]
async fn a_range_that_the_file_does_not_have_is_an_error_before_the_start() {
    // SF-008.
    let (_folder, path) = file_of(b"0123456789");
    for (offset, count) in [(0, Some(11)), (11, None), (11, Some(0)), (1, Some(u64::MAX))] {
        let response = sent(&path, offset, count).await;
        assert_eq!(response.status, 404, "{offset} {count:?}");
        assert!(response.text().ends_with(" has 10 bytes, and the range ends beyond them"));
    }
}

#[tokio::test]
async fn what_is_no_file_can_still_be_answered_with_404() {
    // SF-025.
    let (folder, path) = file_of(b"");
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in [&path.join("below"), &folder.path().join("absent"), folder.path(), &pipe] {
        let response = sent(path, 0, None).await;
        assert_eq!(response.status, 404, "{path:?}");
        assert!(response.text().contains("cannot "), "{}", response.text());
    }
}

#[tokio::test]
async fn the_end_of_a_file_beyond_4_gib_is_sent() {
    // SF-007, SF-008.
    let size = 5_000_000_000;
    let (_folder, path) = sparse(size, b"the end");
    assert_eq!(sent(&path, size - 7, None).await.text(), "the end");
    let server = serve(sending(&path, 0, None)).await;
    let mut client = server.connect().await;
    assert_eq!(client.head("/").await.field("content-length"), Some("5000000000"));
    assert_eq!(client.head("/").await.status, 200, "SF-023: no byte of the file was sent");
}

#[tokio::test]
async fn writes_and_files_arrive_in_their_order() {
    // SF-009, SF-010, SF-015.
    let (_folder, path) = file_of(b"0123456789");
    let server = serve(move |mut env: Environment| {
        let path = path.clone();
        async move {
            let files = files(&env);
            let range = |offset| FileRange { path: path.clone(), offset, count: Some(2) };
            let (last, first) = tokio::join!(files.open(range(8)), files.open(range(0)));
            env.response_mut().write("<").await?;
            env.response_mut().set_body(first?);
            env.response_mut().write("|").await?;
            env.response_mut().flush().await?;
            files.send(&mut env, &path, 4, Some(2)).await?;
            env.response_mut().write("|").await?;
            env.response_mut().set_body(last?);
            env.response_mut().write(">").await?;
            Ok(env)
        }
    })
    .await;
    assert_eq!(server.get("/").await.text(), "<01|45|89>");
}

#[tokio::test]
async fn a_length_that_is_not_the_files_is_refused() {
    // SF-014.
    let (_folder, path) = file_of(b"0123456789");
    let server = serve(move |mut env: Environment| {
        let path = path.clone();
        async move {
            env.response_mut().headers_mut()?.set("Content-Length", "9")?;
            files(&env).send(&mut env, path, 0, None).await?;
            Ok(env)
        }
    })
    .await;
    assert_eq!(server.get("/").await.status, 500);
}

#[tokio::test]
async fn a_file_that_is_open_may_be_renamed_made_longer_and_removed() {
    // SF-012.
    let (_folder, path) = file_of(b"0123456789");
    let server = serve(move |mut env: Environment| {
        let path = path.clone();
        async move {
            files(&env).send(&mut env, &path, 0, None).await?;
            let to = path.with_extension("new");
            let moved = std::fs::rename(&path, &to)
                .and_then(|()| File::options().append(true).open(&to)?.write_all(b"more"))
                .and_then(|()| std::fs::remove_file(&to));
            moved.map_err(|error| Error::app(error.to_string()))?;
            Ok(env)
        }
    })
    .await;
    assert_eq!(server.get("/").await.text(), "0123456789");
}

const LARGE: u64 = 64 * 1024 * 1024;

#[tokio::test]
async fn a_large_file_comes_whole() {
    // SF-007, SF-013.
    let (_folder, path) = sparse(LARGE, b"the end");
    let server = serve(sending(&path, 0, None)).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.response_head().await;
    assert_eq!(head.field("content-length"), Some(&*LARGE.to_string()));
    let body = client.exactly(usize::try_from(LARGE).unwrap()).await;
    assert!(body.ends_with(b"\0the end"));
    assert_eq!(client.get("/").await.status, 200, "the connection goes on");
}

#[tokio::test]
async fn a_file_that_becomes_shorter_breaks_the_response_off() {
    // SF-021. The client reads nothing at first: had the server read on without it, all would be
    // in memory, and nothing would be missing. What the systems hold of it is less than the half.
    let (_folder, path) = sparse(LARGE, b"the end");
    let server = serve(sending(&path, 0, None)).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.response_head().await;
    File::options().write(true).open(&path).unwrap().set_len(LARGE / 2).unwrap();
    let mut read = client.take_unread();
    let ended = soon("the end", client.into_stream().read_to_end(&mut read)).await;
    let read = u64::try_from(read.len()).unwrap();
    assert!(read <= LARGE / 2, "{read} {ended:?}");
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_sending() {
    // SF-020: the server lets the file go, and serves the next one.
    let (_folder, path) = sparse(LARGE, b"the end");
    let server = serve(sending(&path, 0, None)).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.response_head().await;
    client.reset();
    assert_eq!(server.connect().await.head("/").await.status, 200);
}
