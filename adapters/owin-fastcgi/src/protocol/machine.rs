//! One connection of a web server: records in, events and records out (FastCGI 1.0 §3 to §5).

use owin_core::bytes::{Bytes, BytesMut};

use super::Broken;
use super::pairs::{self, Pair, Pairs};
use super::record::{self, Record, kind};
use crate::Limits;

/// The role in which a program answers requests; the only one that we play.
const RESPONDER: u16 = 1;

/// The flag by which a web server asks for the connection to stay.
const KEEP_CONNECTION: u8 = 1;

/// How a request ended, as far as the protocol is concerned (FastCGI 1.0 §5.5).
mod ending {
    pub(super) const COMPLETE: u8 = 0;
    pub(super) const CANNOT_MULTIPLEX: u8 = 1;
    pub(super) const UNKNOWN_ROLE: u8 = 3;
}

/// What came from the web server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request, with all its variables.
    Request(Vec<Pair>),
    /// A request whose variables go beyond a limit, and how.
    TooLarge(&'static str),
    /// A part of its body.
    Data(Bytes),
    /// The end of its body.
    End,
    /// The web server does not want the answer any more.
    Abort,
}

/// The machine of a connection, on which one request follows the other: a second one at the same
/// time is refused, as the answer to `FCGI_MPXS_CONNS` says.
#[derive(Debug)]
pub(crate) struct Machine {
    input: BytesMut,
    output: BytesMut,
    max_params_bytes: usize,
    max_variables: usize,
    max_requests: u64,
    max_connections: usize,
    request: Option<Request>,
    /// How many requests were begun.
    count: u64,
    closes: bool,
    /// Once the protocol was broken nothing more is understood.
    broken: Option<Broken>,
}

/// The request that is being answered.
#[derive(Debug)]
struct Request {
    id: u16,
    stage: Stage,
}

/// How much of a request has come.
#[derive(Debug)]
enum Stage {
    /// A part of the variables.
    Params(BytesMut),
    /// More of the variables than we take.
    TooMuch,
    /// The variables, and a part of the body.
    Stdin,
    /// Everything.
    Whole,
}

