//! lighttpd (`apt-get install lighttpd lighttpd-mod-openssl`).

use std::process::Command;

use crate::servers::web::{Web, program};
use crate::servers::{Place, Process, Started, Unstarted};

/// Starts lighttpd with these lines besides its own.
///
/// # Errors
///
/// Where it is not installed, or does not listen in time.
pub fn start(place: &Place, lines: &str, behind: Vec<Process>) -> Result<Started, Unstarted> {
    let program = program("lighttpd")?;
    let web = Web::new(place)?;
    let configuration = configuration(place, &web, lines);
    let mut command = Command::new(program);
    command.args(["-D", "-f"]);
    web.start(place, &configuration, &mut command, behind)
}

fn configuration(place: &Place, web: &Web, lines: &str) -> String {
    let (address, tls, folder) = (web.address, web.tls, place.folder.path().display());
    let (certificate, key) = (web.certificate.certificate.display(), web.certificate.key.display());
    let (ip, port) = (address.ip(), address.port());
    format!(
        "server.document-root = \"{folder}\"\nserver.bind = \"{ip}\"\nserver.port = {port}\n\
         server.upload-dirs = ( \"{folder}\" )\nserver.errorlog = \"{folder}/error.log\"\n\
         server.modules = ( \"mod_openssl\", \"mod_alias\", \"mod_cgi\" )\n\
         $SERVER[\"socket\"] == \"{tls}\" {{\nssl.engine = \"enable\"\n\
         ssl.pemfile = \"{certificate}\"\nssl.privkey = \"{key}\"\n}}\n{lines}\n"
    )
}
