//! What a server of WebSockets must not take, and its twins (RFC 6455).

use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::websocket::{Event, Frame, KEYS, Socket, TEXT};
use crate::wire::{Answer, Asked, Missing, escaped};

/// A handshake that nobody has reason to refuse.
pub(crate) const HANDSHAKE: &str = "GET {websocket} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";

/// What is sent behind a violation: who echoes it has not ended the connection.
const BEHIND: &[u8] = b"what stands behind";

/// Messages that are passed over before the one that is waited for.
const MOST_EVENTS: usize = 16;

/// A part of a handshake, or frames, with a defect and without it.
#[derive(Clone, Copy)]
pub(crate) enum Violation {
    /// What stands before that part and behind it, and the part: with the defect, and repaired.
    Handshake {
        frame: (&'static [u8], &'static [u8]),
        pairs: &'static [(&'static [u8], &'static [u8])],
        wants: Wants,
    },
    /// Frames that are sent at once: with the defect, and repaired.
    Frames { pairs: &'static [Frames], twin: Then },
}

/// Rows of frames, with a defect and without.
pub(crate) type Frames = (&'static [Frame<'static>], &'static [Frame<'static>]);

/// How a handshake is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// The protocol stays HTTP, whatever is answered.
    NoSwitch,
    /// By a 4xx.
    Refusal,
    /// By a 4xx, with the version that the server speaks.
    Version,
}

/// What follows on frames without a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The connection goes on.
    GoesOn,
    /// The server closes, too.
    Closes,
}

impl Violation {
    /// Every twin is taken, every violation ends or refuses the connection, and every twin is taken
    /// again.
    pub(crate) fn judge(&self, trial: &Trial<'_>) -> Judged {
        self.twins_are_taken(trial, "before")?;
        match self {
            Self::Handshake { frame, pairs, wants } => {
                for (bad, _) in *pairs {
                    let template = [frame.0, bad, frame.1].concat();
                    is_refused(trial, &template, *wants).map_err(|lapse| {
                        lapse.explained(|why| format!("{why}; sent was {}", escaped(&template)))
                    })?;
                }
            }
            Self::Frames { pairs, twin } => {
                for (number, (bad, _)) in pairs.iter().enumerate() {
                    ends(trial, bad, *twin).map_err(|lapse| {
                        lapse.explained(|why| format!("{why} (case {})", number + 1))
                    })?;
                }
            }
        }
        self.twins_are_taken(trial, "after")
    }

    /// The bytes of the twins, or templates of them, each once.
    pub(crate) fn twins(&self) -> Vec<Vec<u8>> {
        let mut twins: Vec<_> = self.messages().into_iter().map(|(_, good)| good).collect();
        twins.sort();
        twins.dedup();
        twins
    }

