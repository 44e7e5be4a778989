//! A connection whose TLS ends here: the bytes go on to a server of HTTP, and back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ServerConfig, ServerConnection, version};
use socket2::SockRef;

use super::faults::Fault;
use super::front::{First, Front};
use super::hello::Hello;
use super::store::Forgetless;
use super::{certificate, scripted};

pub(super) const HTTP_11: &[u8] = b"http/1.1";
pub(super) const H2: &[u8] = b"h2";

/// Suites that nobody may agree on: NULL, export, RC4, anonymous, DES.
const BROKEN: [u16; 32] = [
    0x0001, 0x0002, 0x003B, 0xC006, 0xC010, 0x0003, 0x0006, 0x0008, 0x000B, 0x000E, 0x0011, 0x0014,
    0x0017, 0x0019, 0x0004, 0x0005, 0xC007, 0xC011, 0x0018, 0x001B, 0x0034, 0x003A, 0x006C, 0x006D,
    0x00A6, 0xC018, 0xC019, 0x0009, 0x000C, 0x000F, 0x0012, 0x0015,
];

/// Suites with 3DES.
const TRIPLE_DES: [u16; 5] = [0x000A, 0xC012, 0xC008, 0x0016, 0x0013];

/// Answers a connection.
pub(super) fn serve(mut front: Front, behind: SocketAddr) {
    front.read_hello();
    let first = front.first.clone().unwrap();
    if answered(&mut front, &first) {
        return front.wait();
    }
    let Ok(backend) = TcpStream::connect(behind) else { return };
    let _set = backend.set_nodelay(true);
    if front.has(Fault::PlainServed) && front.came.starts_with(b"GET ") {
        let _gone = (&backend).write_all(&front.came);
        return plainly(&front.tcp, &backend);
    }
    let hello = if let First::Hello(hello, _) = first { hello } else { None };
    let session = ServerConnection::new(Arc::new(config(&front, hello.as_ref())));
    let tunnel = Tunnel {
        session: Mutex::new(session.unwrap()),
        client: front.tcp,
        backend,
        fault: front.manner.fault,
    };
    std::thread::scope(|scope| {
        scope.spawn(|| tunnel.down());
        if tunnel.take(&front.came) {
            tunnel.up();
        }
        tunnel.end();
    });
}

/// What a fault answers itself; then the client has to go.
fn answered(front: &mut Front, first: &First) -> bool {
    let First::Hello(hello, records) = first else { return false };
    let Some(hello) = hello else {
        return front.has(Fault::MalformedHelloAwaited);
    };
    let is_only = |weak: &[u16]| hello.suites.iter().all(|suite| weak.contains(suite));
    let (version, suite) = (hello.version, hello.suites[0]);
    let answer = match front.manner.fault {
        _ if front.manner.is_too_strict && !hello.asks_for_status => scripted::alert(40),
        Some(Fault::OldVersionTaken) if version < 0x0303 => {
            scripted::server_hello(version, suite, 0)
        }
        Some(Fault::BrokenSuiteTaken) if is_only(&BROKEN) => {
            scripted::server_hello(version, suite, 0)
        }
        Some(Fault::TripleDesTaken) if is_only(&TRIPLE_DES) => {
            scripted::server_hello(version, suite, 0)
        }
        Some(Fault::Compresses) if hello.compressions.contains(&1) => {
            scripted::server_hello(version, suite, 1)
        }
        Some(Fault::HelloInOneRecord) if *records > 1 => scripted::alert(10),
        Some(Fault::FirstProtocolCounts)
            if hello.alpn.first().is_some_and(|first| first != HTTP_11 && first != b"h2") =>
        {
            scripted::alert(120)
        }
        Some(Fault::UnknownNameHangs) if hello.name.starts_with("unknown.") => Vec::new(),
        _ => return false,
    };
    front.write(&answer);
    true
}

