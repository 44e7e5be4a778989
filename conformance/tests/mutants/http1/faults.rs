//! What is broken in each mutant, and which checks must see it.
//!
//! To add a check, add a fault here that breaks a server in just that way, and do what it says where
//! the server below reads or writes.

use crate::family::faults;

faults! {
    /// The method is made upper case.
    MethodInUpperCase => "RQ-01";
    /// The query is decoded.
    QueryDecoded => "RQ-02";
    /// The path is decoded twice.
    PathDecodedTwice => "RQ-03";
    /// Lines of the same name become one.
    LinesJoined => "RQ-04" "RQ-55" "RQ-56";
    /// The app gets no more than 4096 bytes of a body with a length.
    BodyCut => "RQ-05" "RQ-57" "H1-32";
    /// The app gets the first chunk only.
    ChunksCut => "RQ-06" "RQ-18" "RQ-58" "SM-21";
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
    /// What is flushed for the third time gets lost.
    ThirdFlushLost => "RQ-13";
    /// An answer with 204 has a body and its length.
    BodyWith204 => "RQ-14";
    /// A failure looks like an answer.
    FailureIs200 => "RQ-15";
    /// A body that broke off ends like a whole one.
    BrokenOffLooksWhole => "RQ-16" "CM-17";
    /// The app is called once the body is there.
    BodyAwaited => "RQ-17" "RQ-21" "LT-02" "LT-07" "LT-12";
    /// A byte of a body that comes alone is another.
    LoneByteLost => "RQ-18";
    /// A body that breaks off is whole.
    BrokenBodyTaken => "RQ-19";
    /// A 100 is sent with each read.
    ContinueTwice => "RQ-20";
    /// A 100 is sent before the app is called.
    ContinueAtOnce => "RQ-21";
    /// The path base of the root is a slash.
    BaseIsASlash => "RQ-22" "RQ-24";
    /// A long form of a slash is a slash.
    OverlongDecoded => "RQ-23";
    /// The authority of a target is a part of the path.
    AuthorityInPath => "RQ-24";
    /// The host of the field counts beside that of the target.
    HostFieldCounts => "RQ-25";
    /// The host comes without its port.
    PortOfHostLost => "RQ-26";
    /// Where the client names no host there is none.
    NoGuessOfHost => "RQ-27";
    /// For old clients the host is guessed, whatever they name.
    GuessReplacesHost => "RQ-59";
    /// The scheme comes in upper case.
    SchemeInUpperCase => "RQ-28";
    /// Bytes beyond ASCII become question marks.
    HighBytesReplaced => "RQ-29" "RQ-56";
    /// The asterisk is a failure.
    AsteriskFails => "RQ-30";
    /// Every tunnel is opened.
    TunnelOpened => "RQ-31";
    /// A flush waits for the end.
    FlushWaits => "RQ-32";
    /// Two of many writes change places.
    WritesSwapped => "RQ-33";
    /// Bodies end after a mebibyte.
    LargeBodiesCut => "RQ-34" "LT-11";
    /// A body that falls short of its length gets zeros.
    ShortIsPadded => "RQ-35";
    /// What goes beyond the length is sent.
    SentBeyondLength => "RQ-36";
    /// A length that is none is sent.
    OddLengthSent => "RQ-37";
    /// The app's coding is sent.
    CodingOfAppSent => "RQ-38";
    /// The app's `close` is passed over.
    CloseOfAppIgnored => "RQ-39";
    /// An answer to HEAD has the length zero.
    LengthOfHeadIsZero => "RQ-40";
    /// Old clients get chunks too.
    ChunksForAll => "RQ-41";
    /// Any status is sent.
    AnyStatusSent => "RQ-42";
    /// Any phrase is sent.
    AnyPhraseSent => "RQ-43";
    /// Any value is sent.
    AnyValueSent => "RQ-44";
    /// Any name is sent.
    AnyNameSent => "RQ-45";
    /// Letters are cut to a byte.
    ValuesNarrowed => "RQ-46";
    /// A field that comes late is sent where the body is.
    LateFieldsInBody => "RQ-47";
    /// A 500 of the app is a failure as any other.
    FailureIsAlike => "RQ-48";
    /// An app that panics takes its connection along.
    PanicCloses => "RQ-49";
    /// Fields of the request before stay where the next has none of the name.
    FieldsStay => "RQ-50";
    /// The same with fields of the response.
    ResponseStays => "RQ-51";
    /// Of calls at the same time all get the newest query.
    NewestQueryCounts => "RQ-52";
    /// There is no `owin.ResponseBody`.
    RequiredKeyMissing => "RQ-53";
    /// The environment stays as the app left it.
    EnvironmentStays => "RQ-54";

    /// An address has brackets.
    AddressInBrackets => "CM-01";
    /// The port of the client is the server's.
    PortsMixedUp => "CM-02";
    /// The local address is the one that was bound.
    LocalIsAny => "CM-03";
    /// No client is on this machine.
    NobodyIsLocal => "CM-04";
    /// The capabilities count calls.
    CapabilitiesChange => "CM-05";
    /// The capabilities do not name the server.
    NamelessServer => "CM-06";
    /// Files can be sent, and nobody says so.
    ExtensionUnannounced => "CM-07";
    /// There is a key of OWIN's that OWIN does not know.
    KeyOfItsOwn => "CM-08";
    /// A value has one type now and another then.
    TypesChange => "CM-09";
    /// A key is there without a value.
    EmptyKeys => "CM-10";
    /// All calls have one id.
    IdsRepeat => "CM-11";
    /// A callback cannot change the status any more.
    CallbacksTooLate => "CM-12";
    /// Callbacks run only where there is a body.
    CallbacksNeedABody => "CM-13" "CM-16";
    /// The callback that was registered first runs first.
    CallbacksForwards => "CM-14";
    /// Callbacks run twice.
    CallbacksTwice => "CM-15";
    /// A callback that fails is passed over.
    CallbackFailureIgnored => "CM-16";
    /// A callback that comes late is taken, and never runs.
    LateCallbacksTaken => "CM-17";
    /// Callbacks stay for the next call.
    CallbacksStay => "CM-18";
    /// Trailers of a request are dropped.
    TrailersLost => "CM-19";
    /// Trailers of a request stand among its fields.
    TrailersAmongFields => "CM-20";
    /// Trailers of a response are dropped.
    TrailersUnsent => "CM-21";

    /// A reset fires no token.
    ResetUntold => "LT-01" "LT-05";
    /// An end in the middle of a body fires no token.
    EndInBodyUntold => "LT-02";
    /// A write that fails fires no token.
    WriteFailureUntold => "LT-03";
    /// The token fires when the connection ends.
    TokenFiresAfterSuccess => "LT-04";
    /// The token fires only for whoever waits at that time.
    LateLookSeesNothing => "LT-05";
    /// A client that closes its half gets no answer.
    HalfCloseIsLoss => "LT-06";
    /// A body that broke off ends.
    ReadsNeverFail => "LT-07";
    /// What is written for a client that has gone is thrown away.
    WritesNeverFail => "LT-08";
    /// A call waits until no other does.
    CallsWaitForOthers => "LT-09";
    /// A few calls are made at once.
    FewCallsAtOnce => "LT-10";
    /// What the app writes is taken, whether the client reads or not.
    WritesSwallowed => "LT-03" "LT-08" "LT-11";
    /// What the client sends is taken, whether the app reads or not.
    UploadSwallowed => "LT-12";

    /// Without a count the last byte of a file is missing.
    LastByteOfFileLost => "FI-01" "FI-02";
    /// Files are sent from their beginning.
    OffsetIgnored => "FI-02" "FI-03" "FI-04";
    /// Files are sent to their end.
    CountIgnored => "FI-02" "FI-03" "FI-04";
    /// No bytes are no range.
    NoBytesFail => "FI-03";
    /// A range is cut to what is there.
    RangeIsCut => "FI-04";
    /// A file that is not there is empty.
    MissingFileIsEmpty => "FI-05";
    /// What was written before a file is lost.
    FileIsAllThereIs => "FI-06";
    /// A file is sent to HEAD, too.
    FilesWithHead => "FI-07";
    /// Files end after a mebibyte.
    LargeFilesCut => "FI-08";
    /// A file comes without the app's fields.
    FileForgetsHead => "FI-09";

    /// A 101 does not say to what.
    ProtocolUnsaid => "UP-01";
    /// What comes second, and is short, is lost.
    SecondReadLost => "UP-08";
    /// What came with the head is lost.
    EarlyBytesLost => "UP-09";
    /// An end of the input ends the output.
    HalfCloseEndsStream => "UP-10";
    /// A stream stays open when the app has ended.
    EndKeepsStream => "UP-11";
    /// Every request may be upgraded.
    UpgradeUnasked => "UP-03";
    /// An app that does not take the connection gets it all the same.
    RefusalSwitches => "UP-04";
    /// Requests of HTTP/1.0 may be upgraded.
    UpgradeForAll => "UP-05";
    /// `Upgrade` is enough.
    OptionNotNeeded => "UP-06";
    /// `Connection` must be `Upgrade` and nothing else.
    OptionAlone => "UP-07";
    /// A stream ends after half a mebibyte.
    LargeStreamsCut => "UP-12";
    /// A stream stays open when the app has failed.
    FailureKeepsStream => "UP-13";
    /// A 101 has no field of the app.
    SwitchForgetsFields => "UP-02";
    /// The body of the request is a part of the stream.
    BodyIsStream => "UP-14";
    /// The app is not told that the client has gone.
    StreamOutlivesClient => "UP-15";

    /// A value has 64 bytes at most.
    LongValueCut => "RQ-29" "RQ-55";
    /// A body of whole pages of memory, two of them at least, loses its last byte.
    LastByteOfPageLost => "RQ-57";
    /// A chunk size with zeros in front and an extension is refused.
    ZerosAndExtensionRefused => "RQ-58";

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
    AbsoluteTargetRefused => "H1-15" "RQ-24";
    /// An empty line is a request line.
    EmptyLineRefused => "H1-16";
    /// Every answer is the last.
    EveryAnswerCloses => "H1-17";
    /// `close` counts only where it stands alone.
    CloseInAListIgnored => "H1-18";
    /// Where more than two requests lie there, the connection ends.
    PipelineOfTwo => "H1-19" "SM-21";
    /// A head must come with the first read.
    HeadInOneRead => "H1-20" "H1-31" "H1-32";
    /// A client that closed its half is gone, where that is seen in time, as every third time.
    HalfClosedIsGone => "H1-21";
    /// Connections of HTTP/1.0 are kept.
    OldConnectionsKept => "H1-22";
    /// A chunk size has no zeros in front.
    ZerosInFrontRefused => "H1-23" "RQ-58" "SM-21";
    /// `chunked` is compared byte by byte.
    CodingInOneCase => "H1-24";
    /// No 100 is ever sent.
    NoContinue => "H1-25" "RQ-20";
    /// A 100 is sent to old clients too.
    ContinueForAll => "H1-26";
    /// The head ends with a line feed.
    HeadEndsWithLineFeed => "H1-27";
    /// HEAD is answered like GET.
    HeadWithBody => "H1-28" "RQ-40" "FI-07";
    /// There is no Date.
    NoDate => "H1-29";

    /// A reset ends the server.
    DiesOfReset => "H1-30";
    /// The end of a head must not be cut within its last two bytes.
    CutEndRefused => "H1-31";
    /// A body of an odd length that does not come whole with its head loses its last byte.
    OddBodyCut => "H1-32";

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
    LongLengthIgnored => "SM-17" "SM-19" "SM-21" "RQ-05" "RQ-19" "RQ-57" "H1-32" "LT-02" "LT-07";
    /// Lengths are passed over in a GET.
    LengthOfGetIgnored => "SM-18";
    /// A body that the app has not read is the next request.
    UnreadIsNext => "SM-19";
    /// Of a chunk size two digits count at most, and of these the last.
    LastDigitCounts => "SM-20" "SM-21" "RQ-06" "RQ-58";
    /// What lies behind three chunks or more begins a byte too early.
    BehindChunksOff => "SM-21";
    /// A length may have any number of digits, and a body that breaks off is one.
    BrokenOffTaken => "SM-05" "RQ-19" "LT-07";

    // What is odd, but allowed: no check may catch it.

    /// A fold becomes two blanks, and the tab behind it stays.
    FoldIsBlanks => ;
    /// A method that is no token is not allowed (405).
    OddMethodNotAllowed => ;
    /// A length over 64 bits is the server's fault (500).
    HugeLengthIs500 => ;
}