    /// The bytes, bad and repaired, or templates of them.
    pub(crate) fn messages(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let bytes = |frames: &[Frame<'_>]| frames.iter().flat_map(Frame::encode).collect();
        match self {
            Self::Handshake { frame, pairs, .. } => {
                let whole = |part: &[u8]| [frame.0, part, frame.1].concat();
                pairs.iter().map(|(bad, good)| (whole(bad), whole(good))).collect()
            }
            Self::Frames { pairs, .. } => {
                pairs.iter().map(|(bad, good)| (bytes(bad), bytes(good))).collect()
            }
        }
    }

    fn twins_are_taken(&self, trial: &Trial<'_>, when: &str) -> Judged {
        let blocked = |lapse| match lapse {
            Lapse::Failed(why) | Lapse::Silent(why) => {
                Lapse::Blocked(format!("the twin was not taken {when} the violations: {why}"))
            }
            lapse => lapse,
        };
        match self {
            Self::Handshake { .. } => {
                for twin in self.twins() {
                    switched(trial, &twin).and_then(|mut s| goes_on(&mut s)).map_err(blocked)?;
                }
            }
            Self::Frames { pairs, twin } => {
                for (_, good) in *pairs {
                    is_taken(trial, good, *twin).map_err(blocked)?;
                }
            }
        }
        Ok(())
    }
}

/// Opens a socket by the usual handshake.
pub(crate) fn opened(trial: &Trial<'_>) -> Result<Socket, Lapse> {
    let [(key, _), _] = KEYS;
    switched(trial, format!("{HANDSHAKE}{key}\r\n\r\n").as_bytes())
}

/// Sends a handshake, which must be taken.
pub(crate) fn switched(trial: &Trial<'_>, template: &[u8]) -> Result<Socket, Lapse> {
    let mut link = trial.connect()?;
    link.send(trial.message(template).bytes);
    let answer = link.answer(Asked::Whole).map_err(Lapse::about("the handshake"))?;
    let status = answer.status;
    demand(status == 101, || format!("the handshake was answered by {status}"))?;
    Ok(Socket::new(link))
}

/// Sees that a text comes back, whatever comes before.
pub(crate) fn goes_on(socket: &mut Socket) -> Judged {
    socket.send(&[Frame::text(BEHIND)]);
    comes_back(socket)
}

fn comes_back(socket: &mut Socket) -> Judged {
    for _ in 0..MOST_EVENTS {
        match socket.event()? {
            Event::Message(TEXT, data) if data == BEHIND => return Ok(()),
            Event::Message(..) | Event::Pong(_) => {}
            Event::Close(code) => {
                return Err(Lapse::Failed(format!("the server closed, {code:?}")));
            }
            Event::End => return Err(Lapse::Failed("the connection ended".to_owned())),
        }
    }
    Err(Lapse::Failed("more came back than was sent".to_owned()))
}

fn is_taken(trial: &Trial<'_>, frames: &[Frame<'_>], then: Then) -> Judged {
    let mut socket = opened(trial)?;
    let behind = [Frame::text(BEHIND)];
    socket.send(&[frames, &behind].concat());
    if then == Then::GoesOn {
        return comes_back(&mut socket);
    }
    match socket.event()? {
        Event::Close(None | Some(1000 | 1001)) => Ok(()),
        event => Err(Lapse::Failed(format!("the close was answered by {event:?}"))),
    }
}

/// Sends frames that break a rule, and sees that the server ends the connection, with a word or without.
fn ends(trial: &Trial<'_>, frames: &[Frame<'_>], then: Then) -> Judged {
    let mut socket = opened(trial)?;
    let behind = [Frame::text(BEHIND)];
    socket.send(&[frames, &behind].concat());
    for _ in 0..MOST_EVENTS {
        let quiet = socket.link().quiet();
        let mut event = socket.event_within(quiet);
        if matches!(event, Err(Missing::Silent(_))) {
            // Only a server that has meanwhile answered somebody else is silent about this.
            trial.others_are_answered()?;
            event = socket.event();
        }
        match event {
            Ok(Event::Close(None | Some(1000))) if then == Then::Closes => {
                return Err(Lapse::Failed("it was taken for a close like any other".to_owned()));
            }
            Ok(Event::Close(_) | Event::End) => return Ok(()),
            Ok(Event::Message(TEXT, data)) if data == BEHIND => {
                return Err(Lapse::Failed("the connection went on".to_owned()));
            }
            Ok(_) => {}
            Err(Missing::Silent(_)) => {
                let why = "the connection neither ended nor went on";
                return Err(Lapse::Silent(why.to_owned()));
            }
            Err(missing) => return Err(missing.into()),
        }
    }
    Err(Lapse::Failed("more came back than was sent".to_owned()))
}

fn is_refused(trial: &Trial<'_>, template: &[u8], wants: Wants) -> Judged {
    let mut link = trial.connect()?;
    link.send(trial.message(template).bytes);
    let answer = match link.answer(Asked::Whole) {
        Err(Missing::Ended(_)) => return Ok(()),
        answer => answer?,
    };
    let status = answer.status;
    demand(status != 101, || "the protocol was switched".to_owned())?;
    demand(wants == Wants::NoSwitch || (400..500).contains(&status), || {
        format!("it was answered by {status}")
    })?;
    demand(wants != Wants::Version || says_version(&answer), || {
        format!("the answer, {status}, does not say by Sec-WebSocket-Version that it is 13")
    })
}

fn says_version(answer: &Answer) -> bool {
    let values: Vec<String> = answer.values("sec-websocket-version").collect();
    values.iter().flat_map(|value| value.split(',')).any(|version| version.trim() == "13")
}
