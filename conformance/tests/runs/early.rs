//! A server that answers before it has read a request: what is wrong in the rest of it is not seen, and
//! not held against the server.

#![expect(clippy::unwrap_used, reason = "a test that cannot open a socket stops")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use owin_conformance::run::{Plan, Target, Verdict, run};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const END_STREAM: u8 = 1;

/// Starts a server of HTTP/2 that answers each HEADERS by 200. Where the request goes on, it says that
/// it does not want the rest, and passes over it (RFC 9113 §8.1).
fn early() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            std::thread::spawn(move || serve(stream));
        }
    });
    format!("http://{address}").parse().unwrap()
}

/// Serves a connection to its end, which is any that comes.
fn serve(mut stream: TcpStream) -> Option<()> {
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface).ok().filter(|()| preface == PREFACE)?;
    write(&mut stream, 4, 0, [0; 4], &[])?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let [high, middle, low, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]).try_into().ok()?];
        stream.read_exact(&mut payload).ok()?;
        match (kind, flags & END_STREAM) {
            (1, END_STREAM) => write(&mut stream, 1, 5, id, b"\x88")?,
            (1, _) => {
                write(&mut stream, 1, 5, id, b"\x88")?;
                write(&mut stream, 3, 0, id, &[0; 4])?;
            }
            (4 | 6, 0) => write(&mut stream, kind, 1, id, if kind == 6 { &payload } else { &[] })?,
            _ => {}
        }
    }
}

fn write(stream: &mut TcpStream, kind: u8, flags: u8, id: [u8; 4], payload: &[u8]) -> Option<()> {
    let length = u8::try_from(payload.len()).ok()?;
    let head = [&[0, 0, length, kind, flags][..], &id].concat();
    stream.write_all(&[&head, payload].concat()).ok()
}

#[test]
fn a_defect_that_a_server_says_it_does_not_read_is_not_tried() {
    let plan = Plan::new().with_only(["h2-data-padding"]).unwrap();
    let report = run(&early(), &plan, &|_| {});
    let outcome = report.outcomes.first().unwrap();
    let why = "the server ends the stream before the defect comes";
    assert_eq!((outcome.verdict, outcome.reason.as_str()), (Verdict::Skipped, why));
}
