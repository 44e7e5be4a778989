//! The server: its listeners, its connections, its stop.

mod accept;
mod bind;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use owin_cgi::Mount;
use owin_core::{Address, BoxApp, Error, Properties, Running, Server, async_trait, server};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::accept::Acceptor;
use self::bind::Bound;
use crate::Limits;
use crate::driver::{Phase, Settings};

/// Where the server listens, if nobody says: the port that web servers try by their own examples.
const DEFAULT_ADDRESS: &str = "http://127.0.0.1:9000";

/// The variable by which a web server says who may connect (FastCGI 1.0 §3.2).
const ALLOWED: &str = "FCGI_WEB_SERVER_ADDRS";

/// A server for web servers that speak FastCGI 1.0, in the role of a responder.
///
/// It listens on TCP (`http://127.0.0.1:9000`), on Unix sockets (`http://unix:/run/shop.sock`) and on
/// sockets that it was given: `http://fd:0` by spawn-fcgi or mod_fcgid, `http://fd:3` by systemd. An
/// address of TCP with a path says the path base of what comes there; without one `SCRIPT_NAME`
/// does. The scheme of the address says nothing, for the web server tells whether its client speaks
/// TLS.
///
/// Whoever can connect can claim to be any user from any address: let nobody but the web server.
///
/// ```no_run
/// use owin_core::{AppExt, Environment, Error};
/// use owin_fastcgi::FastCgi;
/// use owin_host::{Host, Registry};
///
/// fn main() -> std::process::ExitCode {
///     owin_host::program("shop", Registry::new().with(FastCgi::new()), async |host: Host| {
///         let app = async |mut env: Environment| -> Result<Environment, Error> {
///             env.response_mut().set_body("open");
///             Ok(env)
///         };
///         host.start(|_properties| Ok(app.boxed())).await?.run_until_signal().await
///     })
/// }
/// ```
#[derive(Clone, Debug)]
pub struct FastCgi {
    limits: Limits,
    socket_mode: u32,
    path_base: Option<String>,
}

impl FastCgi {
    /// The name of the server: `fastcgi`.
    pub const NAME: &'static str = "fastcgi";

    /// Makes a server with the usual limits.
    #[must_use]
    pub fn new() -> Self {
        Self { limits: Limits::default(), socket_mode: 0o600, path_base: None }
    }

    /// Chooses the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Chooses the rights of the files of Unix sockets; without this only the user of the server may
    /// connect. A web server of another user needs `0o660` and a common group, or a folder that
    /// nobody else may enter and `0o666`.
    ///
    /// ```
    /// let server = owin_fastcgi::FastCgi::new().with_socket_mode(0o660);
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_socket_mode(mut self, mode: u32) -> Self {
        self.socket_mode = mode;
        self
    }
}

impl FastCgi {
    /// Says the path base, whatever share of the path the web server puts into `SCRIPT_NAME`; a path
    /// that is not below it is answered with 404. The path of an address comes before this.
    ///
    /// An empty one is for an app at the root behind a web server that makes the whole path the
    /// `SCRIPT_NAME`, as nginx does with the file `fastcgi_params` that comes with it.
    ///
    /// ```
    /// let server = owin_fastcgi::FastCgi::new().with_path_base("");
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_path_base(mut self, base: impl Into<String>) -> Self {
        self.path_base = Some(base.into());
        self
    }

    /// Where the path base of requests ends that come to that address.
    ///
    /// # Errors
    ///
    /// Where the path base that was chosen is none.
    fn mount(&self, address: &Address) -> Result<Mount, Error> {
        match (address.path(), &self.path_base) {
            ("", None) => Ok(Mount::Script),
            ("", Some(base)) if base.is_empty() || base.starts_with('/') => {
                Ok(Mount::At(base.trim_end_matches('/').to_owned()))
            }
            ("", Some(base)) => Err(Error::server(format!(
                "the path base {base:?} does not begin with a slash; write it as \"/shop\" or \"\""
            ))),
            (path, _) => Ok(Mount::At(path.to_owned())),
        }
    }
}

