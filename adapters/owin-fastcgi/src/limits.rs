//! What a web server may ask of us at most.

use std::time::Duration;

/// The limits of the server; `Limits::default()` is meant for a web server on the same machine or in
/// the same network.
///
/// Bodies have no limit here: the web server has one (`client_max_body_size`, `LimitRequestBody`),
/// and an app may have its own. Their pace is the web server's to judge, too: it knows the client.
///
/// ```
/// use owin_fastcgi::Limits;
///
/// let limits = Limits { connections: 64, ..Limits::default() };
/// assert_eq!(limits.params_bytes, 128 * 1024);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "users fill it in with `..Limits::default()`")]
pub struct Limits {
    /// How many connections are open at once; further ones wait until one is free. 512: as many as
    /// an nginx worker has, more than Apache has threads. It is the answer to `FCGI_MAX_CONNS` and
    /// `FCGI_MAX_REQS`.
    pub connections: usize,
    /// How many bytes the variables of a request have together; more are answered with 431. 128 KiB:
    /// four times what nginx takes of a client's head, for what the configuration adds.
    pub params_bytes: usize,
    /// How many variables a request has; more are answered with 431. 512: Apache takes 100 fields of
    /// a client, and `mod_ssl` adds some dozens.
    pub variables: usize,
    /// After how many requests a connection is closed although the web server would keep it. `None`:
    /// the web server owns its connections, and a request that it sends at that very moment is lost.
    pub requests: Option<u64>,
    /// How long a kept connection may be silent. Five minutes: nginx closes such a one after one
    /// minute itself, so that this only catches web servers that are gone.
    pub idle: Duration,
    /// How long the variables of a request may take to come, from its first byte. 30 seconds: a web
    /// server has them all before it sends the first.
    pub params_time: Duration,
    /// How many bytes of a body that no app reads are taken ahead. 64 KiB: behind more than that the
    /// end of a connection is seen only when something is written.
    pub unread_bytes: usize,
    /// How long an app that was told that its call is cancelled may take to end. Five seconds, as
    /// for every server that stops.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            params_bytes: 128 * 1024,
            variables: 512,
            requests: None,
            idle: Duration::from_secs(300),
            params_time: Duration::from_secs(30),
            unread_bytes: 64 * 1024,
            farewell: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn the_page_shows_the_limits_as_they_are() {
        let Limits {
            connections,
            params_bytes,
            variables,
            requests,
            idle,
            params_time,
            unread_bytes,
            farewell,
        } = Limits::default();
        assert_eq!(requests, None);
        let page = include_str!("../README.md");
        for row in [
            format!("| `connections` | {connections} |"),
            format!("| `params_bytes`, `variables` | {} KiB, {variables} |", params_bytes / 1024),
            "| `requests` | none |".to_owned(),
            format!("| `idle` | {} min |", idle.as_secs() / 60),
            format!("| `params_time` | {} s |", params_time.as_secs()),
            format!("| `unread_bytes` | {} KiB |", unread_bytes / 1024),
            format!("| `farewell` | {} s |", farewell.as_secs()),
        ] {
            assert!(page.contains(&row), "{row} is not there");
        }
    }
}
