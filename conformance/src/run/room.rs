//! Descriptors for many connections.

/// What the process may have besides: files, and the other ends where the server is in this process.
#[cfg(unix)]
const BESIDES: usize = 1024;

/// Sees that the process may have so many connections more, as far as the system lets it. What is
/// usual, 1024, is little for who opens hundreds at once.
#[cfg(unix)]
pub(crate) fn room_for(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let now = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(8 * connections + BESIDES).unwrap_or(u64::MAX);
    let most = now.maximum.unwrap_or(u64::MAX);
    if now.current.is_some_and(|current| current < wanted.min(most)) {
        let wanted = Rlimit { current: Some(wanted.min(most)), maximum: now.maximum };
        let _best_effort = setrlimit(Resource::Nofile, wanted);
    }
}

#[cfg(not(unix))]
pub(crate) fn room_for(_: usize) {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn there_is_room_for_a_crowd() {
        super::room_for(100);
        let now = getrlimit(Resource::Nofile);
        let least = now.maximum.unwrap_or(u64::MAX).min(1824);
        assert!(now.current.is_none_or(|current| current >= least), "{now:?}");
    }
}
