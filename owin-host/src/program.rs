//! The `main` of a hosted program: options in, exit code out.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Command, FromArgMatches};
use owin_core::Error;
use tracing_subscriber::EnvFilter;

use crate::host::Host;
use crate::options::Options;
use crate::registry::Registry;

/// Why a program ends badly, and with which exit code.
#[derive(Debug)]
pub struct Failure {
    error: Error,
    code: u8,
}

impl Failure {
    /// The program could not do all of its work: exit code 1.
    #[must_use]
    pub fn at_work(error: Error) -> Self {
        Self { error, code: 1 }
    }
}

/// The program could not start as it was told to: exit code 2.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, code: 2 }
    }
}

/// Runs a program: reads the command line, makes the host, runs `main`, tells what went wrong in one
/// line.
///
/// The command line of a program that a web server starts as CGI (`GATEWAY_INTERFACE` is set) is
/// what a client wrote into the query (RFC 3875 §4.4). It is not read then; the environment
/// variables of the options still are.
///
/// Exit codes: 0 where it ended well, 2 where the command line, an address or the server's name
/// cannot be used, 1 where calls had to be cut off while it stopped, or it was told a second time. Log lines go to standard error;
/// `RUST_LOG` chooses them.
pub fn program<F>(name: &'static str, registry: Registry, main: F) -> ExitCode
where
    F: AsyncFnOnce(Host) -> Result<(), Failure>,
{
    let about = "An OWIN app on a server of your choice";
    let command = <Options as clap::Args>::augment_args(Command::new(name)).about(about);
    let is_cgi = std::env::var_os("GATEWAY_INTERFACE").is_some();
    let arguments = trusted(std::env::args_os(), is_cgi);
    let options = match Options::from_arg_matches(&command.get_matches_from(arguments)) {
        Ok(options) => options,
        Err(error) => error.exit(),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let host = match Host::new(name, &options, registry) {
        Ok(host) => host,
        Err(error) => return told(name, &Failure::from(error)),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = Error::server("cannot start the runtime").with_source(error);
            return told(name, &Failure::at_work(error));
        }
    };
    match runtime.block_on(main(host)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => told(name, &failure),
    }
}

/// The arguments that the program's owner has chosen: none but the name, where a client chooses.
fn trusted(
    arguments: impl Iterator<Item = OsString>,
    is_cgi: bool,
) -> impl Iterator<Item = OsString> {
    arguments.take(if is_cgi { 1 } else { usize::MAX })
}

/// Tells an error in one line, causes included.
fn told(name: &str, failure: &Failure) -> ExitCode {
    let mut line = format!("{name}: {}", failure.error);
    let mut cause = std::error::Error::source(&failure.error);
    while let Some(source) = cause {
        line = format!("{line}: {source}");
        cause = source.source();
    }
    let _unwritable = writeln!(std::io::stderr(), "{line}");
    ExitCode::from(failure.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_of_a_cgi_program_does_not_choose_its_options() {
        let all = || ["shop", "--server", "other"].map(OsString::from).into_iter();
        assert_eq!(trusted(all(), true).count(), 1);
        assert_eq!(trusted(all(), false).count(), 3);
    }
}
