//! Path base and path: mounts, decoding, and the URL rebuilt.

use owin_core::Environment;

use crate::support::{hello, serve, serve_at, tell};

fn split(env: &Environment) -> String {
    format!("{} {}", env.request().path_base(), env.request().path())
}

fn path(env: &Environment) -> String {
    env.request().path().to_owned()
}

#[tokio::test]
async fn a_mount_splits_the_path() {
    // OWIN-014, OWIN-015, OWIN-099, OWIN-100, DF-21, DF-22, DF-26.
    let server = serve_at("http://127.0.0.1:0/my-app", tell(split)).await;
    for (target, seen) in [
        ("/my-app/foo", "/my-app /foo"),
        ("/my-app/foo?q", "/my-app /foo"),
        ("/my-app/", "/my-app /"),
        ("/my-app", "/my-app "),
        ("/my%2Dapp/x", "/my-app /x"),
        ("/x/../my-app/y", "/my-app /y"),
        ("http://h/my-app/z", "/my-app /z"),
    ] {
        assert_eq!(server.get(target).await.text(), seen, "{target}");
    }
}

#[tokio::test]
async fn a_mount_with_a_slash_at_its_end_is_the_same_mount() {
    // OWIN-098, DF-23, DF-24.
    let server = serve_at("http://127.0.0.1:0/x/", tell(split)).await;
    assert_eq!(server.get("/x/y").await.text(), "/x /y");
    assert_eq!(server.get("/x").await.text(), "/x ");
}

#[tokio::test]
async fn outside_of_the_mount_there_is_404_and_the_app_is_not_called() {
    // OWIN-101, OWIN-102, OWIN-103: segments, case kept.
    let (calls, mut seen) = crate::support::seen();
    let app = move |env: Environment| {
        calls.send(()).unwrap();
        async move { Ok(env) }
    };
    let server = serve_at("http://127.0.0.1:0/my-app", app).await;
    for target in
        ["/", "/my-appA/x", "/my", "/MY-APP/x", "/my-app/../x", "/x/my-app", "/my-app%2Fx"]
    {
        assert_eq!(server.get(target).await.status, 404, "{target}");
    }
    assert_eq!(seen.rest().len(), 0);
}

#[tokio::test]
async fn without_a_mount_the_base_is_empty() {
    // OWIN-099, OWIN-100, DF-20, DF-25.
    let server = serve(tell(split)).await;
    assert_eq!(server.get("/").await.text(), " /");
    assert_eq!(server.get("/path?query").await.text(), " /path");
    assert_eq!(server.get("http://h").await.text(), " /");
}

#[tokio::test]
async fn a_mount_matches_the_decoded_path() {
    // OWIN-109.
    let server = serve_at("http://127.0.0.1:0/my app", tell(split)).await;
    assert_eq!(server.get("/my%20app/x").await.text(), "/my app /x");
}

#[tokio::test]
async fn the_url_can_be_rebuilt() {
    // OWIN-104.
    let server = serve_at("http://127.0.0.1:0/my-app", tell(|env| env.request().url())).await;
    for (target, url) in [
        ("/my-app/a/b-c_d.e~f?q=%20", "http://h/my-app/a/b-c_d.e~f?q=%20"),
        ("/my-app/a?", "http://h/my-app/a"),
        ("/my-app", "http://h/my-app"),
    ] {
        assert_eq!(server.get(target).await.text(), url, "{target}");
    }
}

#[tokio::test]
async fn a_path_is_decoded_exactly_once() {
    // OWIN-107, OWIN-108, DF-32.
    let server = serve(tell(path)).await;
    for (target, seen) in [
        ("/%20", "/ "),
        ("/%41", "/A"),
        ("/%C3%A9", "/é"),
        ("/%E8%91%89", "/葉"),
        ("/%2541", "/%41"),
        ("/a+b", "/a+b"),
    ] {
        assert_eq!(server.get(target).await.text(), seen, "{target}");
    }
    for byte in (0x20_u8..0x7F).filter(|byte| !b"/.%".contains(byte)) {
        let seen = server.get(&format!("/%{byte:02X}")).await;
        assert_eq!(seen.text(), format!("/{}", char::from(byte)));
    }
}

#[tokio::test]
async fn what_is_no_escape_or_no_utf8_stays_as_it_was_sent() {
    // OWIN-111, OWIN-112.
    let server = serve(tell(path)).await;
    for target in ["/%", "/%4", "/%zz", "/%FF", "/%C0%AF", "/%ED%A0%80", "/%E8%91", "/a%"] {
        assert_eq!(server.get(target).await.text(), target);
    }
}

#[tokio::test]
async fn slashes_and_dots_follow_the_rules() {
    // OWIN-113, DF-31.
    let server = serve(tell(path)).await;
    for (target, seen) in [
        ("/a%2Fb", "/a%2Fb"),
        ("/a%5Cb", "/a\\b"),
        ("/a/../b", "/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/../../b", "/b"),
        ("/a/./b/.", "/a/b/"),
        ("//a//b", "//a//b"),
        ("/%2e%2e%2fb", "/..%2fb"),
    ] {
        assert_eq!(server.get(target).await.text(), seen, "{target}");
    }
}

#[tokio::test]
async fn an_encoded_nul_is_refused() {
    // OWIN-113.
    let server = serve(hello("never")).await;
    let mut client = server.connect().await;
    let response = client.get("/a%00b").await;
    assert_eq!((response.status, response.closes()), (400, true));
    client.is_closed().await;
}