fn config(front: &Front, hello: Option<&Hello>) -> ServerConfig {
    let fault = front.manner.fault;
    let versions = match fault {
        Some(Fault::NewestVersionOnly) => &[&version::TLS13][..],
        Some(Fault::NoNewestVersion) => &[&version::TLS12],
        _ => &[&version::TLS13, &version::TLS12],
    };
    let (chain, key) = certificate::chain();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let offered = hello.map(|hello| hello.alpn.clone()).unwrap_or_default();
    config.alpn_protocols = match fault {
        Some(Fault::AnyProtocolTaken) if !offered.iter().any(|own| own == HTTP_11) => offered,
        Some(Fault::AgreesOnHttp2) => vec![H2.to_vec(), HTTP_11.to_vec()],
        _ => vec![front.manner.protocol.to_vec()],
    };
    if fault == Some(Fault::EarlyDataReplayed) {
        config.max_early_data_size = 16 * 1024;
        config.session_storage = Forgetless::shared();
    }
    config
}

/// Carries bytes without TLS.
fn plainly(client: &TcpStream, backend: &TcpStream) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _gone = std::io::copy(&mut &*backend, &mut &*client);
            let _gone = client.shutdown(Shutdown::Write);
        });
        let _gone = std::io::copy(&mut &*client, &mut &*backend);
        let _gone = backend.shutdown(Shutdown::Write);
    });
}

struct Tunnel {
    session: Mutex<ServerConnection>,
    client: TcpStream,
    backend: TcpStream,
    fault: Option<Fault>,
}

impl Tunnel {
    /// From the client to the server behind.
    fn up(&self) {
        let mut bytes = [0; 16 * 1024];
        loop {
            match (&self.client).read(&mut bytes) {
                Ok(0) => break,
                Ok(length) if self.take(&bytes[..length]) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(_) => return,
                Err(_) => {
                    let _set = SockRef::from(&self.backend).set_linger(Some(Duration::ZERO));
                    return;
                }
            }
        }
        let _gone = self.backend.shutdown(Shutdown::Write);
    }

    /// What came from the client; false where the session is broken.
    fn take(&self, mut bytes: &[u8]) -> bool {
        let mut session = self.session.lock().unwrap();
        while !bytes.is_empty() {
            if session.read_tls(&mut bytes).is_err() {
                return false;
            }
            let state = session.process_new_packets();
            self.carry(&mut session);
            while session.wants_write() {
                if session.write_tls(&mut &self.client).is_err() {
                    return false;
                }
            }
            match state {
                Err(_) => return false,
                Ok(state) if state.peer_has_closed() => {
                    if self.fault != Some(Fault::CloseNotifyIgnored) {
                        let _gone = self.backend.shutdown(Shutdown::Write);
                    }
                }
                Ok(_) => {}
            }
        }
        true
    }

    /// What the client said goes to the server behind; a host that is not ours ends it.
    fn carry(&self, session: &mut ServerConnection) {
        let mut plain = Vec::new();
        if let Some(mut early) = session.early_data() {
            let _partial = early.read_to_end(&mut plain);
        }
        let _partial = session.reader().read_to_end(&mut plain);
        let is_other = plain.windows(12).any(|window| window == b"Host: other.");
        if is_other && self.fault == Some(Fault::OtherHostEnds) {
            let _gone = self.backend.shutdown(Shutdown::Both);
        }
        let _gone = (&self.backend).write_all(&plain);
    }

    /// From the server behind to the client.
    fn down(&self) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(length) = (&self.backend).read(&mut bytes)
            && length > 0
        {
            let mut session = self.session.lock().unwrap();
            let _gone = session.writer().write_all(&bytes[..length]);
            while session.wants_write() && session.write_tls(&mut &self.client).is_ok() {}
        }
        if self.fault != Some(Fault::NoCloseNotify) {
            let mut session = self.session.lock().unwrap();
            session.send_close_notify();
            while session.wants_write() && session.write_tls(&mut &self.client).is_ok() {}
        }
        let _gone = self.client.shutdown(Shutdown::Write);
    }

    /// The client's direction has ended.
    fn end(&self) {
        let _gone = self.backend.shutdown(Shutdown::Write);
    }
}
