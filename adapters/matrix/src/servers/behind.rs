//! Servers together with what stands in front of them.

use crate::servers::named::Named;
use crate::servers::web::{apache, cgi_program, lighttpd, nginx};
use crate::servers::{Place, Started, Unstarted};

/// Any port of this machine.
const ANY: &str = "http://127.0.0.1:0";

/// A proxy that passes on what it can, as it comes.
pub(super) fn nowin_and_nginx(place: &Place) -> Result<Started, Unstarted> {
    let (nowin, address) = place.server(Named::BEHIND_NGINX, ANY)?;
    let location = format!(
        "proxy_pass http://{address}; proxy_http_version 1.1;\n\
         proxy_buffering off; proxy_request_buffering off;\n\
         proxy_set_header Host $http_host; proxy_set_header TE $http_te;\n\
         proxy_set_header Connection $http_connection;\n\
         proxy_set_header Upgrade $http_upgrade;"
    );
    nginx::start(place, &location, vec![nowin])
}

/// Nothing: the same server, which is asked over another protocol.
pub(super) fn hyper_alone(place: &Place) -> Result<Started, Unstarted> {
    place.alone("hyper")
}

/// As the page of owin-fastcgi has it.
pub(super) fn fastcgi_and_nginx(place: &Place) -> Result<Started, Unstarted> {
    let (program, address) = place.server("fastcgi", ANY)?;
    let params = [
        ("SCRIPT_NAME", "\"\""),
        ("PATH_INFO", "$uri"),
        ("REQUEST_URI", "$request_uri"),
        ("REQUEST_METHOD", "$request_method"),
        ("QUERY_STRING", "$query_string"),
        ("CONTENT_TYPE", "$content_type"),
        ("CONTENT_LENGTH", "$content_length"),
        ("REQUEST_SCHEME", "$scheme"),
        ("SERVER_PROTOCOL", "$server_protocol"),
        ("SERVER_NAME", "$server_name"),
        ("SERVER_ADDR", "$server_addr"),
        ("SERVER_PORT", "$server_port"),
        ("REMOTE_ADDR", "$remote_addr"),
        ("REMOTE_PORT", "$remote_port"),
        ("SSL_PROTOCOL", "$ssl_protocol if_not_empty"),
        ("SSL_CIPHER", "$ssl_cipher if_not_empty"),
        ("SSL_TLS_SNI", "$ssl_server_name if_not_empty"),
    ];
    let mut location = format!(
        "fastcgi_pass {address}; fastcgi_keep_conn on; fastcgi_buffering off;\n\
         fastcgi_request_buffering off; fastcgi_ignore_client_abort off;\n"
    );
    for (name, value) in params {
        location += &format!("fastcgi_param {name} {value};\n");
    }
    nginx::start(place, &location, vec![program])
}

/// As the page of owin-fastcgi has it.
pub(super) fn fastcgi_and_apache(place: &Place) -> Result<Started, Unstarted> {
    let (program, address) = place.server("fastcgi", ANY)?;
    let directives = format!(
        "<Location \"/probe\">\n\
         ProxyPass \"fcgi://{address}/probe\" flushpackets=on\n\
         ProxyFCGISetEnvIf \"true\" SCRIPT_NAME \"/probe\"\n\
         ProxyFCGISetEnvIf \"%{{REQUEST_URI}} =~ m#^/probe(.*)$#\" PATH_INFO \"$1\"\n\
         </Location>"
    );
    apache::start(place, &["proxy", "proxy_fcgi"], &directives, vec![program])
}

/// As the page of owin-cgi has it.
pub(super) fn cgi_and_apache(place: &Place) -> Result<Started, Unstarted> {
    let (script, folder) = (cgi_program(place)?, place.folder.path().display());
    let script = script.display();
    let directives = format!(
        "ScriptSock {folder}/cgid.sock\nScriptAlias \"/probe\" \"{script}\"\n\
         <Directory \"{folder}\">\nRequire all granted\nSetEnv ap_trust_cgilike_cl 1\n</Directory>"
    );
    apache::start(place, &["alias", "env", "cgid"], &directives, Vec::new())
}

/// As the page of owin-cgi has it, but with `2`: with `1` lighttpd puts on its disk what the app or
/// the client does not take, however much that is, and holds nobody back.
pub(super) fn cgi_and_lighttpd(place: &Place) -> Result<Started, Unstarted> {
    let script = cgi_program(place)?;
    let script = script.display();
    let lines = format!(
        "server.stream-response-body = 2\nserver.stream-request-body = 2\n\
         alias.url = ( \"/probe\" => \"{script}\" )\n\
         $HTTP[\"url\"] =~ \"^/probe(/|$)\" {{\ncgi.assign = ( \"\" => \"\" )\n}}"
    );
    lighttpd::start(place, &lines, Vec::new())
}
