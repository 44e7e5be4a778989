//! tower-http's files: ranges, conditions, what is compressed beforehand.

use std::convert::Infallible;
use std::fs;
use std::time::{Duration, SystemTime};

use axum::Router;
use tempfile::TempDir;
use tower_http::services::{ServeDir, ServeFile};

use crate::raw::{compare, exchange, request};
use crate::servers::{BoxError, hyper, nowin, plain, tiny};

/// A tree of files, all of one age.
fn tree() -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    fs::create_dir(tree.path().join("sub")).unwrap();
    fs::create_dir(tree.path().join("bare")).unwrap();
    let large: Vec<u8> = (0_u8..=250).cycle().take(200_000).collect();
    for (name, bytes) in [
        ("a.txt", b"0123456789".as_slice()),
        ("a.txt.gz", b"not really gzip, but who looks"),
        ("empty.txt", b""),
        ("large.bin", &large),
        ("sub/index.html", b"<p>index</p>"),
        ("with space.css", b"p {}"),
    ] {
        let path = tree.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    }
    tree
}

/// Files as a service that does not fail, as a `Router` has it.
fn files(tree: &TempDir) -> ServeDir {
    ServeDir::new(tree.path()).precompressed_gzip()
}

const THEN: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const LATER: &str = "Wed, 15 Nov 2023 22:13:20 GMT";
const EARLIER: &str = "Mon, 13 Nov 2023 22:13:20 GMT";

const PATHS: [&str; 18] = [
    "/a.txt",
    "/empty.txt",
    "/large.bin",
    "/sub",
    "/sub/",
    "/sub/index.html",
    "/bare",
    "/bare/",
    "/with%20space.css",
    "/nowhere",
    "/a.txt/",
    "/a.txt/b",
    "/../a.txt",
    "/%2e%2e/a.txt",
    "/sub/..%2fa.txt",
    "/a.txt?query",
    "/",
    "/%FF",
];

fn requests() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for path in PATHS {
        all.extend(["GET", "HEAD"].map(|method| request(&format!("{method} {path}"), &[], "")));
    }
    let conditions = [
        ("if-modified-since", [THEN, LATER, EARLIER, "yesterday"]),
        ("if-unmodified-since", [THEN, LATER, EARLIER, "tomorrow"]),
    ];
    let mut fields: Vec<String> = [
        "bytes=0-3",
        "bytes=4-",
        "bytes=-3",
        "bytes=0-0",
        "bytes=9-9",
        "bytes=10-",
        "bytes=5-2",
        "bytes=0-1,4-5",
        "bytes=0-99",
        "bytes=-0",
        "lines=1-2",
        "bytes=x",
    ]
    .map(|range| format!("range: {range}"))
    .into();
    for (name, values) in conditions {
        fields.extend(values.map(|value| format!("{name}: {value}")));
    }
    for accepted in ["gzip", "gzip;q=0", "br, gzip;q=0.5", "*", "identity;q=0"] {
        fields.push(format!("accept-encoding: {accepted}"));
    }
    fields.extend(["*", "\"x\"", "W/\"x\""].map(|tag| format!("if-none-match: {tag}")));
    fields.push("if-match: \"x\"".to_owned());
    for field in &fields {
        all.extend(
            ["GET", "HEAD"].map(|method| request(&format!("{method} /a.txt"), &[field], "")),
        );
    }
    all.push(request("GET /a.txt", &["range: bytes=0-3", "accept-encoding: gzip"], ""));
    all.push(request("GET /a.txt", &["range: bytes=0-3", &format!("if-range: {EARLIER}")], ""));
    all.push(request("GET /large.bin", &["range: bytes=100000-199999"], ""));
    all.push(request("GET /empty.txt", &["range: bytes=0-"], ""));
    all.extend(["POST", "DELETE", "OPTIONS"].map(|method| {
        request(&format!("{method} /a.txt"), &[], if method == "POST" { "x" } else { "" })
    }));
    all
}

/// The same, as hyper wants it.
fn infallible(
    files: ServeDir,
) -> impl tower::Service<
    http::Request<hyper::body::Incoming>,
    Response = http::Response<axum::body::Body>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static {
    tower::service_fn(move |request| {
        let files = files.clone();
        async move {
            let response = tower::ServiceExt::oneshot(files, request).await;
            Ok(response.unwrap().map(axum::body::Body::new))
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_served_as_on_hyper() {
    let tree = tree();
    let app = owin_tower::app(files(&tree));
    let servers = [
        plain(infallible(files(&tree))).await,
        nowin(app.clone()).await,
        hyper(app.clone()).await,
        tiny(app).await,
    ];
    let right = exchange(&servers[0], &requests()[0]).await;
    assert_eq!((right.status.as_str(), right.text()), ("HTTP/1.1 200 OK", "0123456789"));
    assert_eq!(right.field("last-modified"), Some(THEN));
    compare(&servers, &requests()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_in_a_router_are_served_as_on_hyper() {
    let tree = tree();
    let router = Router::new()
        .nest_service("/files", files(&tree))
        .route_service("/one", ServeFile::new(tree.path().join("a.txt")))
        .fallback_service(files(&tree).append_index_html_on_directories(false));
    let app = owin_axum::app(router.clone());
    let servers = [plain(router).await, nowin(app.clone()).await, hyper(app).await];
    let mut all = Vec::new();
    for path in ["/files/a.txt", "/files/sub", "/files/sub/", "/files", "/one", "/sub/", "/a.txt"] {
        for fields in [&["range: bytes=2-3"][..], &[]] {
            all.extend(["GET", "HEAD"].map(|line| request(&format!("{line} {path}"), fields, "")));
        }
        let condition = format!("if-modified-since: {THEN}");
        all.push(request(&format!("GET {path}"), &[&condition], ""));
    }
    compare(&servers, &all).await;
}

#[tokio::test]
async fn a_request_for_files_in_memory_has_the_same_bytes() -> Result<(), BoxError> {
    let tree = tree();
    let host = owin_core::testing::TestHost::new(owin_tower::app(files(&tree)));
    let mut answer = host.get("/a.txt").header("range", "bytes=2-4").send().await?;
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.headers().text("content-range"), Some("bytes 2-4/10"));
    assert_eq!(answer.text().await?, "234");
    Ok(())
}
