//! What the matrix knows of mutants, whatever they speak.

use std::fmt::Debug;

use owin_conformance::check::{self, Check, Profile};
use owin_conformance::run::Target;

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
pub(crate) use faults;

/// Mutants that are made alike: a server that can be broken in many ways.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// The profiles that it is tried with; without a fault it passes all of them.
    pub(crate) profiles: &'static [Profile],
    pub(crate) rows: fn() -> Vec<Row>,
    pub(crate) start: fn(Broken) -> Box<dyn Mutant>,
}

/// A fault, and what becomes of it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) fault: String,
    /// The checks that catch it; no other does.
    pub(crate) ids: &'static [&'static str],
    /// Other checks suffer too, so that it is tried with its own only.
    pub(crate) spreads: bool,
    /// Nobody sees it without the probe.
    pub(crate) is_unseen: bool,
}

/// The rows of faults and of the checks that catch them. Some spread to other checks, and some nobody sees
/// without the probe.
pub(crate) fn rows_of<F: Debug + PartialEq>(
    faults: &[(F, &'static [&'static str])],
    spreading: &[F],
    unseen: &[F],
) -> Vec<Row> {
    let row = |(fault, ids): &(F, &'static [&'static str])| Row {
        fault: format!("{fault:?}"),
        ids,
        spreads: spreading.contains(fault),
        is_unseen: unseen.contains(fault) || !ids.iter().any(|id| is_on_the_wire(id)),
    };
    faults.iter().map(row).collect()
}

fn is_on_the_wire(id: &str) -> bool {
    check::find(id).unwrap().profile().is_on_the_wire()
}

/// How a server is broken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Broken {
    Not,
    /// By the fault of the row of that number.
    By(usize),
    /// It refuses the twins of that check.
    TooStrict(&'static Check),
}

/// What is wrong with a server of a family that has these faults.
#[derive(Clone, Debug)]
pub(crate) enum Spoilt<F> {
    Nothing,
    By(F),
    /// It refuses what is like one of these.
    TooStrict(Vec<Vec<u8>>),
    /// It stops when it reads any of these bytes.
    DiesOf(Vec<Vec<u8>>),
}

impl<F: Copy> Spoilt<F> {
    pub(crate) fn of(broken: Broken, faults: &[(F, &[&str])]) -> Self {
        match broken {
            Broken::Not => Self::Nothing,
            Broken::By(row) => Self::By(faults[row].0),
            Broken::TooStrict(check) => Self::TooStrict(check.twins()),
        }
    }

    pub(crate) fn fault(&self) -> Option<F> {
        if let Self::By(fault) = self { Some(*fault) } else { None }
    }

    /// What it refuses the like of, though it is right.
    pub(crate) fn twins(&self) -> &[Vec<u8>] {
        if let Self::TooStrict(twins) = self { twins } else { &[] }
    }

    /// What it does not survive.
    pub(crate) fn ends(&self) -> &[Vec<u8>] {
        if let Self::DiesOf(ends) = self { ends } else { &[] }
    }
}

/// A server that is broken in one way; dropping it stops it.
pub(crate) trait Mutant: Send {
    fn target(&self) -> Target;

    /// The same server by a path below which there is no probe, where it hosts one.
    fn plain_target(&self) -> Option<Target>;
}
