//! What becomes of frames.

use super::faults::Fault;
use super::frames::{Frame, written};

/// The state of a socket.
#[derive(Debug, Default)]
pub(super) struct Echo {
    message: Option<(u8, Vec<u8>)>,
    is_closed: bool,
}

/// What is done with a frame.
#[derive(Debug)]
pub(super) enum Done {
    /// These bytes are written, and it goes on.
    Say(Vec<u8>),
    /// These bytes are the last.
    Last(Vec<u8>),
    /// It broke a rule, that of the code.
    Broken(u16),
}

impl Echo {
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn take(&mut self, mut frame: Frame, fault: Option<Fault>) -> Done {
        let has = |own| fault == Some(own);
        match frame.opcode {
            8 => return self.close(&frame.payload, fault),
            9 => {
                if has(Fault::PingDrops) {
                    self.message = None;
                }
                if has(Fault::PongCut) {
                    frame.payload.truncate(100);
                }
                return Done::Say(written(10, &frame.payload, fault));
            }
            10 if has(Fault::PongsAnswered) => {
                return Done::Say(written(10, &frame.payload, fault));
            }
            0 if self.message.is_none() && has(Fault::PingDrops) => {
                return Done::Say(Vec::new());
            }
            0 if self.message.is_none() => {
                if !has(Fault::ContinuationTaken) {
                    return Done::Broken(1002);
                }
                self.message = Some((2, Vec::new()));
            }
            1 | 2 => {
                if self.message.is_some() && !has(Fault::WithinTaken) {
                    return Done::Broken(1002);
                }
                self.message = Some((frame.opcode, Vec::new()));
            }
            0 => {}
            _ => return Done::Say(Vec::new()),
        }
        self.data(&frame, fault)
    }

    /// A frame of a message.
    fn data(&mut self, frame: &Frame, fault: Option<Fault>) -> Done {
        let has = |own| fault == Some(own);
        let Some((opcode, whole)) = &mut self.message else { return Done::Broken(1002) };
        whole.extend(&frame.payload);
        let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok() || has(Fault::AnyText);
        if has(Fault::FramesAreTexts) && *opcode == 1 && !is_text(&frame.payload) {
            return Done::Broken(1007);
        }
        let is_cut = has(Fault::EmptyPartEnds) && frame.opcode == 0 && frame.payload.is_empty();
        if !frame.is_final && !is_cut {
            return Done::Say(Vec::new());
        }
        if *opcode == 1 && !is_text(whole) {
            return Done::Broken(if has(Fault::OneCode) { 1002 } else { 1007 });
        }
        match (*opcode, fault) {
            (1, Some(Fault::TextsCut)) => whole.truncate(65_535),
            (2, Some(Fault::BytesCut)) => whole.truncate(100_000),
            _ => {}
        }
        let answer = written(*opcode, whole, fault);
        self.message = None;
        Done::Say(answer)
    }

    fn close(&mut self, payload: &[u8], fault: Option<Fault>) -> Done {
        let has = |own| fault == Some(own);
        let code = match payload {
            [] => 1000,
            [a, b, reason @ ..] if std::str::from_utf8(reason).is_ok() => {
                u16::from_be_bytes([*a, *b])
            }
            _ if has(Fault::AnyClose) => 1000,
            _ => return Done::Broken(1002),
        };
        let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        if !may_be_sent && !has(Fault::AnyCode) {
            return Done::Broken(1002);
        }
        let code = if has(Fault::GoesAway) { 1001 } else { code };
        let answer = written(8, &code.to_be_bytes(), fault);
        if has(Fault::ReadsOn) {
            self.is_closed = true;
            return Done::Say(answer);
        }
        Done::Last(answer)
    }
}
