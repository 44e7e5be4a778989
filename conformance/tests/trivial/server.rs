//! Servers that do one thing.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use owin_conformance::run::Target;
use socket2::SockRef;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const BAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/// What a server does with a connection, whatever comes.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    serve: fn(TcpStream) -> io::Result<()>,
}

pub(crate) const TRIVIAL: &[Kind] = &[
    Kind { name: "always 200", serve: |stream| each_read(stream, OK) },
    Kind { name: "200 and close", serve: |stream| once(stream, OK) },
    Kind { name: "always 400", serve: |stream| each_read(stream, BAD) },
    Kind { name: "400 and close", serve: |stream| once(stream, BAD) },
    Kind { name: "closes", serve: |_| Ok(()) },
    Kind { name: "silent", serve: |stream| each_read(stream, b"") },
    Kind { name: "garbage", serve: |stream| each_read(stream, b"\x00\xFF garbage\r\n\r\n") },
    Kind { name: "flood", serve: flood },
    Kind { name: "one byte a second", serve: trickle },
    Kind { name: "reset half-way", serve: reset_half_way },
    Kind { name: "echo", serve: echo },
    Kind { name: "endless 100s", serve: endless_100s },
    Kind { name: "answers before", serve: answers_before },
    Kind { name: "200 to the first look", serve: only_to_a_look },
    Kind { name: "HTTP/0.9", serve: |stream| once(stream, b"<p>ok</p>") },
];

/// One of them at work; dropping it stops it.
pub(crate) struct Trivial {
    address: SocketAddr,
    is_dead: Arc<AtomicBool>,
}

impl Trivial {
    pub(crate) fn start(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_dead = Arc::new(AtomicBool::new(false));
        let dead = is_dead.clone();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if dead.load(Ordering::SeqCst) {
                    return;
                }
                std::thread::spawn(move || (kind.serve)(stream));
            }
        });
        Self { address, is_dead }
    }

    pub(crate) fn target(&self) -> Target {
        format!("http://{}", self.address).parse().unwrap()
    }
}

impl Drop for Trivial {
    fn drop(&mut self) {
        self.is_dead.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

fn each_read(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    while stream.read(&mut [0; 4096])? > 0 {
        stream.write_all(answer)?;
    }
    Ok(())
}

fn once(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let _asked = stream.read(&mut [0; 4096])?;
    stream.write_all(answer)
}

fn flood(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    loop {
        stream.write_all(&[b'x'; 4096])?;
    }
}

fn trickle(mut stream: TcpStream) -> io::Result<()> {
    for byte in OK.iter().cycle() {
        stream.write_all(&[*byte])?;
        std::thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn reset_half_way(mut stream: TcpStream) -> io::Result<()> {
    let _asked = stream.read(&mut [0; 4096])?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le")?;
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let length = stream.read(&mut bytes)?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(bytes.get(..length).unwrap_or_default())?;
    }
}

fn endless_100s(mut stream: TcpStream) -> io::Result<()> {
    loop {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
}

/// Answers what asks for the end of the connection, as the look at a server does, and nothing else.
fn only_to_a_look(mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let length = stream.read(&mut bytes)?;
        let came = bytes.get(..length).unwrap_or_default();
        if came.windows(17).any(|window| window == b"Connection: close") {
            return stream.write_all(OK);
        }
        if length == 0 {
            return Ok(());
        }
    }
}

fn answers_before(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(OK)?;
    each_read(stream, OK)
}
