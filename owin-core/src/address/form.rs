//! Addresses that are no host and port: Unix sockets, and sockets that the process was given.

use crate::Address;

/// What an address asks for.
///
/// ```
/// use owin_core::Address;
/// use owin_core::address::Form;
///
/// let form = |text: &str| -> Result<_, owin_core::Error> {
///     let address: Address = text.parse()?;
///     assert_eq!(address.to_string(), text);
///     Ok(format!("{:?}", address.form()))
/// };
/// assert_eq!(form("http://localhost:5000")?, "HostAndPort");
/// assert_eq!(form("http://unix:/run/app.sock")?, r#"UnixPath("/run/app.sock")"#);
/// assert_eq!(form("http://unix:@app")?, r#"UnixAbstract("app")"#);
/// assert_eq!(form("http://fd:3")?, r#"Inherited("3")"#);
/// assert_eq!(form("http://fd:web/base")?, r#"Inherited("web")"#);
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form<'a> {
    /// A host and a port: [`Address::sockets`].
    HostAndPort,
    /// A Unix socket of that path, which is absolute: `http://unix:/run/app.sock`, as Kestrel has
    /// it. The path is taken as it stands, without escapes, to its end: there is no path base.
    UnixPath(&'a str),
    /// A Unix socket of that name in the abstract namespace of Linux, where there are no files and
    /// no rights: `http://unix:@app`. There is no path base.
    UnixAbstract(&'a str),
    /// A socket that listens already and that the process was given when it was started
    /// (sd_listen_fds(3)): `http://fd:3` by its number, `http://fd:web` by its name.
    Inherited(&'a str),
}

impl Address {
    /// What the address asks for.
    #[must_use]
    pub fn form(&self) -> Form<'_> {
        // A host that is a name or an IP address has no colon outside of brackets.
        if let Some(name) = self.host.strip_prefix("fd:") {
            return Form::Inherited(name);
        }
        match self.host.strip_prefix("unix:") {
            None => Form::HostAndPort,
            Some(name) => match name.strip_prefix('@') {
                Some(name) => Form::UnixAbstract(name),
                None => Form::UnixPath(name),
            },
        }
    }
}

/// Reads what stands behind the scheme, if it is no host and port: what becomes the host, and the
/// path. Says why not, where it is neither.
pub(super) fn split(rest: &str) -> Result<Option<(&str, &str)>, &'static str> {
    if rest.starts_with("unix:/") || rest.starts_with("unix:@") {
        let is_named = !rest.ends_with(['/', '@']);
        if !is_named || rest.contains(char::is_control) {
            return Err("names no Unix socket; write it as http://unix:/run/app.sock");
        }
        return Ok(Some((rest, "")));
    }
    let Some(name) = rest.strip_prefix("fd:") else { return Ok(None) };
    let end = name.find('/').unwrap_or(name.len());
    let (name, path) = name.split_at_checked(end).unwrap_or((name, ""));
    let is_of_a_name = |byte: u8| byte.is_ascii_graphic() && !b":?#".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_of_a_name) || path.contains(['?', '#']) {
        return Err("names no inherited socket; write it as http://fd:3 or http://fd:web");
    }
    let host = rest.strip_suffix(path).unwrap_or(rest);
    Ok(Some((host, path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_a_port_are_read_and_written() {
        for (text, written, host, path) in [
            ("http://unix:/a b;c/%41", "http://unix:/a b;c/%41", "unix:/a b;c/%41", ""),
            ("HTTP://unix:@a/b", "http://unix:@a/b", "unix:@a/b", ""),
            ("http://fd:3/", "http://fd:3", "fd:3", ""),
            ("https://fd:web/a/", "https://fd:web/a", "fd:web", "/a"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), written);
            assert_eq!((address.host(), address.port(), address.path()), (host, 0, path));
            assert_eq!(written.parse::<Address>().unwrap(), address);
        }
    }

    #[test]
    fn what_names_no_socket_is_refused_with_its_text() {
        for text in [
            "http://unix:/",
            "http://unix:@",
            "http://unix:/run/",
            "http://fd:",
            "http://fd:/x",
            "http://fd:a:b",
            "http://fd:a b",
            "https://fd:3?q",
            "http://fd:3/?q",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
        assert!("http://unix:/a\0b".parse::<Address>().is_err());
    }

    #[test]
    fn a_host_may_still_be_named_so() {
        for text in ["http://unix:80", "http://unix.example:80", "http://fd.example:80"] {
            assert_eq!(text.parse::<Address>().unwrap().form(), Form::HostAndPort, "{text}");
        }
    }

    #[test]
    fn they_have_no_sockets_to_bind() {
        for text in ["http://unix:/a", "http://unix:@a", "http://fd:3"] {
            let error = text.parse::<Address>().unwrap().sockets().unwrap_err().to_string();
            assert_eq!(error, format!("cannot listen on {text}: it is no host and port"));
        }
    }
}
