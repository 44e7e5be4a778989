//! Apps side by side below their path bases, and the paths they see.

use owin_core::{App, AppBuilder, AppExt, Environment, Properties};

use crate::support::{Answer, Started, serve, tell};

/// Base, path and query, each in brackets.
fn split(env: &Environment) -> String {
    let request = env.request();
    format!("[{}] [{}] [{}]", request.path_base(), request.path(), request.query_string())
}

async fn nowhere(mut env: Environment) -> Answer {
    env.response_mut().set_status(http::StatusCode::NOT_FOUND)?;
    Ok(env)
}

/// A server with mounts, and with an app for what is below none.
async fn mounted(bases: &[&str], rest: impl App) -> Started {
    let properties = Properties::new();
    let mut app = rest.boxed();
    for base in bases {
        app = AppBuilder::new(&properties).map(*base, tell(split)).unwrap().run(app).boxed();
    }
    serve(app).await
}

#[tokio::test]
async fn one_mount_splits_the_path() {
    // OWIN-101, DF-20, DF-21, DF-22, DF-23, DF-24, DF-25, DF-26.
    for (base, target, seen) in [
        ("", "/", "[] [/] []"),
        ("/", "/", "[] [/] []"),
        ("/pathBase", "/pathBase", "[/pathBase] [] []"),
        ("/pathBase", "/pathBase/", "[/pathBase] [/] []"),
        ("/pathBase/", "/pathBase/", "[/pathBase] [/] []"),
        ("/pathBase/", "/pathBase", "[/pathBase] [] []"),
        ("", "/path?query", "[] [/path] [query]"),
        ("/pathBase", "/pathBase/path?query", "[/pathBase] [/path] [query]"),
    ] {
        let server = mounted(&[base], nowhere).await;
        assert_eq!(server.get(target).await.text(), seen, "{base:?} {target}");
    }
}

#[tokio::test]
async fn a_mount_for_the_rest_takes_what_the_others_do_not() {
    // OWIN-101, OWIN-102, DF-27, DF-28, DF-29, DF-30.
    for (bases, target, seen) in [
        (["/pathBase", "/"], "/", "[] [/] []"),
        (["/pathBase", "/"], "/path?query", "[] [/path] [query]"),
        (["/pathBase", "/"], "/pathBase/path?query", "[/pathBase] [/path] [query]"),
        (["/path", "/"], "/pathA/path?query", "[] [/pathA/path] [query]"),
    ] {
        // What is added last is asked first.
        let bases = [bases[1], bases[0]];
        let server = mounted(&bases, nowhere).await;
        assert_eq!(server.get(target).await.text(), seen, "{bases:?} {target}");
    }
}

#[tokio::test]
async fn dot_segments_are_gone_before_a_mount_is_chosen() {
    // DF-31, OWIN-113, attack 4.
    let server = mounted(&["/a"], tell(split)).await;
    for (target, seen) in [
        ("/a/./b/", "[/a] [/b/] []"),
        ("/a/b/..", "[/a] [/] []"),
        ("/a/b/../", "[/a] [/] []"),
        ("/a/b/../c", "[/a] [/c] []"),
        ("/a/b/../c/d/", "[/a] [/c/d/] []"),
        ("//", "[] [//] []"),
        ("/.", "[] [/] []"),
        ("/..", "[] [/] []"),
        ("/a/..", "[] [/] []"),
        ("/a/../b", "[] [/b] []"),
        ("/x/../a/b", "[/a] [/b] []"),
        ("/x/%2E%2e/a/b", "[/a] [/b] []"),
        ("//a/b", "[] [//a/b] []"),
        ("/a/...", "[/a] [/...] []"),
        ("/a%2F..%2Fb", "[] [/a%2F..%2Fb] []"),
        ("/a/..;/b", "[/a] [/..;/b] []"),
    ] {
        assert_eq!(server.get(target).await.text(), seen, "{target}");
    }
}

#[tokio::test]
async fn every_visible_escape_is_decoded_but_the_slash() {
    // DF-32: a dot on its own is a segment that goes away.
    let server = serve(tell(split)).await;
    for byte in b' '..=b'~' {
        let seen = match byte {
            b'/' => "[] [/x%2Fy] []".to_owned(),
            _ => format!("[] [/x{}y] []", char::from(byte)),
        };
        assert_eq!(server.get(&format!("/x%{byte:02X}y")).await.text(), seen);
    }
    assert_eq!(server.get("/%E8%91%89").await.text(), "[] [/葉] []");
    assert_eq!(server.get("/%2E").await.text(), "[] [/] []");
}
