//! Whether a server takes a message that has no defect.

use std::time::Duration;

use crate::clock;
use crate::judge::{Judged, Lapse, Trial, demand, refusal};
use crate::wire::{Answer, Asked};

/// The statuses by which a server refuses a message as such: for its form, its length or its
/// version, and not for what it asks.
pub(super) const REFUSALS: [u16; 10] = [400, 411, 413, 414, 417, 421, 426, 431, 501, 505];

/// How a message without a defect was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// Whether the connection was kept for another request.
    pub(super) keeps: bool,
    pub(super) took: Duration,
}

/// Whether a server says that it does not take the message.
pub(crate) fn is_refusal(answer: &Answer) -> bool {
    REFUSALS.contains(&answer.status)
}

/// Sends a message and sees that it is taken: a final answer that is no refusal, an app that was
/// called, and a connection that is ended or takes another request.
pub(super) fn taken(trial: &Trial<'_>, template: &[u8]) -> Result<Taken, Lapse> {
    let message = trial.message(template);
    let mut link = trial.connect()?;
    let start = clock::now();
    link.send(&message.bytes);
    let answer = link.answer(Asked::Whole)?;
    let took = start.elapsed();
    is_an_app_s(trial, &answer)?;
    trial.reached_an_app(&message)?;
    let keeps = !answer.closes();
    if keeps {
        link.send(&trial.plain().bytes);
        let next = link.answer(Asked::Whole).map_err(Lapse::about("the next request"))?;
        demand(!is_refusal(&next), || format!("the next request was refused by {}", next.status))?;
    }
    Ok(Taken { keeps, took })
}

/// Sees that a message without a defect is taken; where it is not, nothing is proven by what becomes
/// of others.
pub(crate) fn twin_is_taken(trial: &Trial<'_>, template: &[u8]) -> Judged {
    let taken = taken(trial, template);
    taken.map(drop).map_err(|lapse| refusal::blocked(lapse, template, "before"))
}

/// The answer comes from an app: no refusal, no failure, and with the probe its 200.
fn is_an_app_s(trial: &Trial<'_>, answer: &Answer) -> Judged {
    let is_app_s = answer.status < 500 && !is_refusal(answer) && answer.status != 408;
    demand(is_app_s && (answer.status == 200 || !trial.has_probe()), || {
        format!("it was answered by {}", answer.status)
    })
}
