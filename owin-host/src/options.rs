//! What the command line and the environment variables say.

use std::time::Duration;

use clap::Args;
use owin_core::{Address, Error};

/// The options that every hosted program has.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The addresses to listen on, separated by semicolons; port 0 binds a free one, unix:/path is a
    /// Unix socket, fd:3 or fd:name a socket that the program was started with.
    #[arg(long, env = "OWIN_URLS", value_name = "URLS", default_value = "http://localhost:5000")]
    pub urls: String,

    /// The server to run on, by name; without this, the first that the program knows.
    #[arg(long, env = "OWIN_SERVER", value_name = "NAME")]
    pub server: Option<String>,

    /// How many seconds the program may take to end once it is told to stop; then calls are cut off.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub stop_within: u64,

    /// For how many of these seconds it still accepts and answers everything, so that whoever sends
    /// clients here can learn that it must not; without this, the server knows.
    #[arg(long, env = "OWIN_LEAVE_FOR", value_name = "SECONDS")]
    pub leave_for: Option<u64>,
}

impl Options {
    /// How long the program may take to end.
    pub(crate) const fn deadline(&self) -> Duration {
        Duration::from_secs(self.stop_within)
    }

    /// For how long of it everything is still answered, where that was said.
    ///
    /// # Errors
    ///
    /// Where nothing would be left for the calls.
    pub(crate) fn leaving(&self) -> Result<Option<Duration>, Error> {
        match self.leave_for {
            Some(seconds @ 1..) if seconds >= self.stop_within => Err(Error::server(format!(
                "--leave-for {seconds} leaves no time to end within {} seconds; choose a longer \
                 --stop-within",
                self.stop_within
            ))),
            seconds => Ok(seconds.map(Duration::from_secs)),
        }
    }
}

/// Reads addresses separated by semicolons, blanks around them allowed.
///
/// # Errors
///
/// Where there is none, or one of them is no address.
///
/// ```
/// let addresses = owin_host::parse_urls("http://127.0.0.1:5080; http://[::1]:5080")?;
/// assert_eq!(addresses.len(), 2);
/// assert!(owin_host::parse_urls(" ; ").is_err());
/// let addresses = owin_host::parse_urls("http://unix:/run/app.sock;http://fd:web/base")?;
/// assert_eq!(addresses[0].to_string(), "http://unix:/run/app.sock");
/// # Ok::<_, owin_core::Error>(())
/// ```
pub fn parse_urls(urls: &str) -> Result<Vec<Address>, Error> {
    let texts = urls.split(';').map(str::trim).filter(|text| !text.is_empty());
    let addresses: Vec<Address> = texts.map(str::parse).collect::<Result<_, _>>()?;
    if addresses.is_empty() {
        return Err(Error::server("there is no address to listen on; write http://localhost:5000"));
    }
    Ok(addresses)
}
