//! Servers to be told of, in this process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use owin_conformance::report::Document;
use owin_conformance::run::{Plan, Report, Target, run};

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// It answers a message that a careful server answers: by 400 where it has two lengths.
    Right,
    /// It takes everything, with what looks like HTML and like a command of GitHub's.
    TakesAll,
    /// It refuses everything but a plain `GET`, twins too.
    RefusesPosts,
    /// It answers everything as the probe says what a server can do.
    Claims,
    /// It listens no more once it has read two lengths.
    DiesOfTwoLengths,
}

const CLAIMS: &str = r#"{"probe":1,"features":["trailers","flying"]}"#;

/// What a server that takes everything says: nobody may obey it.
pub(crate) const SAID: &str = "<script>alert(1)</script>\n::error::]]>&\"'|`\x1b[31m\u{202E}";

/// A server at work; dropping it stops it.
pub(crate) struct Peer {
    address: SocketAddr,
    is_dead: Arc<AtomicBool>,
}

impl Peer {
    pub(crate) fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_dead = Arc::new(AtomicBool::new(false));
        let dead = Arc::clone(&is_dead);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if dead.load(Ordering::SeqCst) {
                    return;
                }
                let dead = Arc::clone(&dead);
                std::thread::spawn(move || serve(stream, does, &dead, address));
            }
        });
        Self { address, is_dead }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.is_dead.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

/// Answers each read; the suite sends a message at once.
fn serve(mut stream: TcpStream, does: Does, is_dead: &AtomicBool, address: SocketAddr) {
    let mut bytes = [0; 64 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut bytes) {
        if is_dead.load(Ordering::SeqCst) {
            return;
        }
        let text = String::from_utf8_lossy(bytes.get(..length).unwrap()).to_ascii_lowercase();
        let has_two = text.matches("content-length:").count() > 1;
        let refuses = match does {
            Does::Right => has_two,
            Does::RefusesPosts => !text.starts_with("get "),
            Does::DiesOfTwoLengths if has_two => {
                is_dead.store(true, Ordering::SeqCst);
                let _woken = TcpStream::connect(address);
                return;
            }
            Does::TakesAll | Does::Claims | Does::DiesOfTwoLengths => false,
        };
        let (status, close) = if refuses { (400, "Connection: close\r\n") } else { (200, "") };
        let said = if does == Does::Claims { CLAIMS } else { SAID };
        let length = said.len();
        let head = format!("HTTP/1.1 {status} <i>\r\n{close}Content-Length: {length}\r\n\r\n");
        if stream.write_all(format!("{head}{said}").as_bytes()).is_err() || refuses {
            return;
        }
    }
}

/// The report of a run that makes these checks.
pub(crate) fn report(does: Does, only: &[&str]) -> Report {
    let peer = Peer::start(does);
    let target: Target = peer.url().parse().unwrap();
    run(&target, &plan(only), &|_| {})
}

/// The same, written down.
pub(crate) fn document(does: Does, only: &[&str]) -> Document {
    Document::of(&report(does, only))
}

pub(crate) fn plan(only: &[&str]) -> Plan {
    Plan::new().with_workers(1).with_only(only.iter().copied()).unwrap()
}

/// The report of a server that nobody reaches.
pub(crate) fn nobody() -> Document {
    let target = "http://127.0.0.1:1".parse().unwrap();
    Document::of(&run(&target, &Plan::new(), &|_| {}))
}