impl Machine {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            input: BytesMut::new(),
            output: BytesMut::new(),
            max_params_bytes: limits.params_bytes,
            max_variables: limits.variables,
            max_requests: limits.requests.unwrap_or(u64::MAX),
            max_connections: limits.connections,
            request: None,
            count: 0,
            closes: false,
            broken: None,
        }
    }

    /// Where bytes from the web server go.
    pub(crate) fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    /// The bytes for the web server; what was sent is to be taken out.
    pub(crate) fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Whether a request has begun to come and is not over.
    pub(crate) fn has_begun(&self) -> bool {
        self.request.is_some() || !self.input.is_empty()
    }

    /// Whether the connection is to be closed once the output is sent.
    pub(crate) fn closes(&self) -> bool {
        self.closes && self.request.is_none()
    }

    /// Gives back memory that large records took, while nothing is under way.
    pub(crate) fn shrink(&mut self) {
        for buffer in [&mut self.input, &mut self.output] {
            if buffer.is_empty() {
                *buffer = BytesMut::new();
            }
        }
    }

    /// Lets no further request follow.
    pub(crate) fn close(&mut self) {
        self.closes = true;
    }

    /// What came next; `None` where more bytes are needed.
    ///
    /// # Errors
    ///
    /// Where the web server breaks the protocol, or has done so before.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let next = self.read();
        self.broken = next.as_ref().err().copied();
        next
    }

    fn read(&mut self) -> Result<Option<Event>, Broken> {
        while let Some(record) = Record::take(&mut self.input)? {
            let event = if record.id == 0 {
                self.manage(record)?;
                None
            } else {
                self.take(record)?
            };
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// A record about the connection (FastCGI 1.0 §4).
    fn manage(&mut self, record: Record) -> Result<(), Broken> {
        match record.kind {
            kind::GET_VALUES => self.tell_values(record.content),
            kind::BEGIN_REQUEST..=kind::DATA | kind::GET_VALUES_RESULT | kind::UNKNOWN_TYPE => {
                Err(Broken::Order(record.kind))
            }
            unknown => {
                let content = [unknown, 0, 0, 0, 0, 0, 0, 0];
                record::write(kind::UNKNOWN_TYPE, 0, &content, &mut self.output);
                Ok(())
            }
        }
    }

    /// Answers with those of the values that are known (FastCGI 1.0 §4.1).
    fn tell_values(&mut self, asked: Bytes) -> Result<(), Broken> {
        let mut asked_for = [false; 3];
        let names: [&[u8]; 3] = [b"FCGI_MAX_CONNS", b"FCGI_MAX_REQS", b"FCGI_MPXS_CONNS"];
        for pair in Pairs(asked) {
            let (name, _) = pair.map_err(|_| Broken::Content(kind::GET_VALUES))?;
            for (is_asked, known) in asked_for.iter_mut().zip(names) {
                *is_asked |= *name == *known;
            }
        }
        let most = self.max_connections.to_string();
        let mut content = BytesMut::new();
        for ((is_asked, name), value) in asked_for.into_iter().zip(names).zip([&*most, &most, "0"])
        {
            if is_asked {
                pairs::write_short(name, value.as_bytes(), &mut content);
            }
        }
        if content.is_empty() {
            record::write_end(kind::GET_VALUES_RESULT, 0, &mut self.output);
        }
        record::write(kind::GET_VALUES_RESULT, 0, &content, &mut self.output);
        Ok(())
    }

    /// A record of a request.
    fn take(&mut self, record: Record) -> Result<Option<Event>, Broken> {
        let Record { kind, id, content } = record;
        if kind == kind::BEGIN_REQUEST {
            return self.begin(id, &content).map(|()| None);
        }
        let is_of_a_web_server =
            matches!(kind, kind::ABORT_REQUEST | kind::PARAMS | kind::STDIN | kind::DATA);
        if !is_of_a_web_server {
            return Err(Broken::Order(kind));
        }
        let request = self.request.as_mut().filter(|request| request.id == id);
        // What belongs to no request that is being answered is ignored (FastCGI 1.0 §3.3): the rest
        // of one that was answered early, or refused.
        let Some(request) = request else { return Ok(None) };
        match (kind, &mut request.stage) {
            (kind::ABORT_REQUEST, Stage::Params(_) | Stage::TooMuch) => {
                self.end(1);
                Ok(None)
            }
            (kind::ABORT_REQUEST, _) => Ok(Some(Event::Abort)),
            (kind::PARAMS, Stage::Params(_) | Stage::TooMuch) if content.is_empty() => {
                self.finish_params().map(Some)
            }
            (kind::PARAMS, Stage::Params(params)) => {
                if params.len() + content.len() > self.max_params_bytes {
                    request.stage = Stage::TooMuch;
                } else {
                    params.extend_from_slice(&content);
                }
                Ok(None)
            }
            (kind::PARAMS, Stage::TooMuch) => Ok(None),
            (kind::STDIN, Stage::Stdin) if content.is_empty() => {
                request.stage = Stage::Whole;
                Ok(Some(Event::End))
            }
            (kind::STDIN, Stage::Stdin) => Ok(Some(Event::Data(content))),
            _ => Err(Broken::Order(kind)),
        }
    }

    fn begin(&mut self, id: u16, content: &[u8]) -> Result<(), Broken> {
        let Ok([role_1, role_0, flags, ..]) = <[u8; 8]>::try_from(content) else {
            return Err(Broken::Content(kind::BEGIN_REQUEST));
        };
        if let Some(request) = &self.request {
            if request.id == id {
                return Err(Broken::Order(kind::BEGIN_REQUEST));
            }
            self.write_ending(id, 0, ending::CANNOT_MULTIPLEX);
            return Ok(());
        }
        self.count += 1;
        self.closes |= flags & KEEP_CONNECTION == 0 || self.count >= self.max_requests;
        if u16::from_be_bytes([role_1, role_0]) != RESPONDER {
            self.write_ending(id, 0, ending::UNKNOWN_ROLE);
            return Ok(());
        }
        self.request = Some(Request { id, stage: Stage::Params(BytesMut::new()) });
        Ok(())
    }

    /// The variables are all there.
    fn finish_params(&mut self) -> Result<Event, Broken> {
        const MALFORMED: Broken = Broken::Content(kind::PARAMS);
        let stage = self.request.as_mut().map(|r| std::mem::replace(&mut r.stage, Stage::Stdin));
        let Some(Stage::Params(params)) = stage else {
            return Ok(Event::TooLarge("the variables have too many bytes"));
        };
        let mut variables = Vec::new();
        for pair in Pairs(params.freeze()) {
            variables.push(pair.map_err(|_| MALFORMED)?);
            if variables.len() > self.max_variables {
                return Ok(Event::TooLarge("there are too many variables"));
            }
        }
        Ok(Event::Request(variables))
    }

    /// Writes a part of the response.
    pub(crate) fn respond(&mut self, bytes: &[u8]) {
        if let Some(Request { id, .. }) = self.request {
            record::write(kind::STDOUT, id, bytes, &mut self.output);
        }
    }

    /// Ends the request: the response is whole, where the status of the app is 0.
    pub(crate) fn end(&mut self, app_status: u32) {
        if let Some(Request { id, .. }) = self.request.take() {
            record::write_end(kind::STDOUT, id, &mut self.output);
            self.write_ending(id, app_status, ending::COMPLETE);
        }
    }

    /// Breaks the response off: what follows can be taken neither for a part of it nor for its end.
    ///
    /// To close the connection is not enough: nginx without buffering takes that for the end.
    pub(crate) fn break_off(&mut self) {
        self.request = None;
        self.output.extend_from_slice(&record::NONE);
    }

    fn write_ending(&mut self, id: u16, app_status: u32, how: u8) {
        let [a, b, c, d] = app_status.to_be_bytes();
        record::write(kind::END_REQUEST, id, &[a, b, c, d, how, 0, 0, 0], &mut self.output);
    }
}