impl Default for FastCgi {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Server for FastCgi {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let allowed = allowed(&std::env::var(ALLOWED).unwrap_or_default())?;
        let bound = bind::all(&addresses(&properties)?, self.socket_mode)?;
        let addresses = bound.iter().map(|bound| bound.address.clone()).collect();
        let mounts: Vec<Mount> =
            bound.iter().map(|bound| self.mount(&bound.address)).collect::<Result<_, _>>()?;
        let launch = server::launch(properties, addresses).await?;
        let (phase, phases) = watch::channel(Phase::Running);
        let room = Arc::new(Semaphore::new(self.limits.connections.min(Semaphore::MAX_PERMITS)));
        let mut acceptors = JoinSet::new();
        for (Bound { listener, .. }, mount) in bound.into_iter().zip(mounts) {
            let settings = Settings {
                app: app.clone(),
                info: launch.info(),
                limits: self.limits.clone(),
                mount,
            };
            let acceptor = Acceptor {
                settings: Arc::new(settings),
                phase: phases.clone(),
                room: Arc::clone(&room),
                allowed: allowed.clone(),
            };
            acceptors.spawn(acceptor.run(listener));
        }
        let farewell = self.limits.farewell;
        Ok(launch
            .running_with(async move |deadline| stop(acceptors, &phase, deadline, farewell).await))
    }
}

fn addresses(properties: &Properties) -> Result<Vec<Address>, Error> {
    match properties.addresses() {
        [] if bind::is_given() => Ok(vec!["http://fd:0".parse()?]),
        [] => Ok(vec![DEFAULT_ADDRESS.parse()?]),
        addresses => Ok(addresses.to_vec()),
    }
}

/// The web servers that may connect over TCP; all, where the variable says nothing.
///
/// # Errors
///
/// Where it says something that is no list of addresses: better to stop than to let everybody in.
fn allowed(text: &str) -> Result<Arc<[IpAddr]>, Error> {
    let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
    let wrong = |error| {
        Error::server(format!("{ALLOWED} is no list of IP addresses: {text:?}")).with_source(error)
    };
    texts.map(|text| text.parse::<IpAddr>().map_err(wrong)).collect()
}

/// Lets calls end until the deadline, then cancels them; who does not end then is left.
async fn stop(
    mut acceptors: JoinSet<usize>,
    phase: &watch::Sender<Phase>,
    deadline: Duration,
    farewell: Duration,
) -> Result<(), Error> {
    phase.send_replace(Phase::Draining);
    let mut cut_off = 0;
    let waited = timeout(deadline, all(&mut acceptors, &mut cut_off)).await;
    if waited.is_err() {
        phase.send_replace(Phase::Aborting);
        // The farewell is each connection's own; a little more for their last steps.
        let last = farewell + Duration::from_secs(1);
        let _left_behind = timeout(last, all(&mut acceptors, &mut cut_off)).await;
        acceptors.shutdown().await;
    }
    let calls = match cut_off {
        0 => return Ok(()),
        1 => "1 call was".to_owned(),
        count => format!("{count} calls were"),
    };
    Err(Error::server(format!("{calls} cut off when the deadline passed")))
}

async fn all(acceptors: &mut JoinSet<usize>, cut_off: &mut usize) {
    while let Some(ended) = acceptors.join_next().await {
        *cut_off += ended.unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_connect_is_a_list_or_an_error() {
        assert!(allowed("").unwrap().is_empty());
        let two = allowed("127.0.0.1, ::1").unwrap();
        assert_eq!(*two, [IpAddr::from([127, 0, 0, 1]), "::1".parse::<IpAddr>().unwrap()]);
        assert!(allowed("localhost").is_err());
    }
}
