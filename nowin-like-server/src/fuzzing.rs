//! What the machines make of any bytes, as values that can be compared: for the fuzz targets, and
//! for the test that runs their seeds.
//!
//! Nothing here is an interface for users; it follows the machines. Each function gives what was seen
//! in order, and stops at the first refusal.

use std::sync::Arc;

use bytes::BytesMut;
use http::HeaderMap;
use owin_core::{BodyLength, Environment};

use crate::h1::Settings;
use crate::h1::chunked::{Decoded, Decoder};
use crate::h1::state::{Machine, Received};
use crate::observe::Reason;

/// Something that came out of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// A whole head.
    Head {
        /// The method.
        method: String,
        /// The target, as it was sent.
        target: String,
        /// Says whether it is of HTTP/1.0.
        is_http_10: bool,
        /// The field lines in their order.
        fields: Vec<(String, Vec<u8>)>,
        /// How many bytes the body has; `None` where it is chunked.
        body: Option<u64>,
    },
    /// Bytes of a body, as many as came one after the other.
    Data(Vec<u8>),
    /// The end of a body, with its trailer fields.
    End(Vec<(String, Vec<u8>)>),
    /// The answer to what broke a rule, and why.
    Refused(u16, &'static str),
    /// More bytes are needed.
    Unfinished,
}

/// Reads one head; what stands behind it is not looked at.
#[must_use]
pub fn head(bytes: &[u8]) -> Seen {
    let mut machine = Machine::new(Arc::default());
    machine.unread_mut().extend_from_slice(bytes);
    match step(&mut machine, &mut false) {
        Err(reason) => refused(reason),
        Ok(None) => Seen::Unfinished,
        Ok(Some(seen)) => seen,
    }
}

/// Decodes a chunked body that comes in pieces of these lengths, and then the rest at once.
#[must_use]
pub fn chunked(bytes: &[u8], pieces: &[usize]) -> Vec<Seen> {
    let (mut decoder, mut unread, mut seen) =
        (Decoder::new(Settings::default().chunk_limits()), BytesMut::new(), Vec::new());
    for piece in split(bytes, pieces) {
        unread.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut unread) {
                Ok(Decoded::Nothing) => break,
                Ok(Decoded::Data(data)) => push_data(&mut seen, &data),
                Ok(Decoded::End(trailers)) => return ended(seen, Seen::End(lines(&trailers))),
                Err(refusal) => return ended(seen, refused(refusal)),
            }
        }
    }
    ended(seen, Seen::Unfinished)
}

/// Reads the requests of a connection that come in pieces of these lengths, and then the rest at
/// once.
#[must_use]
pub fn connection(bytes: &[u8], pieces: &[usize]) -> Vec<Seen> {
    let mut machine = Machine::new(Arc::default());
    let (mut seen, mut is_in_body) = (Vec::new(), false);
    for piece in split(bytes, pieces) {
        machine.unread_mut().extend_from_slice(piece);
        loop {
            match step(&mut machine, &mut is_in_body) {
                Ok(Some(Seen::Data(data))) => push_data(&mut seen, &data),
                Ok(Some(event)) => seen.push(event),
                Ok(None) => break,
                Err(refusal) => return ended(seen, refused(refusal)),
            }
        }
    }
    ended(seen, Seen::Unfinished)
}

fn step(machine: &mut Machine, is_in_body: &mut bool) -> Result<Option<Seen>, Reason> {
    if *is_in_body {
        return Ok(match machine.read_body()? {
            Received::Nothing => None,
            Received::Data(data) => Some(Seen::Data(data.to_vec())),
            Received::End(trailers) => {
                machine.next();
                *is_in_body = false;
                Some(Seen::End(lines(&trailers)))
            }
        });
    }
    if !machine.find_head()? {
        return Ok(None);
    }
    let mut env = Environment::new();
    machine.read_head(&mut env)?;
    *is_in_body = true;
    let body = machine.length().map_or(BodyLength::Unknown, BodyLength::Known);
    Ok(Some(seen_head(&env, body)))
}

