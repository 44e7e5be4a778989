//! What is broken in each mutant, and which checks must see it.

use crate::family::faults;

faults! {
    /// TLS 1.2 is not spoken.
    NewestVersionOnly => "TL-01";
    /// TLS 1.3 is not spoken.
    NoNewestVersion => "TL-02";
    /// A client that offers an old version gets it.
    OldVersionTaken => "TL-03";
    /// Suites without encryption, or with a broken one, are agreed on.
    BrokenSuiteTaken => "TL-04";
    /// 3DES is agreed on.
    TripleDesTaken => "TL-05";
    /// Compression is agreed on.
    Compresses => "TL-06";
    /// A ClientHello must come in one record.
    HelloInOneRecord => "TL-07";
    /// A ClientHello that is malformed is waited for.
    MalformedHelloAwaited => "TL-08";
    /// A record of an unknown type is stepped over.
    UnknownRecordSkipped => "TL-09";
    /// A record may have any length.
    LongRecordTaken => "TL-10";
    /// Records without content are stepped over without end.
    EmptyRecordsSkipped => "TL-11";
    /// Handshakes are made one after the other.
    HandshakeHoldsOthersUp => "TL-12";
    /// Of the client's protocols only the first counts.
    FirstProtocolCounts => "TL-14";
    /// Whatever the client offers is agreed on.
    AnyProtocolTaken => "TL-15";
    /// h2 is agreed on, and HTTP/1.1 is spoken.
    AgreesOnHttp2 => "TL-16";
    /// A name that is not known is never answered.
    UnknownNameHangs => "TL-17";
    /// A request for another host than that of the handshake ends the connection.
    OtherHostEnds => "TL-18" "RQ-25";
    /// The end of a connection is not announced.
    NoCloseNotify => "TL-19";
    /// A client that says that it ends is waited for.
    CloseNotifyIgnored => "TL-20";
    /// A body that was cut off is taken for a whole one.
    CutBodyTaken => "TL-21" "RQ-19" "SM-05";
    /// Requests are served without TLS too.
    PlainServed => "TL-22";
    /// Early data is taken as often as it comes.
    EarlyDataReplayed => "TL-23";
    /// The app sees the scheme http.
    SchemeIsPlain => "TL-24" "RQ-28";
}

/// Faults by which other checks suffer too: these are tried with their own checks only.
pub(crate) const SPREADING: [Fault; 1] = [Fault::HandshakeHoldsOthersUp];
