//! Messages as bytes, and what becomes of each. Nothing here opens a socket, so that the same tables
//! can be the seeds of a fuzzer: [`messages`] has all of them.

mod chunks;
mod codings;
mod fields;
mod hosts;
mod left_over;
mod lengths;
mod request_lines;
mod targets;

pub(crate) use self::chunks::{
    EXTENSION_GRAMMAR, EXTENSIONS, LAST_CHUNKS, LINE_ENDS, LONG_SIZES, SIZES, TRAILERS,
};
pub(crate) use self::codings::{CODINGS, CODINGS_IN_DISGUISE, CODINGS_OF_HTTP_10};
pub(crate) use self::fields::{FIRST_LINES, FOLDS, LINE_ENDS_OF_HEADS, NAMES, VALUES};
pub(crate) use self::hosts::{HOSTS, HOSTS_BESIDE_A_TARGET, HOSTS_OF_HTTP_10};
pub(crate) use self::left_over::{BODIES, ENDS, EXPECTATIONS, UPGRADES};
pub(crate) use self::lengths::{BOTH, LENGTHS, LENGTHS_OF_HTTP_10, REPEATED};
pub(crate) use self::request_lines::{METHODS, REQUEST_LINES, VERSIONS};
pub(crate) use self::targets::{CONTROLS, ENCODED, FORMS, SCHEMES};

/// The status that answers, the part with the defect, and the same part with the defect repaired.
pub(crate) type Pair = (u16, &'static [u8], &'static [u8]);

/// Messages that differ in one part; each is refused, and its twin is taken.
pub(crate) struct Group {
    /// What stands before that part, and behind it.
    pub(crate) frame: (&'static [u8], &'static [u8]),
    pub(crate) fault: Fault,
    /// What the app reads of every twin.
    pub(crate) body: &'static str,
    pub(crate) pairs: &'static [Pair],
}

/// Where the defects of a group lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// In the head: no app is called.
    Head,
    /// In the body: the app is called, and its read fails.
    Body,
}

impl Group {
    /// Each message with the status that refuses it, and its twin.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (u16, Vec<u8>, Vec<u8>)> {
        let (before, after) = self.frame;
        let whole = move |part: &[u8]| [before, part, after].concat();
        self.pairs.iter().map(move |(status, bad, good)| (*status, whole(bad), whole(good)))
    }
}

/// Bytes that are taken, if not always as their sender may have meant them.
pub(crate) struct Taken {
    pub(crate) bytes: &'static [u8],
    /// The statuses of all answers.
    pub(crate) answers: &'static [u16],
    /// Target and body of each request that comes out of the bytes.
    pub(crate) seen: &'static [(&'static str, &'static str)],
    pub(crate) then: Then,
}

/// What becomes of the connection after the last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// It takes more requests.
    Open,
    /// The server closes it.
    Closed,
}

const GROUPS: [&Group; 27] = [
    &LENGTHS,
    &REPEATED,
    &BOTH,
    &LENGTHS_OF_HTTP_10,
    &CODINGS,
    &CODINGS_IN_DISGUISE,
    &CODINGS_OF_HTTP_10,
    &SIZES,
    &LINE_ENDS,
    &EXTENSIONS,
    &EXTENSION_GRAMMAR,
    &LONG_SIZES,
    &TRAILERS,
    &NAMES,
    &FOLDS,
    &FIRST_LINES,
    &LINE_ENDS_OF_HEADS,
    &VALUES,
    &REQUEST_LINES,
    &METHODS,
    &VERSIONS,
    &FORMS,
    &SCHEMES,
    &CONTROLS,
    &HOSTS,
    &HOSTS_OF_HTTP_10,
    &EXPECTATIONS,
];

const TAKEN: [&[Taken]; 6] = [LAST_CHUNKS, HOSTS_BESIDE_A_TARGET, ENCODED, BODIES, ENDS, UPGRADES];

/// Every message of the corpus that has a defect, or is taken otherwise than it may be meant.
pub(crate) fn messages() -> impl Iterator<Item = Vec<u8>> {
    let refused = GROUPS.into_iter().flat_map(Group::cases).map(|(_, bad, _)| bad);
    let taken = TAKEN.into_iter().flatten().map(|taken| taken.bytes.to_vec());
    refused.chain(taken)
}
