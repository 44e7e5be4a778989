//! Messages that a server must not take, and their twins, which it must.

use std::time::Duration;

use crate::judge::accepted::{self, Taken};
use crate::judge::{Judged, Lapse, Message, Trial, demand};
use crate::wire::{Answer, Asked, Link, Missing, escaped};

/// A server whose twin takes longer is too slow to tell silence from work.
const SLOW: Duration = Duration::from_millis(400);

/// Messages that differ in one part from their twins: the part has a defect, or it is repaired.
#[derive(Clone, Copy)]
pub(crate) struct Refusal {
    /// What stands before that part, and behind it.
    pub(crate) frame: (&'static [u8], &'static [u8]),
    /// The part with the defect, and repaired.
    pub(crate) pairs: &'static [(&'static [u8], &'static [u8])],
    pub(crate) defect_in: Where,
    /// What else a server may do with it.
    pub(crate) or: Or,
}

/// What the defect leaves in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// What a line of the head says; where the message ends is known.
    Head,
    /// Where the message ends: nothing that follows may be taken for a request.
    Framing,
    /// The same, but an app may have been called before the defect came.
    Body,
}

/// What a server may do instead of refusing a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Or {
    Nothing,
    /// Take it, and end the connection after the answer.
    Ends,
    /// Wait for more bytes.
    Waits,
    /// Send the client elsewhere by a 301, as to the target in its right form.
    Moves,
    /// Say by a 405 that the method is none of those that are allowed, and call no app.
    Denies,
    /// Take it, and show the app this field with this value, blanks and tabs in a row counted as one
    /// blank; `None`: no such field.
    Shows(&'static str, Option<&'static str>),
}

impl Refusal {
    /// Every twin is taken, every bad message is refused, and every twin is taken again.
    pub(crate) fn judge(&self, trial: &Trial<'_>) -> Judged {
        let twins = self.twins();
        let mut before = Taken { keeps: true, took: Duration::ZERO };
        for twin in &twins {
            let taken = accepted::taken(trial, twin).map_err(|l| blocked(l, twin, "before"))?;
            before.keeps &= taken.keeps;
            before.took = before.took.max(taken.took);
        }
        let (mut is_proven, mut skipped) = (false, Ok(()));
        for (bad, _) in self.pairs {
            match self.refuses(trial, &self.whole(bad), before) {
                Ok(()) => is_proven = true,
                Err(Lapse::Skipped(why)) => skipped = Err(Lapse::Skipped(why)),
                Err(lapse) => return Err(lapse),
            }
        }
        for twin in &twins {
            let _taken = accepted::taken(trial, twin).map_err(|l| blocked(l, twin, "after"))?;
        }
        if is_proven { Ok(()) } else { skipped }
    }

