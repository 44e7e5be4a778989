//! `sendfile.SendAsync`: a file, or a range of one, as the body of the response.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use crate::body::Whole;
use crate::{Environment, Error};

/// Which bytes of which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRange {
    /// The path of the file.
    pub path: PathBuf,
    /// The first byte.
    pub offset: u64,
    /// How many bytes; `None` for all up to the end of the file.
    pub count: Option<u64>,
}

type Opened = Pin<Box<dyn Future<Output = Result<Whole, Error>> + Send>>;

/// Opens files for the body of the response (`SendFile` 0.3); there where the server can.
///
/// Opening fails before the response starts, so that the application can still answer 404.
///
/// ```
/// use owin_core::{Environment, Error, send_file::SendFile};
///
/// async fn app(mut env: Environment) -> Result<Environment, Error> {
///     let Some(files) = env.feature::<&SendFile>().cloned() else {
///         return Err(Error::app("this server sends no files"));
///     };
///     if files.send(&mut env, "/srv/page.html", 0, None).await.is_err() {
///         env.response_mut().set_status(http::StatusCode::NOT_FOUND)?;
///     }
///     Ok(env)
/// }
/// ```
#[derive(Clone)]
pub struct SendFile(Arc<dyn Fn(FileRange) -> Opened + Send + Sync>);

impl SendFile {
    /// Makes the function of what opens a range; for servers. The body that it returns knows its
    /// size, and opening checks that the file has the range.
    #[must_use]
    pub fn new<F, Fut>(open: F) -> Self
    where
        F: Fn(FileRange) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Whole, Error>> + Send + 'static,
    {
        Self(Arc::new(move |range| Box::pin(open(range))))
    }

    /// Says whether the two are one function.
    pub(crate) fn is_same(left: &Self, right: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&left.0), Arc::as_ptr(&right.0))
    }

    /// Opens a range of a file as a body.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened, or does not have the range.
    pub async fn open(&self, range: FileRange) -> Result<Whole, Error> {
        (self.0)(range).await
    }

    /// Hands a range of a file over as the rest of the response.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open); the response is then as it was.
    pub async fn send(
        &self,
        env: &mut Environment,
        path: impl AsRef<Path>,
        offset: u64,
        count: Option<u64>,
    ) -> Result<(), Error> {
        let path = path.as_ref().to_owned();
        let body = self.open(FileRange { path, offset, count }).await?;
        env.response_mut().set_body(body);
        Ok(())
    }
}

impl fmt::Debug for SendFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendFile")
    }
}
