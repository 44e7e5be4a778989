//! Whether an app hears of a client that went away.

use std::time::Duration;

use crate::client::{Request, Sending};
use crate::evidence::Evidence;
use crate::ledger::now;
use crate::servers::Target;

/// How soon an app has to hear of it.
const SOON: Duration = Duration::from_secs(1);

/// How often it is tried: a machine that has much else to do may be late, a server that looks only
/// now and then is late each time.
const TRIES: u32 = 3;

/// How often the cell has to be proven: some web servers tell of one client and not of the next.
const ROUNDS: u32 = 6;

/// When a client goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It has sent all, and has seen nothing.
    BeforeTheAnswer,
    /// It has seen the beginning of the answer.
    AfterItsStart,
    /// It has not sent all.
    AmidTheBody,
}

impl Moment {
    pub(crate) const ALL: [Self; 3] =
        [Self::BeforeTheAnswer, Self::AfterItsStart, Self::AmidTheBody];
}

/// The cell: the client has sent all and resets the connection while the app waits.
pub(super) async fn reset_while_waiting(target: &Target) -> Result<(), Evidence> {
    for _ in 0..ROUNDS {
        reset(target, Moment::BeforeTheAnswer).await?;
    }
    Ok(())
}

/// The token fires soon after a reset at that moment.
pub(crate) async fn reset(target: &Target, moment: Moment) -> Result<(), Evidence> {
    let mut took = Duration::ZERO;
    for _ in 0..TRIES {
        took = time_to_fire(target, moment).await?;
        if took <= SOON {
            return Ok(());
        }
    }
    Err(Evidence::new(format!(
        "the token fired after {took:?}, in {TRIES} tries never sooner than {SOON:?}"
    )))
}

/// How long after a reset at that moment the token fires.
async fn time_to_fire(target: &Target, moment: Moment) -> Result<Duration, Evidence> {
    let page = target.page("wait")?;
    let request = match moment {
        Moment::BeforeTheAnswer => Request::get(page.target("wait", "")),
        Moment::AfterItsStart => Request::get(page.target("wait", "&started=1")),
        Moment::AmidTheBody => Request::post(page.target("wait", ""), Sending::Length(2_000)),
    };
    let mut talk = target.open(&request).await?;
    match moment {
        Moment::BeforeTheAnswer => drop(page.noted("waiting").await?),
        Moment::AfterItsStart => {
            talk.answer.head_of(200).await?;
            drop(talk.answer.at_least(1).await?);
            drop(page.noted("waiting").await?);
        }
        Moment::AmidTheBody => {
            talk.send(vec![b'a'; 1_000]).await?;
            drop(page.noted("waiting").await?);
        }
    }
    let gone = now();
    talk.reset()?;
    let fired = page.noted("fired").await;
    page.mark("release")?; // or its thread would go on looking
    Ok(Duration::from_millis(fired?.at().saturating_sub(gone)))
}
