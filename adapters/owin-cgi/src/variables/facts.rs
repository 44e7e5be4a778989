//! Variables that say who asks, and over what: addresses, TLS, the user.

use std::net::{IpAddr, SocketAddr};

use owin_core::bytes::Bytes;
use owin_core::features::{ClientCertificate, ConnectionInfo, TlsHandshake, User};
use owin_core::{Environment, Error, keys};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::Variables;

/// The ends of the client's connection to the web server, and its TLS.
pub(super) fn connection(variables: &Variables<'_>) -> ConnectionInfo {
    let mut info = ConnectionInfo::new();
    let remote = ip(variables, "REMOTE_ADDR");
    let local = ip(variables, "SERVER_ADDR");
    if let (Some(ip), Some(port)) = (remote, port(variables, "REMOTE_PORT")) {
        info = info.with_remote(SocketAddr::new(ip, port));
    } else if let Some(ip) = remote {
        info = info.with_is_local(ip.is_loopback() || local == Some(ip));
    }
    if let (Some(ip), Some(port)) = (local, port(variables, "SERVER_PORT")) {
        info = info.with_local(SocketAddr::new(ip, port));
    }
    if variables.is_https() {
        if let Some(tls) = handshake(variables) {
            info = info.with_tls(tls);
        }
        if let Some(certificate) = client_certificate(variables) {
            info = info.with_client_certificate(certificate);
        }
    }
    info
}

/// Sets what is no fact of a connection: the user, and an address that came without a port.
pub(super) fn fill(variables: &Variables<'_>, env: &mut Environment) -> Result<(), Error> {
    if let (Some(remote), None) = (ip(variables, "REMOTE_ADDR"), port(variables, "REMOTE_PORT")) {
        env.set(keys::SERVER_REMOTE_IP_ADDRESS, remote.to_string())?;
    }
    // Without a way by which the user was checked it is what the client claims: nginx has it so in
    // `$remote_user`.
    if let (Some(name), Some(scheme)) =
        (variables.text("REMOTE_USER")?, variables.text("AUTH_TYPE")?)
    {
        env.set(keys::REQUEST_USER, User::new(name, scheme))?;
    }
    Ok(())
}

/// An address; `None` for what is none, as for the client of a Unix socket.
fn ip(variables: &Variables<'_>, name: &'static str) -> Option<IpAddr> {
    let text = variables.text(name).ok()??;
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn port(variables: &Variables<'_>, name: &'static str) -> Option<u16> {
    variables.text(name).ok()??.parse().ok()
}

/// What mod_ssl says with `StdEnvVars`, and others by its names.
fn handshake(variables: &Variables<'_>) -> Option<TlsHandshake> {
    let protocol = variables.text("SSL_PROTOCOL").ok()??;
    let tls = TlsHandshake::new(protocol, variables.text("SSL_CIPHER").ok()??);
    Some(match variables.text("SSL_TLS_SNI") {
        Ok(Some(name)) => tls.with_server_name(name),
        _ => tls,
    })
}

/// What mod_ssl says with `ExportCertData`: the certificate as PEM, then those of the chain.
fn client_certificate(variables: &Variables<'_>) -> Option<ClientCertificate> {
    let own = certificate(variables.raw("SSL_CLIENT_CERT")?)?;
    let issuers = (0..16).map_while(|number| {
        variables.raw(&format!("SSL_CLIENT_CERT_CHAIN_{number}")).and_then(certificate)
    });
    Some(ClientCertificate::new(std::iter::once(own).chain(issuers)))
}

fn certificate(pem: &[u8]) -> Option<Bytes> {
    // nginx begins each line but the first with a tab.
    let lines: Vec<&[u8]> = pem.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let certificate = CertificateDer::from_pem_slice(&lines.join(&b'\n')).ok()?;
    Some(Bytes::copy_from_slice(&certificate))
}
