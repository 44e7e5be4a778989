//! nginx as a process, with a configuration of its own in a folder that goes away with it.

use std::env;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::files;
use crate::servers::BODY;

/// What is said where it is not installed.
pub(crate) const MISSING: &str = "nginx is not installed (try: apt-get install nginx)";

/// Where packages put it, for those whose `PATH` has no programs of administrators.
const USUAL: &str = "/usr/sbin/nginx";

/// How often, and how many times, a start is looked at: five seconds in all.
const LOOKS: (Duration, u32) = (Duration::from_millis(20), 250);

/// The program, where it is installed.
pub(crate) fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let named = env::split_paths(&path).map(|folder| folder.join("nginx"));
    named.chain([PathBuf::from(USUAL)]).find(|place| place.is_file())
}

/// The folder of an nginx that runs.
#[derive(Debug)]
pub(super) struct Nginx {
    program: PathBuf,
    folder: TempDir,
}

impl Nginx {
    /// Starts it; returns when it listens, with its master process and its port.
    pub(super) fn start() -> io::Result<(Self, Child, u16)> {
        let program = program().ok_or_else(|| io::Error::other(MISSING))?;
        // It binds by itself: a port that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let nginx = Self { program, folder: tempfile::tempdir()? };
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        let text = configuration(nginx.folder.path(), port, files::limit()?, is_root);
        fs::write(nginx.configuration_file(), text)?;
        let mut master = nginx.command().stdin(Stdio::null()).spawn()?;
        for _ in 0..LOOKS.1 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok((nginx, master, port));
            }
            if let Some(status) = master.try_wait()? {
                return Err(io::Error::other(format!("nginx did not start: {status}")));
            }
            thread::sleep(LOOKS.0);
        }
        master.kill()?;
        Err(io::Error::other("nginx did not listen within five seconds"))
    }

    /// Asks it to stop.
    pub(super) fn stop(&self) {
        let _stopped_already = self.command().args(["-s", "stop"]).output();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-p").arg(self.folder.path()).arg("-c").arg(self.configuration_file());
        command
    }

    fn configuration_file(&self) -> PathBuf {
        self.folder.path().join("nginx.conf")
    }
}

/// One worker, the same answer as all, and nothing written to a disk.
fn configuration(folder: &Path, port: u16, max_files: u64, is_root: bool) -> String {
    let folder = folder.display();
    let user = if is_root { "user root;" } else { "" };
    format!(
        "daemon off;\nworker_processes 1;\n{user}\npid {folder}/pid;\nerror_log stderr crit;\n\
         events {{ worker_connections {max_files}; }}\n\
         http {{\n\
         access_log off;\n\
         client_body_temp_path {folder}/body;\n\
         proxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi;\n\
         uwsgi_temp_path {folder}/uwsgi;\n\
         scgi_temp_path {folder}/scgi;\n\
         default_type text/plain;\n\
         keepalive_requests 1000000000;\n\
         keepalive_timeout 600s;\n\
         server {{\nlisten 127.0.0.1:{port} backlog=1024;\n\
         location / {{ return 200 \"{BODY}\"; }}\n}}\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_names_a_user() {
        let text = |is_root| configuration(Path::new("/x"), 80, 1000, is_root);
        assert!(text(true).contains("\nuser root;\n"));
        assert!(!text(false).contains("user"));
        assert!(text(false).contains("listen 127.0.0.1:80 "));
        assert_eq!(text(true).matches('{').count(), text(true).matches('}').count());
    }
}
