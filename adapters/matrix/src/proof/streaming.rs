//! Whether bodies pass while they are made.

use owin_core::bytes::Bytes;

use crate::client::{Request, Sending, Talk};
use crate::evidence::Evidence;
use crate::pattern;
use crate::servers::Target;

/// How much of a body is sent first; too little for anybody to wait for a full buffer's sake.
const PART: u64 = 1_000;

/// What the app pushes where it never flushes: more than a server and the system should keep.
const MUCH: u64 = 4 << 20;

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
    let mut at = pattern::length(&first);
    let mut is_right = pattern::is_right(0, &first);
    while let Some(data) = talk.answer.data().await? {
        is_right &= pattern::is_right(at, &data);
        at += pattern::length(&data);
    }
    if is_right { same(&at.to_string(), &MUCH.to_string()) } else { Err(other_bytes()) }
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

/// The answer to a part of a body comes before the client sends the rest.
pub(super) async fn both_ways(target: &Target) -> Result<(), Evidence> {
    let page = target.page("both-ways")?;
    let request = Request::post(page.target("echo", ""), Sending::Length(2 * PART));
    let mut talk = target.open(&request).await?;
    send_and_see(&mut talk, 0, true).await?;
    send_and_see(&mut talk, PART, false).await?;
    same(&talk.answer.text(100).await?, "")
}

async fn send_and_see(talk: &mut Talk, from: u64, is_first: bool) -> Result<(), Evidence> {
    let part = Bytes::from(pattern::bytes(from, PART));
    talk.send(part.clone()).await?;
    if is_first {
        talk.answer.head_of(200).await?;
    }
    let seen = talk.answer.at_least(part.len()).await?;
    if seen == part { Ok(()) } else { Err(other_bytes()) }
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
