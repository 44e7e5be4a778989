//! How many files a process may have open.

use std::io;

/// How many files this process and those that it starts may have open.
///
/// # Errors
///
/// Where the system does not say.
pub(super) fn limit() -> io::Result<u64> {
    rlimit::Resource::NOFILE.get().map(|(soft, _)| soft)
}
