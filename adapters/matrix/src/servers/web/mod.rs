//! nginx in front of a server, with a configuration of its own in the folder of the place.

use std::env;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::client::tls::{Certificate, Tls};
use crate::evidence::{Evidence, PATIENCE};
use crate::servers::{Place, Process, Started, Unstarted};

/// How often a start is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// A web server that runs, in clear text and with TLS.
#[derive(Debug)]
pub struct Web {
    process: Process,
    address: SocketAddr,
    tls: Tls,
}

impl Web {
    /// What was started: this, and what it stands in front of.
    #[must_use]
    pub fn started(self, place: &Place, behind: Vec<Process>) -> Started {
        let processes = std::iter::once(self.process).chain(behind).collect();
        place.started(self.address, Ok(self.tls), processes)
    }
}

/// Starts nginx; `location` is what stands in its only location, as in `proxy_pass http://…;`.
///
/// # Errors
///
/// Where it is not installed, or does not listen in time.
pub fn start(place: &Place, location: &str) -> Result<Web, Unstarted> {
    let program = program("nginx")?;
    let certificate = Certificate::make(place.folder.path())?;
    let (address, tls) = (free_address()?, free_address()?);
    let file = place.folder.path().join("nginx.conf");
    let text = configuration(place.folder.path(), (address, tls), &certificate, location);
    fs::write(&file, text)?;
    let mut command = Command::new(program);
    command.arg("-p").arg(place.folder.path()).arg("-c").arg(&file);
    let mut process = Process::start(&mut command)?;
    wait_for(&mut process, address)?;
    Ok(Web { process, address, tls: Tls::new(tls, &certificate) })
}

/// One process, which can be killed whole; nothing is written but what has no room in memory.
fn configuration(
    folder: &Path,
    (address, tls): (SocketAddr, SocketAddr),
    certificate: &Certificate,
    location: &str,
) -> String {
    let Certificate { certificate, key, .. } = certificate;
    let (folder, certificate, key) = (folder.display(), certificate.display(), key.display());
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr crit;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n\
         access_log off;\n\
         client_max_body_size 0;\n\
         client_body_temp_path {folder}/body;\n\
         proxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi;\n\
         uwsgi_temp_path {folder}/uwsgi;\n\
         scgi_temp_path {folder}/scgi;\n\
         server {{\n\
         listen {address};\n\
         listen {tls} ssl;\n\
         ssl_protocols TLSv1.3;\n\
         ssl_certificate {certificate};\n\
         ssl_certificate_key {key};\n\
         location / {{\n{location}\n}}\n}}\n}}\n"
    )
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

/// An address that was free a moment ago, for a program that binds by itself.
///
/// # Errors
///
/// Where there is none.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
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
