//! Paths about bodies: in, out, both at once, trailers, files.

use owin_core::bytes::Bytes;
use owin_core::features::{BodySizeLimit, Trailers, TrailersMut};
use owin_core::http::StatusCode;
use owin_core::send_file::SendFile;
use owin_core::{Environment, Error};

use crate::pattern;
use crate::probe::notes::{Notes, Waited};
use crate::probe::{is_asked, not_offered, number, text};

/// How many bytes are between two lines about progress.
const MIB: u64 = 1 << 20;

/// `/probe/echo`: every piece goes out before the next one is asked for.
pub(super) async fn echo(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let mut progress = Progress::begin(notes, "read")?;
    lift_limit(&env)?;
    while let Some(piece) = next(&mut env, &progress).await? {
        progress.passed(pattern::length(&piece))?;
        env.response_mut().write_bytes(piece).await?;
        env.response_mut().flush().await?;
    }
    progress.end()?;
    Ok(env)
}

/// `/probe/count`: with `hold=1` it reads only once the page has the mark `release`.
pub(super) async fn count(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let mut progress = Progress::begin(notes, "read")?;
    lift_limit(&env)?;
    if is_asked(&env, "hold") {
        release(notes).await?;
    }
    let mut is_right = true;
    while let Some(piece) = next(&mut env, &progress).await? {
        is_right &= pattern::is_right(progress.total, &piece);
        progress.passed(pattern::length(&piece))?;
    }
    let verdict = if is_right { "right" } else { "wrong" };
    let counted = format!("{} {verdict}\n", progress.total);
    progress.end()?;
    text(env, StatusCode::OK, counted)
}

/// `/probe/bytes`: pushes `n` bytes of the pattern, never flushes; with `length=1` it says the
/// length in front; with `hold=1` it ends only once the page has the mark `release`.
pub(super) async fn bytes(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let total = number(&env, "n", 0)?;
    let mut progress = Progress::begin(notes, "wrote")?;
    if is_asked(&env, "length") {
        env.response_mut().headers_mut()?.set("content-length", &total.to_string())?;
    }
    while progress.total < total {
        let piece = pattern::piece(progress.total, total - progress.total);
        let count = pattern::length(&piece);
        if let Err(error) = env.response_mut().write_bytes(piece).await {
            notes.note(format!("failed {:?}", error.kind()))?;
            return Err(error);
        }
        progress.passed(count)?;
    }
    if is_asked(&env, "hold") {
        release(notes).await?;
    }
    progress.end()?;
    Ok(env)
}

/// `/probe/trailers`: `trailer NAME: VALUE` for each of the request; sends `probe-trailer`.
pub(super) async fn trailers(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let mut progress = Progress::begin(notes, "read")?;
    while let Some(piece) = next(&mut env, &progress).await? {
        progress.passed(pattern::length(&piece))?;
    }
    if let Some(fields) = env.feature::<Trailers<'_>>().and_then(Trailers::of_request) {
        for (name, value) in fields.lines() {
            notes.note(format!("trailer {name}: {}", String::from_utf8_lossy(value)))?;
        }
    }
    env.response_mut().headers_mut()?.set("trailer", "probe-trailer")?;
    env.response_mut().write("trailers follow\n").await?;
    env.response_mut().flush().await?;
    let value = notes.page().map_or("sent", |page| page.nonce());
    if let Some(mut fields) = env.feature_mut::<TrailersMut<'_>>() {
        fields.append("probe-trailer", value)?;
    }
    progress.end()?;
    Ok(env)
}

/// `/probe/file`: the file of the page, from `offset` on, `count` bytes.
pub(super) async fn file(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let Some(files) = env.feature::<&SendFile>().cloned() else {
        return not_offered(env, "sendfile.SendAsync");
    };
    let Some(page) = notes.page() else {
        return text(env, StatusCode::NOT_FOUND, "a file belongs to a nonce\n");
    };
    let (offset, count) = (number(&env, "offset", 0)?, number(&env, "count", u64::MAX)?);
    let count = Some(count).filter(|count| *count != u64::MAX);
    if let Err(error) = files.send(&mut env, page.file(), offset, count).await {
        notes.note(format!("failed {:?}", error.kind()))?;
        return text(env, StatusCode::NOT_FOUND, "there is no such range of a file\n");
    }
    notes.note("opened")?;
    Ok(env)
}

/// Lets the body have any length, where the server has a limit that can be changed.
fn lift_limit(env: &Environment) -> Result<(), Error> {
    env.feature::<&BodySizeLimit>().map_or(Ok(()), |limit| limit.set(None))
}

/// The next piece of the request's body; notes where it breaks off.
async fn next(env: &mut Environment, progress: &Progress<'_>) -> Result<Option<Bytes>, Error> {
    let piece = env.request_mut().body_mut().chunk().await;
    if let Err(error) = &piece {
        progress.notes.note(format!("failed {:?}", error.kind()))?;
    }
    piece
}

/// Waits until the client says `release`.
async fn release(notes: &Notes) -> Result<(), Error> {
    notes.note("holding")?;
    match notes.marked("release").await {
        Waited::Marked => Ok(()),
        Waited::Fired | Waited::GaveUp => Err(Error::peer("nobody said release")),
    }
}

/// How many bytes have passed, as far as it is noted: the first, then whenever a MiB is full.
struct Progress<'a> {
    notes: &'a Notes,
    word: &'static str,
    total: u64,
    /// The total at which the next line is written.
    next: u64,
}

impl<'a> Progress<'a> {
    fn begin(notes: &'a Notes, word: &'static str) -> Result<Self, Error> {
        notes.note(format!("began {}", std::process::id()))?;
        notes.note_memory()?;
        Ok(Self { notes, word, total: 0, next: 1 })
    }

    fn passed(&mut self, count: u64) -> Result<(), Error> {
        self.total += count;
        if self.total < self.next {
            return Ok(());
        }
        self.next = (self.total / MIB + 1) * MIB;
        self.notes.note(format!("{} {}", self.word, self.total))
    }

    fn end(self) -> Result<(), Error> {
        self.notes.note_memory()?;
        self.notes.note(format!("ended {}", self.total))
    }
}
