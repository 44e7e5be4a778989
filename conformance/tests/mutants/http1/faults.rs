//! What is broken in each mutant, and which checks must see it.
//!
//! To add a check, add a fault here that breaks a server in just that way, and do what it says where
//! the server below reads or writes.

/// Declares the faults: a name, and the ids of the checks that fail, and no others do.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident => $($id:literal)*;)*) => {
        /// One thing that a mutant does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($(#[$doc])* $name,)*
        }

        /// Every fault, and the checks that catch it.
        pub(crate) const FAULTS: &[(Fault, &[&str])] = &[$((Fault::$name, &[$($id),*]),)*];
    };
}

faults! {
    /// The method is made upper case.
    MethodInUpperCase => "RQ-01";
    /// The query is decoded.
    QueryDecoded => "RQ-02";
    /// The path is decoded twice.
    PathDecodedTwice => "RQ-03";
    /// Lines of the same name become one.
    LinesJoined => "RQ-04";
    /// The app gets no more than 4096 bytes of a body with a length.
    BodyCut => "RQ-05";
    /// The app gets the first chunk only.
    ChunksCut => "RQ-06";
    /// The version is always the newest.
    VersionIsAlwaysNewest => "RQ-07";
    /// The app is called again for the same request.
    CalledTwice => "RQ-08";
    /// An app that sets nothing has answered 204.
    NothingIs204 => "RQ-09";
    /// A status that nobody registered becomes 200.
    UnknownStatusIs200 => "RQ-10";
    /// The phrase is the usual one.
    PhraseLost => "RQ-11";
    /// Cookies become one line.
    CookiesJoined => "RQ-12";
    /// The last piece of a body stays in a buffer.
    LastPieceLost => "RQ-13";
    /// An answer with 204 has a body and its length.
    BodyWith204 => "RQ-14";
    /// A failure looks like an answer.
    FailureIs200 => "RQ-15";
    /// A body that broke off ends like a whole one.
    BrokenOffLooksWhole => "RQ-16";
    /// The app is called once the body is there.
    BodyAwaited => "RQ-17";

    /// A request without a host is taken.
    NoHostTaken => "H1-01";
    /// The last of several hosts counts.
    LastHostCounts => "H1-02";
    /// Any host is taken.
    AnyHostTaken => "H1-03";
    /// Names are trimmed.
    NamesTrimmed => "H1-04";
    /// Names may have parentheses.
    NamesWithParentheses => "H1-05";
    /// A value may have a CR.
    CarriageReturnKept => "H1-06";
    /// A value may have a NUL.
    NulKept => "H1-07";
    /// A line that goes on is dropped.
    FoldDropped => "H1-08";
    /// The first line may begin with a blank.
    FirstLineTrimmed => "H1-09";
    /// Names are compared byte by byte with the two usual forms.
    NamesInTwoCases => "H1-10";
    /// Any version is taken for the newest.
    AnyVersionTaken => "H1-11";
    /// The target goes to the last blank.
    TargetWithBlanks => "H1-12";
    /// The target may have control bytes.
    TargetWithControls => "H1-13";
    /// The method is any word.
    AnyMethodTaken => "H1-14";
    /// A target with a scheme is refused.
    AbsoluteTargetRefused => "H1-15";
    /// An empty line is a request line.
    EmptyLineRefused => "H1-16";
    /// Every answer is the last.
    EveryAnswerCloses => "H1-17";
    /// `close` counts only where it stands alone.
    CloseInAListIgnored => "H1-18";
    /// Of what lies there only two requests are kept.
    PipelineOfTwo => "H1-19";
    /// A head must come with the first read.
    HeadInOneRead => "H1-20";
    /// A client that closed its half is gone, where that is seen in time, as every third time.
    HalfClosedIsGone => "H1-21";
    /// Connections of HTTP/1.0 are kept.
    OldConnectionsKept => "H1-22";
    /// A chunk size has no zeros in front.
    ZerosInFrontRefused => "H1-23";
    /// `chunked` is compared byte by byte.
    CodingInOneCase => "H1-24";
    /// No 100 is ever sent.
    NoContinue => "H1-25";
    /// A 100 is sent to old clients too.
    ContinueForAll => "H1-26";
    /// The head ends with a line feed.
    HeadEndsWithLineFeed => "H1-27";
    /// HEAD is answered like GET.
    HeadWithBody => "H1-28";
    /// There is no Date.
    NoDate => "H1-29";

    /// A reset ends the server.
    DiesOfReset => "H1-30";

    /// The length counts, and chunks beside it do not.
    LengthBesideChunksCounts => "SM-01";
    /// The last of several lengths counts.
    LastLengthCounts => "SM-02";
    /// The first length of a list counts.
    FirstOfAListCounts => "SM-03";
    /// A length may have a sign.
    SignedLength => "SM-04";
    /// A length wraps at 64 bits.
    LengthWraps => "SM-05";
    /// A coding that is not known is passed over.
    UnknownCodingPassedOver => "SM-06";
    /// `chunked` counts anywhere in a list.
    ChunkedAnywhere => "SM-07";
    /// `chunked` may stand there twice.
    ChunkedTwice => "SM-08";
    /// A coding in HTTP/1.0 is decoded, and the connection goes on.
    CodingInOldVersion => "SM-09";
    /// A coding with a blank before its colon is passed over.
    BlankHidesCoding => "SM-10";
    /// A coding with a control byte is passed over.
    ControlHidesCoding => "SM-11";
    /// A chunk size may have a sign.
    SignedSize => "SM-12";
    /// A chunk size wraps at 64 bits.
    SizeWraps => "SM-13";
    /// What stands behind the data of a chunk is stepped over.
    ChunkEndUnchecked => "SM-14";
    /// A line feed in an extension is stepped over.
    LineFeedInExtension => "SM-15";
    /// A line of chunks may end with a line feed.
    LineFeedEndsSize => "SM-16";
    /// Lengths over forty are passed over in a POST, so that its body is read as a request.
    LongLengthIgnored => "SM-17" "SM-19" "RQ-05";
    /// Lengths are passed over in a GET.
    LengthOfGetIgnored => "SM-18";
    /// A body that the app has not read is the next request.
    UnreadIsNext => "SM-19";
    /// Of a chunk size two digits count at most, and of these the last.
    LastDigitCounts => "SM-20" "RQ-06";
    /// A length may have any number of digits, and a body that breaks off is one.
    BrokenOffTaken => "SM-05";

    // What is odd, but allowed: no check may catch it.

    /// A fold becomes two blanks, and the tab behind it stays.
    FoldIsBlanks => ;
    /// A method that is no token is not allowed (405).
    OddMethodNotAllowed => ;
    /// A length over 64 bits is the server's fault (500).
    HugeLengthIs500 => ;
}

/// Faults by which other checks suffer too: these are tried with their own checks only.
pub(crate) const SPREADING: [Fault; 1] = [Fault::DiesOfReset];

/// The faults on the wire that nobody sees without the probe.
pub(crate) const UNSEEN: [Fault; 6] = [
    Fault::BrokenOffTaken,
    Fault::CarriageReturnKept,
    Fault::NulKept,
    Fault::FoldDropped,
    Fault::FirstLineTrimmed,
    Fault::UnreadIsNext,
];