/// Ways to split bytes: one by one, in two at every place where they are few, and some by chance,
/// which is the same for the same bytes.
pub fn splits(bytes: &[u8]) -> impl Iterator<Item = Vec<usize>> {
    const FEW: usize = 160;
    let by_one = std::iter::once(vec![1; bytes.len()]);
    let in_two = (1..bytes.len()).filter(|_| bytes.len() <= FEW).map(|at| vec![at]);
    let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let by_chance = (1..4).map(move |round| {
        let seed = sum.rotate_left(round * 13);
        (0..16).map(|index| 1 + usize::from(seed.rotate_left(index * 4).to_le_bytes()[0])).collect()
    });
    by_one.chain(in_two).chain(by_chance)
}

fn split<'a>(bytes: &'a [u8], pieces: &[usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    pieces.iter().copied().chain([usize::MAX]).map_while(move |length| {
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

fn push_data(seen: &mut Vec<Seen>, data: &[u8]) {
    match seen.last_mut() {
        Some(Seen::Data(before)) => before.extend_from_slice(data),
        _ => seen.push(Seen::Data(data.to_vec())),
    }
}

fn ended(mut seen: Vec<Seen>, last: Seen) -> Vec<Seen> {
    seen.push(last);
    seen
}

fn refused(reason: Reason) -> Seen {
    Seen::Refused(reason.status().map_or(0, |status| status.as_u16()), reason.code())
}

fn seen_head(env: &Environment, body: BodyLength) -> Seen {
    let request = env.request();
    let fields = request.headers().lines();
    Seen::Head {
        method: request.method().as_str().to_owned(),
        target: request.raw_target().unwrap_or_default().to_owned(),
        is_http_10: request.protocol() == http::Version::HTTP_10,
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_vec())).collect(),
        body: if let BodyLength::Known(length) = body { Some(length) } else { None },
    }
}

fn lines(fields: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let lines = fields.iter();
    lines.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The seeds of a target, with their names.
    fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let seeds = files.map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        });
        let seeds: Vec<_> = seeds.collect();
        assert!(seeds.len() >= 20, "{target} has {} seeds", seeds.len());
        seeds
    }

    /// Whether the name of a seed says what came of it.
    #[track_caller]
    fn is_as_named(name: &str, last: &Seen) {
        let said = name.split('-').next().unwrap();
        match last {
            Seen::Refused(status, why) => assert_eq!(said, status.to_string(), "{name}: {why}"),
            Seen::Unfinished => assert!(matches!(said, "part" | "ok"), "{name} needs more"),
            _ => assert_eq!(said, "ok", "{name} is taken"),
        }
    }

    #[test]
    fn every_seed_of_a_head_is_what_its_name_says() {
        for (name, bytes) in seeds("head") {
            let seen = head(&bytes);
            is_as_named(&name, &seen);
            assert_eq!(name.starts_with("part"), seen == Seen::Unfinished, "{name}");
        }
    }

    #[test]
    fn every_seed_of_chunks_is_what_its_name_says_however_it_is_split() {
        for (name, bytes) in seeds("chunked") {
            let whole = chunked(&bytes, &[]);
            is_as_named(&name, whole.last().unwrap());
            for pieces in splits(&bytes) {
                assert_eq!(chunked(&bytes, &pieces), whole, "{name} in {pieces:?}");
            }
        }
    }

    #[test]
    fn every_seed_of_a_connection_is_what_its_name_says_however_it_is_split() {
        for (name, bytes) in seeds("connection") {
            let whole = connection(&bytes, &[]);
            is_as_named(&name, whole.last().unwrap());
            for pieces in splits(&bytes) {
                assert_eq!(connection(&bytes, &pieces), whole, "{name} in {pieces:?}");
            }
        }
    }

    #[test]
    fn every_way_to_split_gives_the_same_bytes() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut ways = 0;
        for pieces in splits(&bytes) {
            ways += 1;
            assert_eq!(split(&bytes, &pieces).collect::<Vec<_>>().concat(), bytes);
        }
        assert_eq!(ways, 1 + 99 + 3);
    }
}
