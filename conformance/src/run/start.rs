//! A server that the suite starts and stops itself.

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::clock;
use crate::run::target::Target;
use crate::run::{free_port, log};

/// How long a server may take to accept connections.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two attempts to connect: nobody tells when a foreign process listens.
const PAUSE: Duration = Duration::from_millis(20);

/// A server that was started; dropping it ends it, with all processes of its group.
#[derive(Debug)]
pub struct Started {
    child: Child,
    target: Target,
}

impl Started {
    /// Where it listens.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// How a server is started: a command of the shell, in which `{port}` becomes a free port of
/// 127.0.0.1.
///
/// ```
/// use owin_conformance::run::Launch;
///
/// let launch = Launch::new("exit 7").with_path("/shop");
/// assert!(launch.start().unwrap_err().to_string().contains("exit status: 7"));
/// ```
#[derive(Clone, Debug)]
pub struct Launch {
    command: String,
    path: String,
    is_secured: bool,
    roots: Option<Vec<u8>>,
    log: Option<PathBuf>,
}

impl Launch {
    /// A server of plain HTTP, without a path; what it prints goes nowhere.
    #[must_use]
    pub fn new(command: impl Into<String>) -> Self {
        let (command, path) = (command.into(), String::new());
        Self { command, path, is_secured: false, roots: None, log: None }
    }

    /// The path of its URL, as `/shop`.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// It speaks TLS.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.is_secured = true;
        self
    }

    /// Its certificate is verified by these roots, in PEM.
    #[must_use]
    pub fn with_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// What it prints is appended to that file, up to 16 MiB.
    #[must_use]
    pub fn with_log(mut self, log: impl Into<PathBuf>) -> Self {
        self.log = Some(log.into());
        self
    }

    /// Starts the server, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Where the command cannot be started, ends at once, or listens to nobody within 20 s.
    pub fn start(&self) -> io::Result<Started> {
        self.start_within(PATIENCE)
    }

    /// Starts the server, and waits no longer than that.
    pub(super) fn start_within(&self, patience: Duration) -> io::Result<Started> {
        let patience = patience.min(PATIENCE);
        let port = free_port()?;
        let target = self.target(port).map_err(io::Error::other)?;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(self.command.replace("{port}", &port.to_string()));
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(log) = &self.log {
            let writer = log::kept(log)?;
            shell.stdout(writer.try_clone()?).stderr(writer);
        }
        own_group(&mut shell);
        let mut started = Started { child: shell.spawn()?, target };
        // Else the suite itself would keep the pipe of the log open.
        drop(shell);
        let until = clock::now() + patience;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = started.child.try_wait()? {
                return Err(io::Error::other(format!("the command ended with {status}")));
            }
            if clock::until(until).is_zero() {
                let seconds = patience.as_secs_f64();
                let why = format!("nobody listens at port {port} after {seconds:.0} s");
                return Err(io::Error::other(why));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(started)
    }

    fn target(&self, port: u16) -> Result<Target, String> {
        let scheme = if self.is_secured { "https" } else { "http" };
        let target: Target = format!("{scheme}://127.0.0.1:{port}{}", self.path).parse()?;
        match &self.roots {
            Some(pem) => target.with_roots(pem),
            None => Ok(target),
        }
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(unix)]
fn end_group(child: &Child) {
    let group = rustix::process::Pid::from_child(child);
    let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
}

#[cfg(not(unix))]
fn end_group(_: &Child) {}

impl Drop for Started {
    fn drop(&mut self) {
        end_group(&self.child);
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
