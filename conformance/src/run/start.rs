//! A server that the suite starts and stops itself.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::clock;
use crate::run::Target;

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

/// Starts a server by a command of the shell, and waits until it accepts connections. `{port}` in the
/// command becomes a free port of 127.0.0.1. What it prints goes to the file, or nowhere.
///
/// # Errors
///
/// Where the command cannot be started, ends at once, or listens to nobody within 20 s.
pub fn start(command: &str, path: &str, log: Option<&Path>) -> io::Result<Started> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let output = || log.map_or(Ok(Stdio::null()), |log| Ok::<_, io::Error>(appended(log)?.into()));
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command.replace("{port}", &port.to_string())).stdin(Stdio::null());
    shell.stdout(output()?).stderr(output()?);
    own_group(&mut shell);
    let target = format!("http://127.0.0.1:{port}{path}").parse().map_err(io::Error::other)?;
    let mut started = Started { child: shell.spawn()?, target };
    let until = clock::now() + PATIENCE;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = started.child.try_wait()? {
            return Err(io::Error::other(format!("the command ended with {status}")));
        }
        if clock::until(until).is_zero() {
            return Err(io::Error::other(format!("nobody listens at port {port} after 20 s")));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(started)
}

fn appended(log: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(log)
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
