//! What every server has to show: no cell says it, a test asserts it.

use std::time::Duration;

use serde_json::Value;

use crate::client::{Answer, Request, Sending, Talk};
use crate::evidence::Evidence;
use crate::ledger::Page;
use crate::pattern;
use crate::proof::{Column, Moment, Verdict, facts, read, reset, send};
use crate::servers::Target;

/// By how much the memory of the process may grow while a stream passes, whatever its length.
pub const GROWTH_BYTES: u64 = 64 << 20;

/// How much may be under way where nobody takes it: the buffers of the system on both sides (at
/// most 4 and 6 MiB of a TCP socket of Linux), those of the server, and of one in front of it.
pub const HELD_BYTES: u64 = 32 << 20;

/// What a stream has where it must be held back: twice as much as may be under way.
const STREAM_BYTES: u64 = 2 * HELD_BYTES;

/// How long nothing may pass before it counts as held.
const STILL: Duration = Duration::from_millis(500);

/// Which way a stream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// From the client to the app.
    In,
    /// From the app to the client.
    Out,
    /// Both at once: what the client sends comes back.
    Both,
}

/// A stream of so many bytes passes whole, and the memory of the app's process stays flat; says by
/// how many bytes it has grown at most.
///
/// # Errors
///
/// What went wrong.
pub async fn stream(target: &Target, way: Way, bytes: u64) -> Result<u64, Evidence> {
    let page = target.page("stream")?;
    let passed = match way {
        Way::In => into_app(target, &page, bytes).await,
        Way::Out => out_of_app(target, &page, bytes).await,
        Way::Both => echo(target, &page, bytes).await,
    };
    passed.map_err(|evidence| evidence.at(&format!("{way:?}")))?;
    page.noted("ended").await?;
    let growth = growth(&page)?;
    if growth > GROWTH_BYTES {
        let said = format!("{way:?}: the process has grown by {growth} bytes");
        return Err(Evidence::new(said));
    }
    Ok(growth)
}

/// A reader that does not read holds back who writes: the client where the app does not read, the
/// app where the client does not; says how many bytes were under way. Then all of it passes.
///
/// # Errors
///
/// What went wrong.
pub async fn back_pressure(target: &Target, way: Way) -> Result<u64, Evidence> {
    let held = match way {
        Way::In => held_in(target).await,
        Way::Out | Way::Both => held_out(target).await,
    };
    let held = held.map_err(|evidence| evidence.at(&format!("{way:?}")))?;
    if held > HELD_BYTES {
        return Err(Evidence::new(format!("{way:?}: {held} bytes passed while nobody read")));
    }
    Ok(held)
}

/// A client that goes away is noticed within a second, at whatever moment.
///
/// # Errors
///
/// At which it was not.
pub async fn disconnects(target: &Target) -> Result<(), Evidence> {
    for moment in Moment::ALL {
        reset(target, moment).await.map_err(|evidence| evidence.at(&format!("{moment:?}")))?;
    }
    Ok(())
}

/// The capabilities announce an extension where the proof of it succeeds, and only there.
///
/// # Errors
///
/// Which they announce wrongly.
pub async fn announcements(target: &Target) -> Result<(), Evidence> {
    let told = facts(target).await?;
    let said = told.get("capabilities").and_then(Value::as_array).cloned().unwrap_or_default();
    for (key, column) in [
        ("opaque.Version", Column::Upgrade),
        ("websocket.Version", Column::WebSocket),
        ("sendfile.Version", Column::SendFile),
    ] {
        let is_announced = said.iter().any(|name| name == key);
        if is_announced != (column.prove(target).await == Verdict::Proven) {
            let said = if is_announced { "announced and missing" } else { "there, unannounced" };
            return Err(Evidence::new(format!("{key}: {} is {said}", column.title())));
        }
    }
    Ok(())
}

