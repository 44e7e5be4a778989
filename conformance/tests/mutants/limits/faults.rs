//! What is broken in each mutant of this family, and which checks must see it.

/// One thing that a mutant does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A request line has 4 KiB at most.
    ShortLines,
    /// A request line may have any length.
    LineUncounted,
    /// A target that is too long is a head that is too long.
    LongTargetIs431,
    /// A field may have any length, and counts for a short one.
    LongFieldsUncounted,
    /// There may be any number of fields.
    FieldsUncounted,
    /// The head as a whole has no limit.
    HeadUncounted,
    /// The head may have a byte more.
    HeadOneByteMore,
    /// An extension may have any length, and counts for a short one.
    LongExtensionsUncounted,
    /// Extensions are counted anew in each chunk.
    ExtensionsCountedByChunk,
    /// A chunk size may have any number of zeros in front.
    ZerosUncounted,
    /// Trailers have no limit.
    TrailersUncounted,
    /// A body has a thousand chunks at most.
    FewChunks,
    /// A length is held in 32 bits.
    LengthIn32Bits,
    /// A body may have a byte more.
    BodyOneByteMore,
    /// A body that is too long is a bad request.
    LongBodyIs400,
    /// A body in chunks may have any length.
    ChunksUnlimited,
    /// A head has any time.
    HeadUntimed,
    /// A head has a fourth of its time.
    HeadTimeShort,
    /// Each read of a head has its time again.
    HeadClockRestarts,
    /// A body has any time.
    BodyUntimed,
    /// An idle connection has any time.
    IdleUntimed,
    /// An idle connection has a fourth of its time.
    IdleTimeShort,
    /// Requests are read on, and answers wait for their client in memory.
    AnswersPileUp,
    /// One connection is written to at a time.
    WritesInTurn,
    /// A connection is accepted when the one before has sent something.
    AcceptsInTurn,
    /// One head is read at a time.
    HeadsInTurn,
    /// One body is read at a time.
    BodiesInTurn,
    /// A reset ends the server.
    DiesOfReset,
}

/// Every fault, and the checks that catch it.
pub(super) const FAULTS: &[(Fault, &[&str])] = &[
    (Fault::ShortLines, &["LM-01"]),
    (Fault::LineUncounted, &["LM-02"]),
    (Fault::LongTargetIs431, &["LM-03"]),
    (Fault::LongFieldsUncounted, &["LM-04"]),
    (Fault::FieldsUncounted, &["LM-05"]),
    (Fault::HeadUncounted, &["LM-06", "LM-13"]),
    (Fault::LongExtensionsUncounted, &["LM-07", "LM-08"]),
    (Fault::ExtensionsCountedByChunk, &["LM-08"]),
    (Fault::ZerosUncounted, &["LM-09"]),
    (Fault::TrailersUncounted, &["LM-10"]),
    (Fault::FewChunks, &["LM-11"]),
    (Fault::LengthIn32Bits, &["LM-12"]),
    (Fault::HeadOneByteMore, &["LM-13"]),
    (Fault::BodyOneByteMore, &["LM-14"]),
    (Fault::LongBodyIs400, &["LM-14"]),
    (Fault::ChunksUnlimited, &["LM-14"]),
    (Fault::HeadUntimed, &["LM-15", "LM-16"]),
    (Fault::HeadTimeShort, &["LM-15", "LM-16"]),
    (Fault::HeadClockRestarts, &["LM-16"]),
    (Fault::BodyUntimed, &["LM-17"]),
    (Fault::IdleUntimed, &["LM-18"]),
    (Fault::IdleTimeShort, &["LM-18"]),
    (Fault::AnswersPileUp, &["LM-19"]),
    (Fault::WritesInTurn, &["LM-20"]),
    (Fault::AcceptsInTurn, &["LM-21"]),
    (Fault::HeadsInTurn, &["LM-22"]),
    (Fault::BodiesInTurn, &["LM-23"]),
    (Fault::DiesOfReset, &["LM-24"]),
];

/// Faults by which other checks suffer too: these are tried with their own checks only.
pub(super) const SPREADING: &[Fault] = &[
    Fault::WritesInTurn,
    Fault::AcceptsInTurn,
    Fault::HeadsInTurn,
    Fault::BodiesInTurn,
    Fault::DiesOfReset,
];

/// Faults of limits that only the probe tells.
pub(super) const UNSEEN: &[Fault] = &[
    Fault::HeadOneByteMore,
    Fault::BodyOneByteMore,
    Fault::LongBodyIs400,
    Fault::ChunksUnlimited,
    Fault::HeadUntimed,
    Fault::HeadTimeShort,
    Fault::HeadClockRestarts,
    Fault::BodyUntimed,
    Fault::IdleUntimed,
    Fault::IdleTimeShort,
];
