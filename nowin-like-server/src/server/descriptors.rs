//! How many connections the descriptors of the process allow.

/// Descriptors that are no connection's, at least: standard streams, listeners, the runtime's own,
/// files.
const SPARE: u64 = 32;

/// The most connections for which there is no room and that are answered all the same, at once.
const MAX_FAREWELLS: usize = 64;

/// How many connections there may be where nobody chose: four fifths of the descriptors that the
/// process may have now (the soft limit, which is not raised), and some left in any case. `None`
/// where the system sets no limit.
pub(super) fn default_connections() -> Option<usize> {
    connections_of(soft_limit()?)
}

/// How many connections beyond that may be answered at once: half of what is left.
pub(super) fn farewells(connections: Option<usize>) -> usize {
    let (Some(limit), Some(connections)) = (soft_limit(), connections) else {
        return MAX_FAREWELLS;
    };
    farewells_of(limit, connections)
}

fn connections_of(limit: u64) -> Option<usize> {
    let connections = (limit / 5 * 4).min(limit.saturating_sub(SPARE)).max(1);
    usize::try_from(connections).ok()
}

fn farewells_of(limit: u64, connections: usize) -> usize {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    (limit.saturating_sub(connections) / 2).clamp(1, MAX_FAREWELLS)
}

#[cfg(unix)]
fn soft_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn soft_limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_always_left() {
        let connections = |limit| connections_of(limit).unwrap();
        assert_eq!([0, 10, 33, 64, 128].map(connections), [1, 1, 1, 32, 96]);
        assert_eq!([256, 1_024, 524_288].map(connections), [204, 816, 419_428]);
    }

    #[test]
    fn answers_to_what_is_too_many_take_half_of_what_is_left() {
        let farewells = |limit, connections| farewells_of(limit, connections);
        assert_eq!([farewells(64, 32), farewells(1_024, 816)], [16, 64]);
        assert_eq!([farewells(64, 1_000), farewells(u64::MAX, 10)], [1, 64]);
    }
}
