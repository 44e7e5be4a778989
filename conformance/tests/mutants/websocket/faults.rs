//! What is broken in each mutant of this family, and which checks must see it.

use crate::family::faults;

faults! {
    /// The answer to every key is that to one of them.
    OneKeyForAll => "WS-01";
    /// Any version is taken.
    AnyVersion => "WS-02";
    /// Another version is refused, and nobody hears which is spoken.
    VersionUnsaid => "WS-02";
    /// Any key is taken, and none.
    AnyKey => "WS-03";
    /// Any method and any version of HTTP is taken.
    AnyMethod => "WS-04";
    /// Nobody looks for the words.
    NoWords => "WS-05";
    /// The words must stand there as usual.
    UsualWords => "WS-06";
    /// What was read behind the head is gone.
    EarlyFramesLost => "WS-07";
    /// A subprotocol is chosen that nobody offers.
    ProtocolUnasked => "WS-08";
    /// An extension is chosen that nobody offers.
    ExtensionUnasked => "WS-09";
    /// Texts are cut at 65,535 bytes.
    TextsCut => "WS-10";
    /// Binary messages are cut at 100,000 bytes.
    BytesCut => "WS-11";
    /// Frames have a mask.
    Masks => "WS-12";
    /// Frames have a reserved bit.
    ReservedBit => "WS-12";
    /// Lengths have two bytes more than they need.
    LongLengths => "WS-12";
    /// An empty part is the last of its message.
    EmptyPartEnds => "WS-13";
    /// A ping drops the message in whose middle it stands.
    PingDrops => "WS-14" "WS-24";
    /// A pong has 100 bytes at most.
    PongCut => "WS-15";
    /// A pong is answered by a pong.
    PongsAnswered => "WS-16";
    /// Each frame of a text must be UTF-8.
    FramesAreTexts => "WS-17";
    /// The first two bytes of a frame must come together.
    TwoBytesAtOnce => "WS-18";
    /// A mask need not be there.
    UnmaskedTaken => "WS-19" "WS-31";
    /// Reserved bits are passed over.
    ReservedTaken => "WS-20";
    /// Frames with reserved opcodes are passed over.
    OpcodesTaken => "WS-21" "WS-31";
    /// Control frames may have any length.
    LongControlTaken => "WS-22";
    /// Control frames may be in parts.
    ControlPartsTaken => "WS-23";
    /// A continuation may begin a message.
    ContinuationTaken => "WS-24";
    /// A message may begin within another, which is gone.
    WithinTaken => "WS-25";
    /// Texts are not looked at.
    AnyText => "WS-26" "WS-31";
    /// The top bit of a length is passed over.
    TopBitDropped => "WS-27";
    /// Any close is one.
    AnyClose => "WS-28";
    /// Every close is answered by 1001.
    GoesAway => "WS-29";
    /// What comes with a close is answered, behind it.
    ReadsOn => "WS-30";
    /// All violations have the code 1002.
    OneCode => "WS-31";
    /// Every code comes back.
    AnyCode => "WS-32";
    /// A frame that is too long is what has come of it.
    GreatFrameCut => "WS-33";
    /// A reset within a frame ends the server.
    DiesOfReset => "WS-34";
    /// A client that has closed its half is waited for.
    HalfClosedKept => "WS-35";
}