    /// The bytes of every message, bad and repaired, as templates.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        self.pairs.iter().map(|(bad, good)| (self.whole(bad), self.whole(good)))
    }

    fn whole(&self, part: &[u8]) -> Vec<u8> {
        [self.frame.0, part, self.frame.1].concat()
    }

    /// The twins, each once.
    pub(crate) fn twins(&self) -> Vec<Vec<u8>> {
        let mut twins: Vec<_> = self.messages().map(|(_, good)| good).collect();
        twins.sort();
        twins.dedup();
        twins
    }

    fn refuses(&self, trial: &Trial<'_>, bad: &[u8], twin: Taken) -> Judged {
        let message = trial.message(bad);
        let mut link = trial.connect()?;
        link.send(&message.bytes);
        let mut answer = link.answer_within(Asked::Whole, link.quiet());
        if matches!(answer, Err(Missing::Silent(_))) {
            // Only a server that has meanwhile answered somebody else is silent about this.
            trial.others_are_answered()?;
            answer = link.answer_within(Asked::Whole, link.quiet());
        }
        let judged = match answer {
            Err(Missing::Ended(_)) => self.reached_nobody(trial, &message),
            Err(Missing::Silent(_)) => self.waited(trial, &mut link, twin),
            Err(missing) => Err(missing.into()),
            Ok(answer) if answer.status == 408 => self.waited(trial, &mut link, twin),
            Ok(answer) if accepted::is_refusal(&answer) => {
                self.ends(trial, &mut link).and_then(|()| self.reached_nobody(trial, &message))
            }
            // A size that is too large for the server is none that has wrapped to a small one.
            Ok(answer) if answer.status >= 500 && self.or == Or::Waits => {
                self.ends(trial, &mut link)
            }
            Ok(answer) if answer.status >= 500 => Err(Lapse::Failed(format!(
                "it was answered by {}, as if the server were at fault",
                answer.status
            ))),
            Ok(answer) if answer.status == 405 && self.or == Or::Denies => {
                self.reached_nobody(trial, &message)
            }
            Ok(answer) => self.was_taken(trial, &mut link, &answer, twin),
        };
        judged.map_err(|lapse| lapse.explained(|why| format!("{why}; sent was {}", escaped(bad))))
    }

    /// No app has seen a message whose head has the defect.
    fn reached_nobody(&self, trial: &Trial<'_>, message: &Message) -> Judged {
        if self.defect_in == Where::Body {
            return Ok(());
        }
        let explain = |why| format!("it was refused, but before that {why}");
        trial.was_called(message, 0).map_err(|lapse| lapse.explained(explain))
    }

    /// Where nobody knows where the message ends, the connection ends after the answer.
    fn ends(&self, trial: &Trial<'_>, link: &mut Link) -> Judged {
        if self.defect_in == Where::Head {
            return Ok(());
        }
        link.send(&trial.plain().bytes);
        match link.answer(Asked::Whole) {
            Err(Missing::Ended(_)) => Ok(()),
            Ok(answer) => Err(Lapse::Failed(format!(
                "what followed was taken for a request, and answered by {}",
                answer.status
            ))),
            Err(Missing::Silent(_)) => {
                let why = "after the answer the connection neither ended nor went on";
                Err(Lapse::Inconclusive(why.to_owned()))
            }
            Err(missing) => Err(missing.into()),
        }
    }

    /// A server that waits for more took the message for unfinished: it has not seen the defect.
    fn waited(&self, trial: &Trial<'_>, link: &mut Link, twin: Taken) -> Judged {
        link.half_close();
        let is_taken = match link.answer(Asked::Whole) {
            Ok(answer) => answer.status < 400,
            Err(Missing::OutOfTime) => return Err(Missing::OutOfTime.into()),
            Err(_) => false,
        };
        if twin.took > SLOW {
            let why = "the server is so slow that silence says nothing";
            return Err(Lapse::Inconclusive(why.to_owned()));
        }
        if self.or == Or::Waits {
            // An app that is not the probe may have been told that the body broke off, and not care.
            let is_bad = is_taken && trial.has_probe();
            return demand(!is_bad, || "it was taken when nothing more came".to_owned());
        }
        Err(Lapse::Silent("it was not refused: the server waited for more of it".to_owned()))
    }

    /// The message was taken; a few may be.
    fn was_taken(
        &self,
        trial: &Trial<'_>,
        link: &mut Link,
        answer: &Answer,
        twin: Taken,
    ) -> Judged {
        let taken = || format!("it was taken, and answered by {}", answer.status);
        match self.or {
            Or::Moves if answer.status == 301 => Ok(()),
            Or::Shows(name, value) if trial.has_probe() => shows(answer, name, value),
            Or::Shows(..) => {
                let why = "the server takes it, and only the probe can see what it makes of it";
                Err(Lapse::Skipped(why.to_owned()))
            }
            Or::Nothing | Or::Waits | Or::Moves | Or::Denies
                if trial.has_probe() || self.defect_in != Where::Body =>
            {
                Err(Lapse::Failed(taken()))
            }
            _ if !twin.keeps => {
                let why = "the server ends the connection after the twin, too";
                Err(Lapse::Skipped(why.to_owned()))
            }
            _ => self
                .ends(trial, link)
                .map_err(|lapse| lapse.explained(|why| format!("{}; {why}", taken()))),
        }
    }
}

/// What the app saw of a field is what is allowed.
fn shows(answer: &Answer, name: &str, wanted: Option<&str>) -> Judged {
    let seen: serde_json::Value = serde_json::from_slice(&answer.body)
        .map_err(|error| Lapse::Failed(format!("the echo is no JSON: {error}")))?;
    let lines = seen.get("headers").and_then(|lines| lines.as_array()).into_iter().flatten();
    let mut values = lines.filter_map(|line| {
        let own = line.get(0)?.as_str()?;
        own.eq_ignore_ascii_case(name).then(|| line.get(1)?.as_str()).flatten()
    });
    let value = values.next().map(|value| {
        let words: Vec<&str> = value.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        words.join(" ")
    });
    let shown = |value: Option<&str>| match value {
        Some(value) => format!("{name} as {value:?}"),
        None => format!("no {name}"),
    };
    demand(value.as_deref() == wanted, || {
        let (seen, wanted) = (shown(value.as_deref()), shown(wanted));
        format!("it was taken, and the app saw {seen} instead of {wanted}")
    })
}

/// A twin that is not taken blocks the check: a refusal of the bad message then proves nothing.
pub(super) fn blocked(lapse: Lapse, twin: &[u8], when: &str) -> Lapse {
    match lapse {
        Lapse::Failed(why) | Lapse::Silent(why) => Lapse::Blocked(format!(
            "the twin was not taken {when} the bad messages: {why}; sent was {}",
            escaped(twin)
        )),
        lapse => lapse,
    }
}
