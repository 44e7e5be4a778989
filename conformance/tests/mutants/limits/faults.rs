//! What is broken in each mutant of this family, and which checks must see it.

use crate::family::faults;

faults! {
    /// A request line has 4 KiB at most.
    ShortLines => "LM-01";
    /// A request line may have any length.
    LineUncounted => "LM-02";
    /// A target that is too long is a head that is too long.
    LongTargetIs431 => "LM-03";
    /// A field may have any length, and counts for a short one.
    LongFieldsUncounted => "LM-04";
    /// There may be any number of fields.
    FieldsUncounted => "LM-05";
    /// The head as a whole has no limit.
    HeadUncounted => "LM-06" "LM-13";
    /// An extension may have any length, and counts for a short one.
    LongExtensionsUncounted => "LM-07" "LM-08";
    /// Extensions are counted anew in each chunk.
    ExtensionsCountedByChunk => "LM-08";
    /// A chunk size may have any number of zeros in front.
    ZerosUncounted => "LM-09";
    /// Trailers have no limit.
    TrailersUncounted => "LM-10";
    /// A body has a thousand chunks at most.
    FewChunks => "LM-11";
    /// A length is held in 32 bits.
    LengthIn32Bits => "LM-12";
    /// The head may have a byte more.
    HeadOneByteMore => "LM-13";
    /// A body may have a byte more.
    BodyOneByteMore => "LM-14";
    /// A body that is too long is a bad request.
    LongBodyIs400 => "LM-14";
    /// A body in chunks may have any length.
    ChunksUnlimited => "LM-14";
    /// A head has any time.
    HeadUntimed => "LM-15" "LM-16";
    /// A head has a fourth of its time.
    HeadTimeShort => "LM-15" "LM-16";
    /// Each read of a head has its time again.
    HeadClockRestarts => "LM-16";
    /// A body has any time.
    BodyUntimed => "LM-17";
    /// An idle connection has any time.
    IdleUntimed => "LM-18";
    /// An idle connection has a fourth of its time.
    IdleTimeShort => "LM-18";
    /// Requests are read on, and answers wait for their client in memory.
    AnswersPileUp => "LM-19";
    /// One connection is written to at a time.
    WritesInTurn => "LM-20";
    /// A connection is accepted when the one before has sent something.
    AcceptsInTurn => "LM-21";
    /// One head is read at a time.
    HeadsInTurn => "LM-22";
    /// One body is read at a time.
    BodiesInTurn => "LM-23";
    /// A reset ends the server.
    DiesOfReset => "LM-24";
}

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
