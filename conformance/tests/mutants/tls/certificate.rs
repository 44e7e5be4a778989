//! A certificate that signs itself, made once.

use std::sync::OnceLock;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

static OWN: OnceLock<CertifiedKey<rcgen::KeyPair>> = OnceLock::new();

fn own() -> &'static CertifiedKey<rcgen::KeyPair> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    OWN.get_or_init(|| generate_simple_self_signed(names).unwrap())
}

/// The certificate and its key, for a server.
pub(super) fn chain() -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let key = PrivateKeyDer::try_from(own().signing_key.serialize_der()).unwrap();
    (vec![own().cert.der().clone()], key)
}

/// The certificate in PEM, for a client that trusts it.
pub(super) fn root() -> String {
    own().cert.pem()
}
