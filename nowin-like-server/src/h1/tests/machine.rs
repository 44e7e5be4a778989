//! The machine of a connection, fed with bytes.

use std::sync::Arc;

use owin_core::Environment;

use crate::h1::state::{Machine, Received};
use crate::observe::Reason;

/// What comes out of a machine: the targets and bodies of the requests, then perhaps a status.
fn events(pieces: &[&[u8]]) -> Vec<String> {
    let mut machine = Machine::new(Arc::default());
    let mut events = Vec::new();
    let mut body: Option<Vec<u8>> = None;
    for piece in pieces {
        machine.unread_mut().extend_from_slice(piece);
        loop {
            match step(&mut machine, &mut body) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(refusal) => {
                    events.push(refusal.code().to_owned());
                    return events;
                }
            }
        }
    }
    events
}

fn step(machine: &mut Machine, body: &mut Option<Vec<u8>>) -> Result<Option<String>, Reason> {
    let Some(bytes) = body else {
        if !machine.find_head()? {
            return Ok(None);
        }
        let mut env = Environment::new();
        machine.read_head(&mut env)?;
        *body = Some(Vec::new());
        return Ok(env.request().raw_target().map(str::to_owned));
    };
    loop {
        match machine.read_body()? {
            Received::Nothing => return Ok(None),
            Received::Data(data) => bytes.extend_from_slice(&data),
            Received::End(_) => break,
        }
    }
    let whole = String::from_utf8_lossy(bytes).into_owned();
    *body = None;
    machine.next();
    Ok(Some(whole))
}

const PIPELINE: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n\
    POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz\
    POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n\
    GET /d HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn pipelined_requests_come_out_in_order() {
    // HT-19.
    assert_eq!(events(&[PIPELINE]), ["/a", "", "/b", "xyz", "/c", "hi", "/d", ""]);
}

#[test]
fn empty_lines_in_front_of_a_request_are_skipped_however_they_come() {
    // RFC 9112 §2.2.
    let whole = b"\r\n\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    for at in 0..8 {
        let (front, rest) = whole.split_at(at);
        assert_eq!(events(&[front, rest]), ["/a", ""], "{at}");
    }
    let bytes: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(events(&bytes), ["/a", ""]);
}

#[test]
fn what_follows_a_refused_head_is_never_a_request() {
    let bad =
        b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n\
        GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_eq!(events(&[bad]), ["length-beside-coding"]);
}

proptest::proptest! {
    #[test]
    fn splits_do_not_matter(mut cuts in proptest::collection::vec(0..PIPELINE.len(), 0..12)) {
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([PIPELINE.len()]) {
            pieces.push(&PIPELINE[from..cut]);
            from = cut;
        }
        proptest::prop_assert_eq!(events(&pieces), events(&[PIPELINE]));
    }
}
