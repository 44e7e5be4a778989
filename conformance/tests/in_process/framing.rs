//! Where the body of a request ends, for the front of the in-memory host.

use std::io;

use owin_core::body::BodySender;
use owin_core::{BodyLength, Error};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// What is left of the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    /// A size follows; nothing of a chunk is left.
    Chunks,
    Over,
}

impl Framing {
    pub(crate) fn of(length: BodyLength) -> Self {
        match length {
            BodyLength::None | BodyLength::Known(0) => Self::Over,
            BodyLength::Known(length) => Self::Length(length),
            _ => Self::Chunks,
        }
    }

    pub(crate) fn is_over(self) -> bool {
        self == Self::Over
    }
}

/// Gives an app the body, as it reads it.
pub(crate) async fn feed(
    reader: &mut (impl AsyncBufRead + Unpin),
    mut sender: BodySender,
    framing: &mut Framing,
) -> Result<(), Error> {
    match framing {
        Framing::Over => sender.finish(),
        Framing::Length(left) => {
            sender.feed(reader, left).await?;
            if *left == 0 {
                *framing = Framing::Over;
            }
        }
        Framing::Chunks => {
            while sender.ready().await {
                let size = size(&line(reader).await?)?;
                if size == 0 {
                    while !line(reader).await?.is_empty() {}
                    *framing = Framing::Over;
                    sender.finish();
                    return Ok(());
                }
                let mut data = vec![0; size];
                reader.read_exact(&mut data).await?;
                if !line(reader).await?.is_empty() {
                    return Err(Error::peer("a chunk is longer than it says"));
                }
                sender.send(data).await?;
            }
        }
    }
    Ok(())
}

/// A line without its end.
async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    reader.take(4096).read_until(b'\n', &mut line).await?;
    match line.strip_suffix(b"\r\n") {
        Some(line) => Ok(line.to_vec()),
        None => Err(io::Error::other("a line without its end")),
    }
}

/// The size of a chunk, before its extensions; none of the suite's is larger than a megabyte.
fn size(line: &[u8]) -> Result<usize, Error> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let digits = std::str::from_utf8(digits).unwrap_or_default();
    let size = usize::from_str_radix(digits, 16).ok().filter(|size| *size <= 1 << 21);
    size.ok_or_else(|| Error::peer("this is no size of a chunk"))
}
