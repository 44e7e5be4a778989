//! What is broken in each mutant of HTTP/2, and which checks must see it.

use crate::family::faults;

faults! {
    /// A ping comes before the settings.
    PingFirst => "H2-01";
    /// The bytes of the preface are not compared.
    AnyPreface => "H2-02";
    /// The preface may go without settings.
    SettingsMissingTaken => "H2-03";
    /// The preface must come with the first read.
    PrefaceInOneRead => "H2-04";
    /// The connection stays open behind GOAWAY.
    ErrorsDoNotEnd => "H2-05";
    /// The first settings are acknowledged, others are not.
    OneAcknowledgement => "H2-06" "H2-21";
    /// Settings that nobody knows are an error.
    UnknownSettingsRefused => "H2-07";
    /// An acknowledgement may have settings.
    FullAcknowledgementTaken => "H2-08";
    /// Settings count on any stream.
    SettingsOnStreamTaken => "H2-09";
    /// Of the last setting a part is enough.
    OddSettingsTaken => "H2-10";
    /// Whether to push may be any number.
    PushOfTwoTaken => "H2-11";
    /// The first window may be any number.
    LargeWindowTaken => "H2-12";
    /// The longest frame may be any number.
    AnyFrameSizeTaken => "H2-13";
    /// Bytes above 0x7F are not sent back.
    PongOfSevenBits => "H2-14";
    /// An answered ping is answered.
    PongsAnswered => "H2-15";
    /// A ping may have any length.
    OddPingTaken => "H2-16";
    /// A ping counts on any stream.
    PingOnStreamTaken => "H2-17";
    /// GOAWAY on a stream is passed over.
    GoawayOnStreamTaken => "H2-18";
    /// GOAWAY ends the connection at once.
    GoawayEnds => "H2-19";
    /// A type that nobody knows is an error on a stream.
    UnknownFramesRefused => "H2-20";
    /// The reserved bit must be 0.
    ReservedBitCounts => "H2-21";
    /// PRIORITY is an error where no stream is open.
    PriorityOnIdleRefused => "H2-22";
    /// A frame of an unknown type may have any length.
    LongUnknownTaken => "H2-23";
    /// DATA may have any length.
    LongDataTaken => "H2-24";
    /// RST_STREAM on stream 0 is passed over.
    ResetOfZeroTaken => "H2-25";
    /// RST_STREAM on an idle stream is passed over.
    ResetOfIdleTaken => "H2-26";
    /// RST_STREAM may have any length.
    OddResetTaken => "H2-27";
    /// PUSH_PROMISE is passed over.
    PushTaken => "H2-28";
    /// DATA on stream 0 is passed over.
    DataOnZeroTaken => "H2-29";
    /// DATA on an idle stream is passed over.
    DataOnIdleTaken => "H2-30";
    /// Of DATA with too much padding nothing is left.
    DataPaddingUnchecked => "H2-31";
    /// DATA behind the end is passed over.
    DataAfterEndTaken => "H2-32";
    /// HEADERS behind the end are passed over.
    HeadersAfterEndTaken => "H2-33";
    /// HEADERS on stream 0 are passed over.
    HeadersOnZeroTaken => "H2-34";
    /// A client may open streams with even numbers.
    EvenStreamTaken => "H2-35";
    /// A client may open a stream below others.
    LowerStreamTaken => "H2-36";
    /// Of HEADERS with too much padding nothing is left.
    HeadersPaddingUnchecked => "H2-37";
    /// More than a few numbers may not be left out.
    GapsRefused => "H2-38";
    /// A reset ends all other streams.
    ResetEndsOthers => "H2-39";
    /// WINDOW_UPDATE on a stream that has ended is an error.
    LateUpdateRefused => "H2-40";
    /// There may be any number of streams.
    NoMaximum => "H2-41";
    /// A CONTINUATION must have content.
    EmptyContinuationRefused => "H2-42";
    /// Other frames may come within a block.
    FramesWithinBlocks => "H2-43";
    /// A CONTINUATION counts on any stream.
    ContinuationOfAnotherTaken => "H2-44";
    /// A CONTINUATION of no block is passed over.
    ContinuationOfNothingTaken => "H2-45";
    /// An index of nothing is no field.
    UnknownIndexTaken => "H2-46";
    /// What is left of Huffman's code is not looked at.
    PaddingOfCodeUnchecked => "H2-47";
    /// An integer that is too large ends the block.
    HugeIntegerTaken => "H2-48";
    /// A field that is cut off ends the block.
    CutBlockTaken => "H2-49";
    /// The table may have any size.
    TableMayGrow => "H2-50";
    /// The table may change its size anywhere.
    TableSizeAnywhere => "H2-51";
    /// The table is empty for each block.
    TableForgets => "H2-52";
    /// Answers use the table, however large it may be.
    TableInAnswers => "H2-53";
    /// WINDOW_UPDATE may have any length.
    OddUpdateTaken => "H2-54";
    /// The connection's window may be changed by nothing.
    NoIncrementTaken => "H2-55";
    /// A stream's window may be changed by nothing.
    NoIncrementOfStreamTaken => "H2-56";
    /// The connection's window goes to the limit.
    OverflowTaken => "H2-57";
    /// A stream's window goes to the limit.
    OverflowOfStreamTaken => "H2-58";
    /// Windows go to the limit by settings.
    OverflowBySettingsTaken => "H2-59";
    /// WINDOW_UPDATE on an idle stream is passed over.
    UpdateOfIdleTaken => "H2-60";
    /// Streams have no window.
    StreamWindowIgnored => "H2-61" "H2-63" "H2-64";
    /// The connection has no window.
    ConnectionWindowIgnored => "H2-62";
    /// Settings change the windows of later streams only.
    WindowsStay => "H2-59" "H2-63" "H2-64";
    /// No window gets below 0.
    NoNegativeWindow => "H2-64";
    /// No room is made for more of a body.
    NoRoomMade => "H2-65";
    /// Names are made lower case.
    UpperCaseTaken => "H2-66";
    /// Names may have any byte.
    OddNameTaken => "H2-67";
    /// Values may have any byte.
    OddValueTaken => "H2-68";
    /// Values may have blanks around them.
    BlanksAroundTaken => "H2-69";
    /// Fields of HTTP/1.1 are passed over.
    ConnectionFieldsTaken => "H2-70";
    /// TE may say anything.
    AnyTeTaken => "H2-71";
    /// Host is passed over.
    OtherHostTaken => "H2-72";
    /// Pseudo-fields may have any byte.
    LinesInPseudoFieldsTaken => "H2-73";
    /// The path and the method may have blanks.
    BlanksInPseudoFieldsTaken => "H2-74";
    /// Pseudo-fields that nobody knows are passed over.
    UnknownPseudoFieldTaken => "H2-75";
    /// The last pseudo-field counts.
    LastPseudoFieldCounts => "H2-76";
    /// Pseudo-fields may come late.
    LatePseudoFieldTaken => "H2-77";
    /// Pseudo-fields may be missing.
    MissingPseudoFieldTaken => "H2-78";
    /// The path may be empty.
    EmptyPathTaken => "H2-79";
    /// CONNECT is a method like others.
    ConnectTaken => "H2-80";
    /// The length is not compared with what comes.
    LengthUnchecked => "H2-81";
    /// The length is not looked at where nothing comes.
    LengthWithoutBodyTaken => "H2-82";
    /// A length that is none is passed over.
    OddLengthTaken => "H2-83";
    /// Trailers need not end the stream.
    TrailersWithoutEndTaken => "H2-84";
    /// Trailers may have pseudo-fields.
    PseudoFieldInTrailersTaken => "H2-85";
    /// The fields of trailers are not looked at.
    TrailersUnchecked => "H2-86";
    /// Padding is content.
    PaddingIsContent => "H2-87";
    /// DATA belongs to the newest stream.
    BodiesMixed => "H2-88";
    /// Names of answers have upper-case letters.
    UpperCaseInAnswers => "H2-89";
    /// The length counts a byte too many.
    LengthOfOneMore => "H2-90";
    /// HEAD is answered like GET.
    HeadWithBody => "H2-91";
    /// No 100 is ever sent.
    NoContinue => "H2-92";
    /// A connection has 25 answers.
    FewAnswers => "H2-93";
    /// Trailers that TE announces are an error.
    TrailersRefused => "H2-94" "H2-99";
    /// Padding has a byte at least.
    NoPaddingRefused => "H2-95";
    /// Fields without a value are dropped.
    EmptyFieldsDropped => "H2-96";
    /// There is no Host.
    HostNotMade => "H2-97";
    /// Cookies stay apart.
    CrumbsStay => "H2-98";
    /// Trailers are dropped.
    TrailersLost => "H2-99";
    /// Many resets end the server.
    DiesOfResets => "H2-100";
    /// A block may have any length.
    BlocksWithoutLimit => "H2-101";
    /// Many pings end the server.
    DiesOfPings => "H2-102";
    /// Much empty DATA ends the server.
    DiesOfEmptyData => "H2-103";
    /// Many answers that wait for a window end the server.
    DiesOfHeldAnswers => "H2-104";
    /// A block may unpack to any length.
    BombTaken => "H2-105";
}

/// Faults by which other checks suffer too: these are tried with their own checks only.
pub(crate) const SPREADING: [Fault; 6] = [
    Fault::DiesOfResets,
    Fault::DiesOfPings,
    Fault::DiesOfEmptyData,
    Fault::DiesOfHeldAnswers,
    Fault::PaddingIsContent,
    Fault::BodiesMixed,
];

/// The faults that nobody sees without the probe.
pub(crate) const UNSEEN: [Fault; 12] = [
    Fault::TableForgets,
    Fault::ConnectionWindowIgnored,
    Fault::EmptyFieldsDropped,
    Fault::HostNotMade,
    Fault::CrumbsStay,
    Fault::TrailersLost,
    Fault::LengthUnchecked,
    Fault::LengthWithoutBodyTaken,
    Fault::OddLengthTaken,
    Fault::TrailersWithoutEndTaken,
    Fault::PseudoFieldInTrailersTaken,
    Fault::TrailersUnchecked,
];
