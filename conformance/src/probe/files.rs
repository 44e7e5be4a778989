//! Files that the app hands to the server (`sendfile.SendAsync`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use owin_core::send_file::SendFile;
use owin_core::{Environment, Error};

use super::pattern::pattern;

/// No file is larger.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// There are no more files.
const MAX_FILES: usize = 16;

/// Tells the files of one app from those of others in this process.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// The files that are sent, by their lengths; each is made when it is first asked for, and they go
/// when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Files(Mutex<BTreeMap<usize, File>>);

#[derive(Debug)]
struct File(PathBuf);

impl Files {
    /// Hands a range of a file over as the rest of the response. `said` is the file's length, the
    /// first byte and how many bytes, with commas between them; or `missing`.
    pub(super) async fn send(&self, env: &mut Environment, said: &str) -> Result<(), Error> {
        let sends = env.feature::<&SendFile>().cloned();
        let sends = sends.ok_or_else(|| Error::app("the server sends no files"))?;
        if said == "missing" {
            let path = std::env::temp_dir().join("owin-conformance-no-such-file");
            return sends.send(env, path, 0, None).await;
        }
        let mut numbers = said.split(',').map(str::parse::<u64>);
        let mut next = || numbers.next().transpose().map_err(|_| Error::app("an odd range"));
        let (length, offset, count) = (next()?.unwrap_or_default(), next()?, next()?);
        let path = self.path(usize::try_from(length).unwrap_or(usize::MAX))?;
        sends.send(env, path, offset.unwrap_or_default(), count).await
    }

    /// A file of that length.
    fn path(&self, length: usize) -> Result<PathBuf, Error> {
        let failed = |error| Error::server("the probe cannot write its file").with_source(error);
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&length) {
            return Ok(file.0.clone());
        }
        if length > MAX_BYTES || files.len() == MAX_FILES {
            return Err(Error::app("the probe makes no more files, and none of that length"));
        }
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("owin-conformance-{}-{number}", std::process::id());
        let file = File(std::env::temp_dir().join(name));
        std::fs::write(&file.0, pattern(0, length)).map_err(failed)?;
        let path = file.0.clone();
        files.insert(length, file);
        Ok(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}
