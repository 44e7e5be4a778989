//! What a trial of HTTP/2 has at hand: connections in their position, and requests on them.

use serde_json::Value;

use crate::judge::{Judged, Lapse, Position, Trial, demand, is_refusal};
use crate::wire::http2::{
    DATA, END_HEADERS, END_STREAM, Fill, Frame, HEADERS, Line, Link, Step, field, literal,
};
use crate::wire::{Answer, Missing};

/// The lines of a request that nobody has reason to refuse.
pub(crate) const GET: &[Line] = &[
    field(":method", "GET"),
    field(":scheme", "{scheme}"),
    field(":path", "{target}"),
    field(":authority", "{host}"),
];

/// The lines of a request that has a body of five bytes. It says so, since a server may answer a body
/// whose length it does not know by 411 (RFC 9110 §8.6).
pub(crate) const POST: &[Line] = &[
    field(":method", "POST"),
    field(":scheme", "{scheme}"),
    field(":path", "{target}"),
    field(":authority", "{host}"),
    field("content-length", "5"),
];

/// The same, which says nothing of the length of its body.
pub(crate) const UNMEASURED: &[Line] = &[
    field(":method", "POST"),
    field(":scheme", "{scheme}"),
    field(":path", "{target}"),
    field(":authority", "{host}"),
];

impl Trial<'_> {
    /// What stands for the names in braces, on a connection on which nothing was sent.
    pub(crate) fn fill<'a>(&'a self, target: &'a str) -> Fill<'a> {
        Fill { scheme: self.scheme(), ..Fill::new(target, self.authority()) }
    }

    /// Connects in HTTP/2, and brings the connection into the position that is tried.
    pub(crate) fn http2(&self) -> Result<Link, Lapse> {
        self.http2_with(&[])
    }

    /// The same, with settings of the suite's.
    pub(crate) fn http2_with(&self, settings: &[(u16, u32)]) -> Result<Link, Lapse> {
        let mut link = self.http2_silent()?;
        link.open(settings);
        link.settled().map_err(Lapse::about("the server's settings"))?;
        if self.position() == Position::Second {
            let stream = self.get_on(&mut link);
            let before = link.answer(stream);
            let _answer = before.map_err(|m| Lapse::Blocked(format!("the request before: {m}")))?;
        }
        Ok(link)
    }

    /// Connects, and says nothing yet, whatever position is tried.
    pub(crate) fn http2_silent(&self) -> Result<Link, Lapse> {
        self.http2_link()
    }

    /// Sends a plain request on the next stream.
    pub(crate) fn get_on(&self, link: &mut Link) -> u32 {
        self.send_on(link, END_STREAM, &[GET])
    }

    /// Sends a head on the next stream, its lines filled; returns the stream.
    pub(crate) fn send_on(&self, link: &mut Link, flags: u8, lines: &[&[Line]]) -> u32 {
        let nonce = self.nonce();
        self.send_for(link, flags, lines, &self.target_of("echo", &nonce))
    }

    /// The same for that target.
    pub(crate) fn send_for(
        &self,
        link: &mut Link,
        flags: u8,
        lines: &[&[Line]],
        target: &str,
    ) -> u32 {
        let stream = link.next_stream();
        let fill = self.fill(target);
        let block = fill.block(lines);
        link.send(&Frame::new(HEADERS, flags | END_HEADERS, stream, block));
        stream
    }

    /// Sends a request whose lines were made for it; one without END_STREAM has a body of five bytes.
    pub(crate) fn send_lines(
        &self,
        link: &mut Link,
        flags: u8,
        target: &str,
        more: &[(&str, &[u8])],
    ) -> u32 {
        let stream = link.next_stream();
        let fill = self.fill(target);
        let mut block = fill.block(&[if flags & END_STREAM == 0 { POST } else { GET }]);
        for (name, value) in more {
            literal(&mut block, name.as_bytes(), value);
        }
        link.send(&Frame::new(HEADERS, flags | END_HEADERS, stream, block));
        stream
    }

    /// Sends a step of a script whose stream 1 is the next one; returns the stream.
    pub(crate) fn send_step(&self, link: &mut Link, step: &Step) -> u32 {
        let target = self.target_of("echo", &self.nonce());
        let shift = link.next_stream() - 1;
        let most = link.peer().longest_frame();
        let fill = Fill { shift, most, ..self.fill(&target) };
        let Some(frame) = step.frame(&fill) else { return 1 + shift };
        link.send(&frame);
        frame.stream
    }

    /// Sees that a plain request on the connection is answered by an app.
    pub(crate) fn goes_on(&self, link: &mut Link) -> Judged {
        let stream = self.get_on(link);
        let answer = link.answer(stream).map_err(Lapse::about("the next request"))?;
        self.is_an_app_s(&answer)
    }

    /// The answer comes from an app: no refusal, no failure, and with the probe its 200.
    pub(crate) fn is_an_app_s(&self, answer: &Answer) -> Judged {
        let is_app_s = answer.status < 500 && !is_refusal(answer) && answer.status != 408;
        demand(is_app_s && (answer.status == 200 || !self.has_probe()), || {
            format!("it was answered by {}", answer.status)
        })
    }

    /// Waits for the answer of the probe's echo, and reads what its app saw.
    pub(crate) fn seen_on(&self, link: &mut Link, stream: u32) -> Result<Value, Lapse> {
        let answer = link.answer(stream)?;
        demand(answer.status == 200, || format!("the probe answered {}", answer.status))?;
        serde_json::from_slice(&answer.body)
            .map_err(|error| Lapse::Failed(format!("the echo is no JSON: {error}")))
    }

    /// Sends a piece of a body.
    pub(crate) fn data(link: &mut Link, flags: u8, stream: u32, bytes: &[u8]) {
        link.send(&Frame::new(DATA, flags, stream, bytes));
    }
}

/// Two pings, the second after the answer to the first: the server has looked at what was sent, and what
/// it had to send is there.
pub(crate) fn settle(link: &mut Link) -> Judged {
    link.ping_through()?;
    Ok(link.ping_through()?)
}

/// The connection ended or the server said so, which is what may happen to who broke the protocol.
pub(crate) fn is_over(link: &Link) -> bool {
    link.has_ended() || link.peer().goaway.is_some()
}

/// Waits until that is so; that the connection ends before is for the caller to see.
pub(crate) fn watched(waited: Result<(), Missing>) -> Result<(), Missing> {
    match waited {
        Err(Missing::Ended(_) | Missing::Silent(_)) => Ok(()),
        other => other,
    }
}
