//! Web servers in front of a server, each with a configuration of its own in the folder of the place.

pub mod apache;
pub mod lighttpd;
pub mod nginx;

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use owin_conformance::run::free_port;

use crate::client::tls::{Certificate, Tls};
use crate::evidence::{Evidence, PATIENCE};
use crate::servers::{LEDGER, Place, Process, Started, Unstarted};

/// How often a start is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// Where a web server is to listen, and the certificate that it is to show.
#[derive(Debug)]
pub struct Web {
    /// In clear text.
    pub address: SocketAddr,
    /// With TLS.
    pub tls: SocketAddr,
    /// For TLS.
    pub certificate: Certificate,
}

impl Web {
    /// Two addresses that are free, and a certificate in the folder of the place, which the web
    /// server's user may then look into and write to.
    ///
    /// # Errors
    ///
    /// Where the files cannot be written.
    pub fn new(place: &Place) -> Result<Self, Unstarted> {
        fs::set_permissions(place.folder.path(), Permissions::from_mode(0o777))?;
        let certificate = Certificate::make(place.folder.path())?;
        Ok(Self { address: free_address()?, tls: free_address()?, certificate })
    }

    /// Starts the web server, and waits until it listens: the command gets the configuration's file
    /// as its last argument.
    ///
    /// # Errors
    ///
    /// Where it does not listen in time.
    pub fn start(
        self,
        place: &Place,
        configuration: &str,
        command: &mut Command,
        behind: Vec<Process>,
    ) -> Result<Started, Unstarted> {
        let file = place.folder.path().join("web-server.conf");
        fs::write(&file, configuration)?;
        let mut process = Process::start(command.arg(file))?.ended_politely();
        wait_for(&mut process, self.address)?;
        wait_for(&mut process, self.tls)?;
        let processes = std::iter::once(process).chain(behind).collect();
        let tls = Tls::new(self.tls, &self.certificate);
        Ok(place.started(self.address, Ok(tls), processes))
    }
}

/// Puts a CGI program into the folder of the place: `probe-server` as the server `cgi`. The web
/// server's user may run it, wherever Cargo has put the other.
///
/// # Errors
///
/// Where the files cannot be written.
pub fn cgi_program(place: &Place) -> Result<PathBuf, Unstarted> {
    let folder = place.folder.path();
    let (program, script) = (folder.join("probe-server"), folder.join("probe.cgi"));
    fs::copy(&place.program, &program)?;
    let (here, program) = (folder.display(), program.display());
    // A web server passes few variables on, and a client writes the command line.
    let text = format!("#!/bin/sh\n{LEDGER}={here} OWIN_SERVER=cgi exec {program}\n");
    fs::write(&script, text)?;
    fs::set_permissions(&script, Permissions::from_mode(0o755))?;
    Ok(script)
}

/// Where a program is: in `PATH`, or where packages put those of administrators.
///
/// # Errors
///
/// Where it is not installed.
pub fn program(name: &str) -> Result<PathBuf, Unstarted> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut places = folders.map(|folder| folder.join(name));
    places.find(|place| place.is_file()).ok_or_else(|| Unstarted::NoTool(name.to_owned()))
}

/// An address that is free, for a program that binds by itself.
///
/// # Errors
///
/// Where there is none.
pub fn free_address() -> io::Result<SocketAddr> {
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)))
}

/// Waits until a program listens.
///
/// # Errors
///
/// Where it ends before, or does not in time.
pub fn wait_for(process: &mut Process, address: SocketAddr) -> Result<(), Evidence> {
    let looks = PATIENCE.as_millis() / PAUSE.as_millis();
    for _ in 0..looks {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        if process.has_ended()? {
            return Err(Evidence::new("the web server ended at its start"));
        }
        thread::sleep(PAUSE);
    }
    Err(Evidence::new("the web server does not listen in time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_a_missing_tool() {
        assert!(matches!(program("no-such-server"), Err(Unstarted::NoTool(_))));
        assert!(program("sh").is_ok());
    }
}
