//! Frames that a server must not take, and their twins, which it must.

use std::fmt;

use crate::judge::accepted::REFUSALS;
use crate::judge::talk;
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::http2::{
    DATA, END_HEADERS, END_STREAM, Fill, Frame, HEADERS, Line, Link, Peer, RST_STREAM, Reply, Step,
    code,
};
use crate::wire::{Missing, escaped};

/// Where a server takes longer frames, one that is too long is not tried.
const TOO_LONG: usize = 128 * 1024;

/// Rows of frames with a defect, each beside the same frames with only the defect repaired.
#[derive(Clone, Copy)]
pub(crate) struct Breach {
    pub(crate) cases: Cases,
    pub(crate) error: Error,
}

/// What is sent on a connection that was opened.
#[derive(Clone, Copy)]
pub(crate) enum Cases {
    /// Any frames: with the defect, and without.
    Frames(&'static [(&'static [Step], &'static [Step])]),
    /// A request without a body: the lines that all have, and those with the defect and without.
    Lines(&'static [Line], &'static [(&'static [Line], &'static [Line])]),
}

/// What a defect is, and by that what may come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// Of the connection: GOAWAY, or its end (RFC 9113 §5.4.1).
    Connection,
    /// Of the stream: its reset, or what may come of an error of the connection (§5.4.2).
    Stream,
    /// A request is malformed: an answer that refuses it may come, too, and no app is called
    /// (§8.1.1).
    Request,
    /// The same, but an app may have been called before the defect came.
    Content,
    /// It may as well be answered by any status from 400 on.
    Asked,
    /// The preface: an answer of HTTP/1 may come, too (§3.4).
    Preface,
}