async fn into_app(target: &Target, page: &Page, bytes: u64) -> Result<(), Evidence> {
    let request = Request::post(page.target("count", ""), Sending::Length(bytes));
    let mut talk = target.open(&request).await?;
    send(talk.outgoing.as_mut(), 0, bytes).await?;
    counted(&mut talk.answer, bytes).await
}

/// The app's own count has to be right.
async fn counted(answer: &mut Answer, bytes: u64) -> Result<(), Evidence> {
    answer.head_of(200).await?;
    let said = answer.text(100).await?;
    if said == format!("{bytes} right\n") {
        return Ok(());
    }
    Err(Evidence::new(format!("of {bytes} bytes the app says {said:?}")))
}

async fn out_of_app(target: &Target, page: &Page, bytes: u64) -> Result<(), Evidence> {
    let request = Request::get(page.target("bytes", &format!("&n={bytes}")));
    let mut talk = target.open(&request).await?;
    talk.answer.head_of(200).await?;
    read(&mut talk.answer, 0, bytes).await
}

async fn echo(target: &Target, page: &Page, bytes: u64) -> Result<(), Evidence> {
    let request = Request::post(page.target("echo", ""), Sending::Length(bytes));
    let mut talk = target.open(&request).await?;
    let Talk { outgoing, answer, .. } = &mut talk;
    let reading = async {
        answer.head_of(200).await?;
        read(answer, 0, bytes).await
    };
    tokio::try_join!(send(outgoing.as_mut(), 0, bytes), reading).map(drop)
}

/// By how much the peak of the process is above what it had at first.
fn growth(page: &Page) -> Result<u64, Evidence> {
    let lines = page.lines()?;
    let mut figures = lines.iter().filter_map(|line| line.values("memory"));
    let first = figures.next().and_then(|both| both.split(' ').next()?.parse::<u64>().ok());
    let peak = figures.next_back().and_then(|both| both.split(' ').nth(1)?.parse::<u64>().ok());
    match (first, peak) {
        (Some(first), Some(peak)) => Ok(peak.saturating_sub(first)),
        _ => Err(Evidence::new("the app noted no memory: the system has no /proc")),
    }
}

async fn held_in(target: &Target) -> Result<u64, Evidence> {
    let page = target.page("held-in")?;
    let sending = Sending::Length(STREAM_BYTES);
    let mut talk = target.open(&Request::post(page.target("count", "&hold=1"), sending)).await?;
    page.noted("holding").await?;
    let (mut sent, mut held) = (0, None);
    while sent < STREAM_BYTES {
        let piece = pattern::piece(sent, STREAM_BYTES - sent);
        sent += pattern::length(&piece);
        if let Ok(taken) = tokio::time::timeout(STILL, talk.outgoing.send(piece)).await {
            taken?;
        } else if held.is_none() {
            held = Some(sent);
            page.mark("release")?;
            talk.send("").await?; // the rest of that piece
        }
    }
    page.mark("release")?;
    talk.finish(&[]).await?;
    counted(&mut talk.answer, STREAM_BYTES).await?;
    Ok(held.unwrap_or(sent))
}

async fn held_out(target: &Target) -> Result<u64, Evidence> {
    let page = target.page("held-out")?;
    let request = Request::get(page.target("bytes", &format!("&n={STREAM_BYTES}")));
    let mut talk = target.open(&request).await?;
    page.noted("wrote").await?;
    let mut wrote = written(&page)?;
    loop {
        tokio::time::sleep(STILL).await;
        let now = written(&page)?;
        if now == wrote {
            break;
        }
        wrote = now;
    }
    talk.answer.head_of(200).await?;
    read(&mut talk.answer, 0, STREAM_BYTES).await?;
    Ok(wrote)
}

fn written(page: &Page) -> Result<u64, Evidence> {
    Ok(page.lines()?.iter().filter_map(|line| line.number("wrote")).next_back().unwrap_or(0))
}
