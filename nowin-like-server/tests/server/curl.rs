//! The server under curl, where there is one.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::support::{BUDGET, digest, digest_of, hello, pattern, serve, soon};

/// Whether curl can be run; says so where it cannot.
#[expect(clippy::print_stdout, reason = "whoever runs the tests is to know what was not tested")]
async fn has_curl() -> bool {
    let version = Command::new("curl").arg("--version").stdout(Stdio::null()).status().await;
    let is_there = version.is_ok_and(|status| status.success());
    if !is_there {
        println!("skipped: there is no curl on the PATH");
    }
    is_there
}

async fn curl(arguments: &[&str]) -> Output {
    let seconds = BUDGET.as_secs().to_string();
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", &seconds]);
    let output = soon("curl", command.args(arguments).output()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

async fn text(arguments: &[&str]) -> String {
    String::from_utf8(curl(arguments).await.stdout).unwrap()
}

/// A file of a mebibyte, removed in the end.
struct File(PathBuf);

impl File {
    fn of(bytes: &[u8]) -> Self {
        let name = format!("nowin-curl-{}.bin", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn curl_gets_and_asks_for_heads() {
    if !has_curl().await {
        return;
    }
    let server = serve(hello("for curl")).await;
    let url = format!("http://{}/", server.socket());
    assert_eq!(text(&[&url]).await, "for curl");
    assert_eq!(text(&[&url, &url]).await, "for curlfor curl");
    assert_eq!(text(&["--http1.0", &url]).await, "for curl");
    let head = text(&["--head", &url]).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n"), "{head}");
}

#[tokio::test]
async fn curl_uploads_a_file_in_every_way() {
    if !has_curl().await {
        return;
    }
    let server = serve(digest).await;
    let url = format!("http://{}/", server.socket());
    let body = pattern(1_048_576);
    let file = File::of(&body);
    let data = format!("@{}", file.0.display());
    let upload = |field: &'static str| {
        ["--data-binary".to_owned(), data.clone(), "-H".to_owned(), field.to_owned()]
    };
    for field in ["Expect:", "Expect: 100-continue", "Transfer-Encoding: chunked"] {
        let arguments = upload(field);
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.push(&url);
        assert_eq!(text(&arguments).await, digest_of(&body), "{field}");
    }
    let path = file.0.display().to_string();
    assert_eq!(text(&["--upload-file", &path, &url]).await, digest_of(&body));
}

#[tokio::test]
async fn curl_is_asked_for_the_body_by_100_continue() {
    // OWIN-050.
    if !has_curl().await {
        return;
    }
    let server = serve(digest).await;
    let url = format!("http://{}/", server.socket());
    let output = curl(&["--verbose", "--data", "small", "-H", "Expect: 100-continue", &url]).await;
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.matches("HTTP/1.1 100 Continue").count(), 1, "{log}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), digest_of(b"small"));
}
