//! Whether an app can take a connection over.

use owin_core::bytes::Bytes;

use crate::client::{Request, Sending, websocket as socket};
use crate::evidence::Evidence;
use crate::servers::{Protocol, Target};

/// Every byte value goes both ways, and the end too.
pub(super) async fn opaque(target: &Target) -> Result<(), Evidence> {
    let page = target.page("upgrade")?;
    let request = Request { sending: Sending::Raw, ..Request::get(page.target("upgrade", "")) };
    let mut talk = target.open(&request.with("upgrade", "probe")).await?;
    let head = talk.answer.head_of(target.status_of_upgrade()).await?;
    if target.protocol == Protocol::Http1 && head.field("upgrade") != Some("probe") {
        return Err(Evidence::new("the 101 does not say Upgrade: probe"));
    }
    let all: Vec<u8> = (0..=255).collect();
    for part in [Bytes::from(all), Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")] {
        talk.send(part.clone()).await?;
        if talk.answer.at_least(part.len()).await? != part {
            return Err(Evidence::new("other bytes came back"));
        }
    }
    talk.finish(&[]).await?;
    if talk.answer.data().await?.is_some() {
        return Err(Evidence::new("more bytes came back than were sent"));
    }
    page.noted("ended").await.map(drop)
}

/// A handshake, a text, a close.
pub(super) async fn websocket(target: &Target) -> Result<(), Evidence> {
    let page = target.page("websocket")?;
    let mut talk = target.open(&socket::handshake(page.target("websocket", ""))).await?;
    let head = talk.answer.head_of(target.status_of_upgrade()).await?;
    if target.protocol == Protocol::Http1 {
        socket::check(&head)?;
    }
    socket::echo(&mut talk, "probe: für jeden").await?;
    page.noted("message").await.map(drop)
}
