//! The body of the request: standard input, as far as the variables say that it is one.

use owin_core::body::BodySender;
use owin_core::bytes::Bytes;
use owin_core::{BodyLength, Error, RequestBody};

use crate::streams::Input;

/// What standard input has for the request.
pub(crate) struct Incoming {
    sender: BodySender,
    length: Length,
}

#[derive(Clone, Copy)]
enum Length {
    /// So many bytes are still to come.
    Left(u64),
    /// All that there is.
    ToTheEnd,
}

impl Incoming {
    /// What feeds the body, and the body; no feeding where there is none.
    pub(crate) fn new(length: BodyLength) -> (Option<Self>, RequestBody) {
        match length {
            BodyLength::Known(0) | BodyLength::None => (None, RequestBody::empty()),
            BodyLength::Known(bytes) => {
                let (sender, body) = RequestBody::channel_of_length(bytes);
                (Some(Self { sender, length: Length::Left(bytes) }), body)
            }
            _ => {
                let (sender, body) = RequestBody::channel();
                (Some(Self { sender, length: Length::ToTheEnd }), body)
            }
        }
    }

    /// Feeds the body as far as the app reads it.
    ///
    /// # Errors
    ///
    /// Where standard input ends before the body does: the client has gone, and the app finds the
    /// body broken off.
    pub(crate) async fn feed(mut self, input: &mut Input) -> Result<(), Error> {
        while self.sender.ready().await {
            let unreadable = |error| Error::peer("the body cannot be read").with_source(error);
            let mut data = input.next().await.map_err(unreadable)?;
            if let Length::Left(left) = &mut self.length {
                data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = left.saturating_sub(count(&data));
            }
            match (self.length, data.is_empty()) {
                (Length::ToTheEnd, true) => break,
                (Length::Left(_), true) => {
                    return Err(Error::peer("the body is shorter than CONTENT_LENGTH"));
                }
                (Length::Left(0), false) => {
                    self.sender.send(data).await?;
                    break;
                }
                (_, false) => self.sender.send(data).await?,
            }
        }
        self.sender.finish();
        Ok(())
    }
}

fn count(data: &Bytes) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}
