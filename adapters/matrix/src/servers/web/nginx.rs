//! nginx (`apt-get install nginx`).

use std::process::Command;

use crate::servers::web::{Web, program};
use crate::servers::{Place, Process, Started, Unstarted};

/// Starts nginx; `location` is what stands in its only location, as in `proxy_pass http://…;`.
///
/// # Errors
///
/// Where it is not installed, or does not listen in time.
pub fn start(place: &Place, location: &str, behind: Vec<Process>) -> Result<Started, Unstarted> {
    let program = program("nginx")?;
    let web = Web::new(place)?;
    let configuration = configuration(place, &web, location);
    let mut command = Command::new(program);
    command.arg("-p").arg(place.folder.path()).arg("-c");
    web.start(place, &configuration, &mut command, behind)
}

/// One process; nothing is written but what has no room in memory.
fn configuration(place: &Place, web: &Web, location: &str) -> String {
    let (address, tls, folder) = (web.address, web.tls, place.folder.path().display());
    let (certificate, key) = (web.certificate.certificate.display(), web.certificate.key.display());
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
