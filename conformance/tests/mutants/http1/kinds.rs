//! Faults that are not like the others.

use super::faults::Fault;

/// Faults by which other checks suffer too: these are tried with their own checks only.
pub(crate) const SPREADING: [Fault; 9] = [
    Fault::LargeBodiesCut,
    Fault::DiesOfReset,
    Fault::CallsWaitForOthers,
    Fault::FewCallsAtOnce,
    Fault::LastByteOfPageLost,
    Fault::ZerosAndExtensionRefused,
    Fault::CutEndRefused,
    Fault::OddBodyCut,
    Fault::BehindChunksOff,
];

/// The faults on the wire that nobody sees without the probe.
pub(crate) const UNSEEN: [Fault; 9] = [
    Fault::BodyCut,
    Fault::ChunksCut,
    Fault::OddBodyCut,
    Fault::BrokenOffTaken,
    Fault::CarriageReturnKept,
    Fault::NulKept,
    Fault::FoldDropped,
    Fault::FirstLineTrimmed,
    Fault::UnreadIsNext,
];
