//! Many connections at once.

use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::Link;

/// Requests of other clients that must be answered meanwhile.
const OTHERS: usize = 3;

/// Opens so many connections, sends the bytes on each, and sees that others are answered while they
/// are open; then ends them with resets.
pub(super) fn holds_up_nobody(trial: &Trial<'_>, count: usize, template: &[u8]) -> Judged {
    are_answered(trial).map_err(|lapse| match lapse {
        Lapse::Failed(why) | Lapse::Silent(why) => {
            Lapse::Blocked(format!("before there was a crowd: {why}"))
        }
        lapse => lapse,
    })?;
    let crowd = gathered(trial, count, template)?;
    let judged = are_answered_beside(trial, &crowd);
    crowd.into_iter().for_each(Link::reset);
    judged
}

/// Sees that plain requests are answered while a crowd is connected, without which they were.
pub(super) fn are_answered_beside(trial: &Trial<'_>, crowd: &[Link]) -> Judged {
    let beside = |why| format!("while {} others were connected: {why}", crowd.len());
    are_answered(trial).map_err(|lapse| match lapse {
        Lapse::Blocked(why) => Lapse::Silent(beside(why)),
        lapse => lapse.explained(beside),
    })
}

/// Opens connections and sends the bytes on each. A server may take fewer; whoever takes none has no
/// crowd.
pub(super) fn gathered(
    trial: &Trial<'_>,
    count: usize,
    template: &[u8],
) -> Result<Vec<Link>, Lapse> {
    crate::run::room_for(count);
    let mut crowd = Vec::with_capacity(count);
    for _ in 0..count {
        match trial.connect() {
            Ok(mut link) => {
                link.send(&trial.message(template).bytes);
                crowd.push(link);
            }
            Err(Lapse::Blocked(_)) if !crowd.is_empty() => break,
            Err(lapse) => return Err(lapse),
        }
    }
    Ok(crowd)
}

/// Sees that plain requests are answered, and not because there is no room.
pub(super) fn are_answered(trial: &Trial<'_>) -> Judged {
    for _ in 0..OTHERS {
        let answer = trial.ask("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
        demand(answer.status < 500, || {
            format!("another client was answered by {}", answer.status)
        })?;
    }
    Ok(())
}
