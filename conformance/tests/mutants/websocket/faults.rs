//! What is broken in each mutant of this family, and which checks must see it.

/// One thing that a mutant does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The answer to every key is that to one of them.
    OneKeyForAll,
    /// Any version is taken.
    AnyVersion,
    /// Another version is refused, and nobody hears which is spoken.
    VersionUnsaid,
    /// Any key is taken, and none.
    AnyKey,
    /// Any method and any version of HTTP is taken.
    AnyMethod,
    /// Nobody looks for the words.
    NoWords,
    /// The words must stand there as usual.
    UsualWords,
    /// What was read behind the head is gone.
    EarlyFramesLost,
    /// A subprotocol is chosen that nobody offers.
    ProtocolUnasked,
    /// An extension is chosen that nobody offers.
    ExtensionUnasked,
    /// Texts are cut at 65,535 bytes.
    TextsCut,
    /// Binary messages are cut at 100,000 bytes.
    BytesCut,
    /// Frames have a mask.
    Masks,
    /// Frames have a reserved bit.
    ReservedBit,
    /// Lengths have two bytes more than they need.
    LongLengths,
    /// An empty part is the last of its message.
    EmptyPartEnds,
    /// A ping drops the message in whose middle it stands.
    PingDrops,
    /// A pong has 100 bytes at most.
    PongCut,
    /// A pong is answered by a pong.
    PongsAnswered,
    /// Each frame of a text must be UTF-8.
    FramesAreTexts,
    /// The first two bytes of a frame must come together.
    TwoBytesAtOnce,
    /// A mask need not be there.
    UnmaskedTaken,
    /// Reserved bits are passed over.
    ReservedTaken,
    /// Frames with reserved opcodes are passed over.
    OpcodesTaken,
    /// Control frames may have any length.
    LongControlTaken,
    /// Control frames may be in parts.
    ControlPartsTaken,
    /// A continuation may begin a message.
    ContinuationTaken,
    /// A message may begin within another, which is gone.
    WithinTaken,
    /// Texts are not looked at.
    AnyText,
    /// The top bit of a length is passed over.
    TopBitDropped,
    /// Any close is one.
    AnyClose,
    /// Every close is answered by 1001.
    GoesAway,
    /// What comes with a close is answered, behind it.
    ReadsOn,
    /// All violations have the code 1002.
    OneCode,
    /// Every code comes back.
    AnyCode,
    /// A frame that is too long is what has come of it.
    GreatFrameCut,
    /// A reset within a frame ends the server.
    DiesOfReset,
    /// A client that has closed its half is waited for.
    HalfClosedKept,
}

/// Every fault, and the checks that catch it.
pub(super) const FAULTS: &[(Fault, &[&str])] = &[
    (Fault::OneKeyForAll, &["WS-01"]),
    (Fault::AnyVersion, &["WS-02"]),
    (Fault::VersionUnsaid, &["WS-02"]),
    (Fault::AnyKey, &["WS-03"]),
    (Fault::AnyMethod, &["WS-04"]),
    (Fault::NoWords, &["WS-05"]),
    (Fault::UsualWords, &["WS-06"]),
    (Fault::EarlyFramesLost, &["WS-07"]),
    (Fault::ProtocolUnasked, &["WS-08"]),
    (Fault::ExtensionUnasked, &["WS-09"]),
    (Fault::TextsCut, &["WS-10"]),
    (Fault::BytesCut, &["WS-11"]),
    (Fault::Masks, &["WS-12"]),
    (Fault::ReservedBit, &["WS-12"]),
    (Fault::LongLengths, &["WS-12"]),
    (Fault::EmptyPartEnds, &["WS-13"]),
    (Fault::PingDrops, &["WS-14", "WS-24"]),
    (Fault::PongCut, &["WS-15"]),
    (Fault::PongsAnswered, &["WS-16"]),
    (Fault::FramesAreTexts, &["WS-17"]),
    (Fault::TwoBytesAtOnce, &["WS-18"]),
    (Fault::UnmaskedTaken, &["WS-19", "WS-31"]),
    (Fault::ReservedTaken, &["WS-20"]),
    (Fault::OpcodesTaken, &["WS-21", "WS-31"]),
    (Fault::LongControlTaken, &["WS-22"]),
    (Fault::ControlPartsTaken, &["WS-23"]),
    (Fault::ContinuationTaken, &["WS-24"]),
    (Fault::WithinTaken, &["WS-25"]),
    (Fault::AnyText, &["WS-26", "WS-31"]),
    (Fault::TopBitDropped, &["WS-27"]),
    (Fault::AnyClose, &["WS-28"]),
    (Fault::GoesAway, &["WS-29"]),
    (Fault::ReadsOn, &["WS-30"]),
    (Fault::OneCode, &["WS-31"]),
    (Fault::AnyCode, &["WS-32"]),
    (Fault::GreatFrameCut, &["WS-33"]),
    (Fault::DiesOfReset, &["WS-34"]),
    (Fault::HalfClosedKept, &["WS-35"]),
];
