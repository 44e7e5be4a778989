//! Rules about path and path base.

use super::declare;
use crate::Environment;
use crate::lint::judge::Judge;

declare! {
    BASE_HAS_NO_TAIL: "OWIN-098", MustNot, Server, Some("owin.RequestPathBase"), "OWIN 1.0 §5.3",
        "a path base that does not end with a slash",
        "leave the slash to owin.RequestPath; a mount at the root is empty";
    BASE_IS_ROOTED: "OWIN-099", Must, Server, Some("owin.RequestPathBase"), "OWIN 1.0 §5.3",
        "a path base that is empty or starts with a slash",
        "put a slash in front of the mount point";
    PATH_IS_ROOTED: "OWIN-100", Must, Server, Some("owin.RequestPath"), "OWIN 1.0 §5.3",
        "a path that starts with a slash, or an empty one below a path base",
        "keep the slash between path base and path in the path; `*` gives the path `/`";
    PATH_IS_CLEAN: "OWIN-113", DeFacto, Server, Some("owin.RequestPath"), "ours; RFC 3986 §5.2.4",
        "a path without NUL and without dot segments",
        "decode with owin_core::path::decode, which refuses the one and removes the others";
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    let (base, path) = (env.request().path_base(), env.request().path());
    if base.ends_with('/') {
        judge.found(&BASE_HAS_NO_TAIL, format!("{base:?}"));
    }
    if !base.is_empty() && !base.starts_with('/') {
        judge.found(&BASE_IS_ROOTED, format!("{base:?}"));
    }
    let is_rooted = path.starts_with('/') || (path.is_empty() && !base.is_empty());
    if !is_rooted {
        judge.found(&PATH_IS_ROOTED, format!("{path:?} below {base:?}"));
    }
    if path.contains('\0') || path.split('/').any(|segment| matches!(segment, "." | "..")) {
        judge.found(&PATH_IS_CLEAN, format!("{path:?}"));
    }
}
