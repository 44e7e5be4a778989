//! The server: one process, one call.

mod call;
mod running;

use std::fmt;
use std::io::{Read, Write};

use owin_core::{BoxApp, Error, Properties, Running, Server, async_trait, server};
use tokio::sync::watch;

use self::call::Request;
use self::running::CgiRunning;
use crate::watch::output_closed;

/// A server that serves the one request for which its process was started (RFC 3875).
///
/// The meta-variables are those of the process, the body comes from standard input, and the response
/// goes to standard output, on which nothing else may be written: log to standard error, as
/// owin-host does. [`Running::stopped`] resolves once the response is written; a program that then
/// stops the server ends with 0, or with 1 where the response could not be finished.
///
/// It listens on nothing, so the addresses in the properties are passed over.
///
/// ```no_run
/// use owin_cgi::Cgi;
/// use owin_core::{AppExt, Environment, Error};
/// use owin_host::{Host, Registry};
///
/// fn main() -> std::process::ExitCode {
///     owin_host::program("shop", Registry::new().with(Cgi::new()), async |host: Host| {
///         let app = async |mut env: Environment| -> Result<Environment, Error> {
///             env.response_mut().set_body("open");
///             Ok(env)
///         };
///         host.start(|_properties| Ok(app.boxed())).await?.run_until_signal().await
///     })
/// }
/// ```
#[derive(Default)]
pub struct Cgi {
    given: Option<Given>,
    unknown_lengths: UnknownLengths,
}

/// What becomes of a body without `CONTENT_LENGTH`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum UnknownLengths {
    #[default]
    Refused,
    ReadToTheEnd,
}

/// A request that does not come from the process.
struct Given {
    variables: Vec<(Vec<u8>, Vec<u8>)>,
    input: Box<dyn Read + Send>,
    output: Box<dyn Write + Send>,
}

impl Cgi {
    /// The name of the server: `cgi`.
    pub const NAME: &'static str = "cgi";

    /// Makes a server of the request that this process was started for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a server of a request that came in another way: its variables, its body, and where the
    /// response goes. Both streams are used in threads of their own and may block.
    ///
    /// ```
    /// use owin_cgi::Cgi;
    ///
    /// let variables = [("REQUEST_METHOD", "GET"), ("SERVER_NAME", "example.org")];
    /// let server = Cgi::of(variables, std::io::empty(), Vec::new());
    /// # drop(server);
    /// ```
    pub fn of<N, V>(
        variables: impl IntoIterator<Item = (N, V)>,
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
    ) -> Self
    where
        N: Into<Vec<u8>>,
        V: Into<Vec<u8>>,
    {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self {
            given: Some(Given {
                variables: variables.collect(),
                input: Box::new(input),
                output: Box::new(output),
            }),
            ..Self::default()
        }
    }

    /// Takes bodies that the client sent in chunks and to which the web server gave no length, as
    /// Apache does against RFC 3875 §4.1.2. They are read to the end of standard input.
    ///
    /// Such a request is answered with 411 otherwise, for a body that broke off half-way cannot be
    /// told from a whole one. Choose this where that does no harm.
    ///
    /// ```
    /// let server = owin_cgi::Cgi::new().with_bodies_of_unknown_length();
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_bodies_of_unknown_length(mut self) -> Self {
        self.unknown_lengths = UnknownLengths::ReadToTheEnd;
        self
    }

    /// The request, and what tells that nobody waits for its response any more.
    fn request(self) -> Request {
        let unknown_lengths = self.unknown_lengths;
        if let Some(Given { variables, input, output }) = self.given {
            let closed = tokio::sync::oneshot::channel().1;
            return Request {
                variables,
                input,
                output,
                closed,
                unknown_lengths,
                is_of_process: false,
            };
        }
        let bytes = std::ffi::OsString::into_encoded_bytes;
        Request {
            variables: std::env::vars_os().map(|(n, v)| (bytes(n), bytes(v))).collect(),
            input: Box::new(std::io::stdin()),
            output: standard_output(),
            closed: output_closed(),
            unknown_lengths,
            is_of_process: true,
        }
    }
}

/// Standard output without the buffer that collects lines, where the system lets us.
fn standard_output() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;

        if let Ok(output) = std::io::stdout().as_fd().try_clone_to_owned() {
            return Box::new(std::fs::File::from(output));
        }
    }
    Box::new(std::io::stdout())
}

#[async_trait]
impl Server for Cgi {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let request = self.request();
        if !request.variables().is_request() {
            return Err(Error::server(
                "this is no CGI program now: REQUEST_METHOD is not set; let a web server start it, \
                 or choose another server",
            ));
        }
        let launch = server::launch(properties, Vec::new()).await?;
        let (stop, stopping) = watch::channel(false);
        let (end, ended) = watch::channel(None);
        let info = launch.info();
        let task = tokio::spawn(async move {
            let served = request.serve(&app, info, stopping).await;
            let _nobody_waits = end.send(Some(served.map_err(|error| error.to_string())));
        });
        Ok(Box::new(CgiRunning::start(launch, task, stop, ended)))
    }
}

impl fmt::Debug for Cgi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cgi").field("is_of_process", &self.given.is_none()).finish()
    }
}
