//! Apache (`apt-get install apache2`).

use std::process::Command;

use crate::servers::web::{Web, program};
use crate::servers::{Place, Process, Started, Unstarted};

/// Where packages put the modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// Starts Apache with these modules besides its own, and these directives.
///
/// # Errors
///
/// Where it is not installed, or does not listen in time.
pub fn start(
    place: &Place,
    modules: &[&str],
    directives: &str,
    behind: Vec<Process>,
) -> Result<Started, Unstarted> {
    let program = program("apache2")?;
    let web = Web::new(place)?;
    let configuration = configuration(place, &web, modules, directives);
    let mut command = Command::new(program);
    command.args(["-DFOREGROUND", "-f"]);
    web.start(place, &configuration, &mut command, behind)
}

/// A client whose answer broke off behind FastCGI hears of it once a silent connection ends.
fn configuration(place: &Place, web: &Web, modules: &[&str], directives: &str) -> String {
    let (address, tls, folder) = (web.address, web.tls, place.folder.path().display());
    let (certificate, key) = (web.certificate.certificate.display(), web.certificate.key.display());
    let loaded = ["mpm_event", "authz_core", "ssl"].iter().chain(modules);
    let loaded = loaded.map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"));
    let loaded: String = loaded.collect();
    format!(
        "ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\n\
         ErrorLog {folder}/error.log\nUser www-data\nGroup www-data\n{loaded}\
         KeepAliveTimeout 1\nListen {address}\nListen {tls}\nSSLSessionCache none\n{directives}\n\
         <VirtualHost {tls}>\nSSLEngine on\nSSLCertificateFile {certificate}\n\
         SSLCertificateKeyFile {key}\nSSLOptions +StdEnvVars\n</VirtualHost>\n"
    )
}