/// One row of frames.
#[derive(Clone, Copy)]
enum Script {
    Steps(&'static [Step]),
    /// One HEADERS with these lines.
    Lines([&'static [Line]; 2]),
}

/// A row of frames that was sent.
struct Sent {
    link: Link,
    nonce: String,
    /// The streams whose request was sent whole.
    asked: Vec<u32>,
    /// The streams whose request has no end.
    open: Vec<u32>,
}

impl Breach {
    /// Every twin is taken, every row with a defect is refused, and every twin is taken again.
    pub(crate) fn judge(&self, trial: &Trial<'_>) -> Judged {
        let cases = self.cases();
        let twins = each_once(&cases);
        for twin in &twins {
            taken(trial, *twin).map_err(|lapse| blocked(lapse, *twin, "before"))?;
        }
        let (mut is_proven, mut skipped) = (false, Ok(()));
        for (bad, _) in &cases {
            match self.refuses(trial, *bad) {
                Ok(()) => is_proven = true,
                Err(Lapse::Skipped(why)) => skipped = Err(Lapse::Skipped(why)),
                Err(lapse) => return Err(lapse.explained(|why| format!("{why}; sent was {bad}"))),
            }
        }
        for twin in &twins {
            taken(trial, *twin).map_err(|lapse| blocked(lapse, *twin, "after"))?;
        }
        if is_proven { Ok(()) } else { skipped }
    }

    /// The bytes of every row, with the defect and repaired, and nothing filled.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        self.cases().into_iter().map(|(bad, good)| (bad.bytes(), good.bytes()))
    }

    /// The twins, each once, in the same form.
    pub(crate) fn twins(&self) -> Vec<Vec<u8>> {
        each_once(&self.cases()).into_iter().map(Script::bytes).collect()
    }

    fn cases(&self) -> Vec<(Script, Script)> {
        match self.cases {
            Cases::Frames(rows) => {
                let steps = |own| Script::Steps(own);
                rows.iter().map(|(bad, good)| (steps(*bad), steps(*good))).collect()
            }
            Cases::Lines(all, rows) => {
                let lines = |own| Script::Lines([all, own]);
                rows.iter().map(|(bad, good)| (lines(*bad), lines(*good))).collect()
            }
        }
    }

    /// Sends a row with a defect, and sees that it is refused.
    fn refuses(&self, trial: &Trial<'_>, bad: Script) -> Judged {
        let mut sent = send(trial, bad)?;
        let pinged = (self.error != Error::Preface).then(|| sent.link.ping());
        let mut waited = self.watch(&mut sent, pinged.as_ref());
        if matches!(waited, Err(Missing::Silent(_))) {
            // Only a server that has meanwhile answered somebody else is silent about this.
            trial.others_are_answered()?;
            waited = self.watch(&mut sent, pinged.as_ref());
        }
        match waited {
            Err(Missing::Malformed(why))
                if self.error == Error::Preface && why.contains("HTTP/1") =>
            {
                return Ok(());
            }
            Err(Missing::Ended(_) | Missing::Silent(_)) | Ok(()) => {}
            Err(missing) => return Err(missing.into()),
        }
        let has_pong = pinged.as_ref().is_some_and(|own| sent.link.peer().pongs.contains(own));
        self.verdict(trial, &sent, has_pong)
    }

    /// Reads until it is clear what the server makes of it: where it answered the ping behind it and
    /// said nothing of it for a while, it has taken it.
    fn watch(&self, sent: &mut Sent, pinged: Option<&Vec<u8>>) -> Result<(), Missing> {
        let asked = sent.asked.clone();
        let is_clear = |peer: &Peer| self.is_clear(peer, &asked);
        let is_behind =
            |peer: &Peer| is_clear(peer) || pinged.is_some_and(|own| peer.pongs.contains(own));
        let patience = sent.link.patience();
        sent.link.wait(patience, is_behind)?;
        if is_clear(sent.link.peer()) {
            return Ok(());
        }
        talk::watched(sent.link.wait(sent.link.quiet(), is_clear))
    }

    /// Whether nothing more is to be waited for.
    fn is_clear(&self, peer: &Peer, asked: &[u32]) -> bool {
        let is_reset = peer.replies().any(|(_, reply)| reply.is_refused());
        let is_answered =
            || asked.iter().any(|stream| peer.reply(*stream).is_some_and(|reply| reply.is_whole));
        peer.goaway.is_some()
            || match self.error {
                Error::Connection | Error::Preface => false,
                Error::Stream => is_reset,
                Error::Request | Error::Content | Error::Asked => is_reset || is_answered(),
            }
    }

    fn verdict(&self, trial: &Trial<'_>, sent: &Sent, has_pong: bool) -> Judged {
        let peer = sent.link.peer();
        let reset = peer.replies().find_map(|(_, reply)| reply.reset.filter(|code| *code != 0));
        let is_of_connection = matches!(self.error, Error::Connection | Error::Preface);
        let is_refused = talk::is_over(&sent.link) || (reset.is_some() && !is_of_connection);
        let answers = || sent.asked.iter().filter_map(|stream| peer.reply(*stream));
        if let Some(reply) = answers().find(|reply| reply.is_whole)
            && !is_of_connection
            && !is_refused
        {
            return self.was_answered(trial, sent, reply.answer.status);
        }
        if is_refused {
            return self.reached_nobody(trial, sent);
        }
        // Without an error only what is left of a request is refused (RFC 9113 §8.1): the defect, too.
        let is_left = |own: &Reply| own.reset == Some(0);
        let is_early = |own: &Reply| own.is_whole || is_left(own);
        if sent.open.iter().any(|own| peer.reply(*own).is_some_and(is_early))
            || answers().any(is_left)
        {
            let why = "the server ends the stream before the defect comes";
            return Err(Lapse::Skipped(why.to_owned()));
        }
        if let Some(reset) = reset {
            let name = code(reset);
            return Err(Lapse::Failed(format!(
                "only the stream was reset, with {name}, and the connection went on"
            )));
        }
        if has_pong {
            return Err(Lapse::Failed(
                "it was not refused: a ping behind it was answered".to_owned(),
            ));
        }
        Err(Lapse::Silent("it was not refused, and nothing behind it was answered".to_owned()))
    }

    /// An answer came where a request is malformed.
    fn was_answered(&self, trial: &Trial<'_>, sent: &Sent, status: u16) -> Judged {
        let is_error = self.error == Error::Asked && status >= 400;
        let is_refused = REFUSALS.contains(&status);
        if is_error || (is_refused && self.error != Error::Stream) {
            return self.reached_nobody(trial, sent);
        }
        if self.error == Error::Content && !trial.has_probe() {
            let why = "the server answers before it reads, and only the probe reads to the end";
            return Err(Lapse::Skipped(why.to_owned()));
        }
        Err(Lapse::Failed(format!("it was taken, and answered by {status}")))
    }

    /// No app has seen a request that is malformed.
    fn reached_nobody(&self, trial: &Trial<'_>, sent: &Sent) -> Judged {
        if !matches!(self.error, Error::Request) || !trial.has_probe() {
            return Ok(());
        }
        let counted = trial.calls_of(&sent.nonce)?;
        demand(counted == 0, || format!("it was refused, but an app was called {counted} times"))
    }
}

/// Sends a row without a defect, and sees that all of it is taken.
fn taken(trial: &Trial<'_>, twin: Script) -> Judged {
    let mut sent = send(trial, twin)?;
    for stream in sent.asked.clone() {
        let answer = sent.link.answer(stream)?;
        trial.is_an_app_s(&answer)?;
    }
    if !sent.asked.is_empty() && trial.has_probe() {
        let counted = trial.calls_of(&sent.nonce)?;
        demand(counted > 0, || "it was answered, and no app was called".to_owned())?;
    }
    trial.goes_on(&mut sent.link)
}

/// Sends a row on a connection in its position; one that says its own preface has none.
fn send(trial: &Trial<'_>, script: Script) -> Result<Sent, Lapse> {
    let link = if script.is_whole() { trial.http2_silent()? } else { trial.http2()? };
    let nonce = trial.nonce();
    let target = trial.target_of("echo", &nonce);
    let shift = link.next_stream() - 1;
    let most = link.peer().longest_frame();
    let fill = Fill { shift, most, ..trial.fill(&target) };
    let mut sent = Sent { link, nonce, asked: Vec::new(), open: Vec::new() };
    if most > TOO_LONG && script.is_measured() {
        let why =
            format!("the server takes frames of {most} bytes, and a longer one is no small thing");
        return Err(Lapse::Skipped(why));
    }
    let Script::Steps(steps) = script else {
        let frame = script.head(&fill);
        sent.asked.push(frame.stream);
        sent.link.send(&frame);
        return Ok(sent);
    };
    for step in steps {
        match step {
            Step::Bytes(bytes) => sent.link.send_bytes(bytes),
            Step::Settled => talk::settle(&mut sent.link)?,
            step => {
                let Some(frame) = step.frame(&fill) else { continue };
                sent.note(&frame);
                sent.link.send(&frame);
            }
        }
    }
    Ok(sent)
}

impl Sent {
    /// Notes which streams have a whole request.
    fn note(&mut self, frame: &Frame) {
        let others = |streams: &mut Vec<u32>| streams.retain(|stream| *stream != frame.stream);
        match frame.kind {
            RST_STREAM => {
                others(&mut self.asked);
                others(&mut self.open);
            }
            HEADERS | DATA if frame.has(END_STREAM) => {
                others(&mut self.open);
                self.asked.push(frame.stream);
            }
            HEADERS => self.open.push(frame.stream),
            _ => {}
        }
    }
}

impl Script {
    /// Whether it says the preface, too.
    fn is_whole(self) -> bool {
        matches!(self, Self::Steps([Step::Bytes(_), ..]))
    }

    /// Whether a frame of it is as long as the server takes them.
    fn is_measured(self) -> bool {
        let steps = if let Self::Steps(steps) = self { steps } else { &[] };
        steps.iter().any(|step| matches!(step, Step::TooLong(..)))
    }

    /// The frame of a script of lines.
    fn head(self, fill: &Fill<'_>) -> Frame {
        let block = if let Self::Lines(lines) = self { fill.block(&lines) } else { Vec::new() };
        Frame::new(HEADERS, END_STREAM | END_HEADERS, 1 + fill.shift, block)
    }

    fn bytes(self) -> Vec<u8> {
        let fill = &Fill::NOTHING;
        match self {
            Self::Steps(steps) => steps.iter().flat_map(|step| step.bytes(fill)).collect(),
            Self::Lines(_) => self.head(fill).to_bytes(),
        }
    }
}

fn each_once(cases: &[(Script, Script)]) -> Vec<Script> {
    let mut twins: Vec<Script> = Vec::new();
    for (_, good) in cases {
        if !twins.iter().any(|own| own.bytes() == good.bytes()) {
            twins.push(*good);
        }
    }
    twins
}

/// A twin that is not taken blocks the check: a refusal of the bad frames then proves nothing.
fn blocked(lapse: Lapse, twin: Script, when: &str) -> Lapse {
    match lapse {
        Lapse::Failed(why) | Lapse::Silent(why) => Lapse::Blocked(format!(
            "the twin was not taken {when} the bad frames: {why}; sent was {twin}"
        )),
        lapse => lapse,
    }
}

/// What was sent, in a line.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = match self {
            Self::Steps(steps) => steps.iter().filter_map(shown).collect(),
            Self::Lines(lines) => lines.iter().copied().flatten().map(line).collect(),
        };
        f.write_str(&shown.join("; "))
    }
}

fn shown(step: &Step) -> Option<String> {
    if let Step::Bytes(bytes) = step {
        return Some(escaped(bytes));
    }
    Some(step.frame(&Fill::NOTHING)?.to_string())
}

fn line(line: &Line) -> String {
    match line {
        Line::Field(name, value) => escaped(format!("{name}: {value}").as_bytes()),
        Line::Raw(bytes) => escaped(bytes),
    }
}
