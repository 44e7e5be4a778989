//! A real nginx with the configuration that the page shows.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SITE: &str = include_str!("../../nginx.conf");

/// nginx, killed at the end of the test.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) address: String,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts nginx in front of a FastCGI server; `None`, and a line that says so, where nginx is
    /// not installed.
    pub(crate) fn before(server: &str) -> Option<Self> {
        if !Path::new("/usr/sbin/nginx").exists() {
            let line = "skipped: nginx is not installed (apt-get install nginx-light)\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = owin_conformance::run::free_port().unwrap();
        let address = format!("127.0.0.1:{port}");
        let site = SITE.replace("127.0.0.1:8080", &address).replace("127.0.0.1:9000", server);
        let at = folder.path().display();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/log;\n\
             events {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path {at}/c;\n\
             proxy_temp_path {at}/p;\nfastcgi_temp_path {at}/f;\nuwsgi_temp_path {at}/u;\n\
             scgi_temp_path {at}/s;\n{site}\n}}\n"
        );
        let path = folder.path().join("nginx.conf");
        std::fs::write(&path, config).unwrap();
        let mut nginx = Command::new("/usr/sbin/nginx");
        nginx.arg("-c").arg(&path).arg("-p").arg(folder.path()).stderr(Stdio::null());
        let started = Self { child: nginx.spawn().unwrap(), address, _folder: folder };
        started.wait();
        Some(started)
    }

    /// Until somebody listens.
    fn wait(&self) {
        for _ in 0..200 {
            if TcpStream::connect(&self.address).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nginx does not listen on {}", self.address);
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn the_page_shows_the_configuration_that_is_tested() {
    assert!(include_str!("../../README.md").contains(SITE));
}
