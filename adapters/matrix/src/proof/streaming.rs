//! Whether bodies pass while they are made.

use crate::client::{Answer, Outgoing, Request, Sending, Talk};
use crate::evidence::{Evidence, within};
use crate::pattern;
use crate::servers::Target;

/// How much of a body is sent first; too little for anybody to wait for a full buffer's sake.
const PART: u64 = 1_000;

/// What the app pushes where it never flushes: more than a server and the system should keep.
const MUCH: u64 = 4 << 20;

/// What goes both ways at once: more than all buffers on the way hold, in either direction.
const LONG: u64 = 32 << 20;

/// How often it has to go well: what loses its way, does so most times and not always.
const ROUNDS: u32 = 8;

/// The app reads the first part of a body before the client sends the second.
pub(super) async fn into_app(target: &Target, is_known: bool) -> Result<(), Evidence> {
    let page = target.page("streaming-in")?;
    let sending = if is_known { Sending::Length(2 * PART) } else { Sending::Unknown };
    let mut talk = target.open(&Request::post(page.target("count", ""), sending)).await?;
    talk.send(pattern::bytes(0, PART)).await?;
    tokio::select! {
        biased;
        noted = page.noted("read") => drop(noted?),
        answered = talk.answer.head_of(0) => {
            answered?;
        }
    }
    talk.send(pattern::bytes(PART, PART)).await?;
    talk.finish(&[]).await?;
    talk.answer.head_of(200).await?;
    same(&talk.answer.text(100).await?, &format!("{} right\n", 2 * PART))
}

/// Some of an answer comes before the app is done with it.
pub(super) async fn out_of_app(target: &Target) -> Result<(), Evidence> {
    let page = target.page("streaming-out")?;
    let request = Request::get(page.target("bytes", &format!("&n={MUCH}&hold=1")));
    let mut talk = target.open(&request).await?;
    talk.answer.head_of(200).await?;
    let first = talk.answer.at_least(1).await?;
    page.mark("release")?;
    if !pattern::is_right(0, &first) {
        return Err(other_bytes());
    }
    read(&mut talk.answer, pattern::length(&first), MUCH).await
}

/// Each flush reaches the client while the app waits for it to.
pub(super) async fn steps(target: &Target) -> Result<(), Evidence> {
    let page = target.page("steps")?;
    let mut talk = target.open(&Request::get(page.target("steps", "&n=3"))).await?;
    talk.answer.head_of(200).await?;
    for step in 1..=3 {
        let line = format!("step {step}\n");
        let seen = talk.answer.at_least(line.len()).await?;
        same(&String::from_utf8_lossy(&seen), &line)?;
        page.mark(&format!("saw-{step}"))?;
    }
    same(&talk.answer.text(100).await?, "")
}

/// The answer to a part of a body comes before the client sends the rest, and both go on: much is
/// sent while much comes back.
pub(super) async fn both_ways(target: &Target) -> Result<(), Evidence> {
    for _ in 0..ROUNDS {
        both_ways_once(target).await?;
    }
    Ok(())
}

async fn both_ways_once(target: &Target) -> Result<(), Evidence> {
    let page = target.page("both-ways")?;
    let length = Sending::Length(PART + LONG);
    let mut talk = target.open(&Request::post(page.target("echo", ""), length)).await?;
    talk.send(pattern::bytes(0, PART)).await?;
    talk.answer.head_of(200).await?;
    let seen = talk.answer.at_least(1_000).await?;
    if !pattern::is_right(0, &seen) {
        return Err(other_bytes());
    }
    let Talk { outgoing, answer, .. } = &mut talk;
    let sending = send(outgoing.as_mut(), PART, PART + LONG);
    let reading = read(answer, pattern::length(&seen), PART + LONG);
    let passed = tokio::try_join!(sending, reading);
    passed.map(drop).map_err(|evidence| evidence.at("while much goes both ways"))
}

/// Sends the bytes of the pattern from there to there, and the end.
pub(crate) async fn send(
    outgoing: &mut dyn Outgoing,
    mut from: u64,
    to: u64,
) -> Result<(), Evidence> {
    while from < to {
        let piece = pattern::piece(from, to - from);
        from += pattern::length(&piece);
        within("room for the request's bytes", outgoing.send(piece)).await??;
    }
    within("room for the request's end", outgoing.finish(&[])).await?
}

/// Reads the bytes of the pattern from there to there, where the answer has to end.
pub(crate) async fn read(answer: &mut Answer, mut from: u64, to: u64) -> Result<(), Evidence> {
    while let Some(data) = answer.data().await? {
        if !pattern::is_right(from, &data) {
            return Err(other_bytes());
        }
        from += pattern::length(&data);
    }
    if from == to {
        return Ok(());
    }
    Err(Evidence::new(format!("the answer ended after {from} bytes, not {to}")))
}

fn other_bytes() -> Evidence {
    Evidence::new("other bytes came than were sent")
}

/// What was seen has to be what was wanted.
pub(super) fn same(seen: &str, wanted: &str) -> Result<(), Evidence> {
    if seen == wanted {
        return Ok(());
    }
    Err(Evidence::new(format!("{seen:?} came, not {wanted:?}")))
}
