//! Whether fields that follow a body arrive.

use crate::client::{Request, Sending};
use crate::evidence::Evidence;
use crate::servers::Target;

/// A trailer field of the request is in the environment.
pub(super) async fn into_app(target: &Target) -> Result<(), Evidence> {
    let page = target.page("trailers-in")?;
    let request = Request::post(page.target("trailers", ""), Sending::Unknown);
    let mut talk = target.open(&request.with("trailer", "probe-sum")).await?;
    talk.send("a body").await?;
    talk.finish(&[("probe-sum", "seven")]).await?;
    talk.answer.head_of(200).await.map_err(|evidence| evidence.at("no 200"))?;
    page.noted("ended").await?;
    let lines = page.lines()?;
    if lines.iter().any(|line| line.values("trailer") == Some("probe-sum: seven")) {
        return Ok(());
    }
    Err(Evidence::new("the app saw no trailer field"))
}

/// A trailer field of the app is behind the body.
pub(super) async fn out_of_app(target: &Target) -> Result<(), Evidence> {
    let page = target.page("trailers-out")?;
    let request = Request::get(page.target("trailers", "")).with("te", "trailers");
    let mut talk = target.open(&request).await?;
    talk.answer.head_of(200).await?;
    talk.answer.text(100).await?;
    let wanted = ("probe-trailer".to_owned(), page.nonce().to_owned());
    match talk.answer.trailers() {
        [] => Err(Evidence::new("no trailer field came")),
        fields if fields.contains(&wanted) => Ok(()),
        fields => Err(Evidence::new(format!("another trailer field came: {fields:?}"))),
    }
}
