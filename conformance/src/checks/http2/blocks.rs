//! Field blocks, packed (RFC 7541; RFC 9113 §4.3).

use crate::check::{Check, Clause, Level, Profile, Proof, incident, rfc9113, standard};
use crate::checks::http2::WHOLE;
use crate::judge::{Breach, Cases, Error, GET, Judged, Trial, demand};
use crate::wire::http2::Step::Headers;
use crate::wire::http2::{self, field, raw};

const DECODING: Clause =
    rfc9113("4.3", "a decoding error is a COMPRESSION_ERROR of the connection");

const fn rfc7541(section: &'static str, says: &'static str) -> Clause {
    standard("RFC 7541", section, says)
}

const MEANS: &str = "both sides have different tables, and later requests get each other's fields";

pub(in crate::checks) const BLOCKS: &[Check] = &[
    Check {
        id: "H2-46",
        slug: "h2-index-of-nothing",
        title: "An index that has no field is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc7541("2.3.3", "an index beyond both tables is a decoding error"),
            rfc7541("6.1", "index 0 is a decoding error"),
            DECODING,
        ],
        seeds: "",
        means: MEANS,
        fix: "look at the index before the tables are asked, for whole fields and for names",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[raw(b"\x80")], &[raw(b"\x90")]),
                    (&[raw(b"\xBE")], &[raw(b"\x90")]),
                    (&[raw(b"\xFF\x80\x01")], &[raw(b"\x90")]),
                    (&[raw(b"\x0F\x2F\x01y")], &[raw(b"\x0F\x01\x01y")]),
                ],
            ),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-47",
        slug: "h2-odd-huffman",
        title: "Huffman's code with an odd padding or an EOS is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc7541(
                "5.2",
                "padding of more than 7 bits or of others than ones, and an EOS, are decoding errors",
            ),
            DECODING,
        ],
        seeds: "",
        means: "one value has many forms, and what looks for one of them is passed by",
        fix: "look at the bits that are left at the end, and refuse the code of EOS",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[raw(b"\0\x01x\x81\x18")], &[raw(b"\0\x01x\x81\x1F")]),
                    (&[raw(b"\0\x01x\x82\x1F\xFF")], &[raw(b"\0\x01x\x81\x1F")]),
                    (&[raw(b"\0\x01x\x84\xFF\xFF\xFF\xFF")], &[raw(b"\0\x01x\x81\x1F")]),
                ],
            ),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-48",
        slug: "h2-huge-integer",
        title: "An integer without end is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc7541("5.1", "integers beyond a limit in value or length are decoding errors"),
            DECODING,
        ],
        seeds: "",
        means: "a length that wraps around reads memory, or allocates all of it",
        fix: "stop after five bytes, and add with a check for overflow",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[raw(b"\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")], &[field("x", "y")]),
                    (
                        &[raw(b"\xFF\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")],
                        &[field("x", "y")],
                    ),
                ],
            ),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-49",
        slug: "h2-cut-block",
        title: "A block that ends within a field is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[DECODING],
        seeds: "",
        means: MEANS,
        fix: "let nothing be left of a block at END_HEADERS",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[raw(b"\0\x01x\x05ab")], &[raw(b"\0\x01x\x02ab")]),
                    (&[raw(b"\0\x01x")], &[raw(b"\0\x01x\0")]),
                    (&[raw(b"\xFF")], &[raw(b"\x90")]),
                ],
            ),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-50",
        slug: "h2-table-too-large",
        title: "A table that grows above the limit is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc7541("6.3", "a size above the limit that was agreed on is a decoding error"),
            DECODING,
        ],
        seeds: "",
        means: "a peer makes the server keep as much as it likes",
        fix: "compare the size with what was announced in SETTINGS",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[&[raw(b"\x3F\xE1\xFF\xFF\x03")], GET])],
                &[Headers(WHOLE, 1, &[&[raw(b"\x20\x3F\xE1\x1F")], GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-51",
        slug: "h2-table-size-behind",
        title: "A change of the table's size behind a field is an error of the connection",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            rfc7541("4.2", "a change of the size stands at the beginning of a block"),
            incident("h2spec hpack/4.2/1", "most servers refuse it since they are tried for it"),
        ],
        seeds: "",
        means: MEANS,
        fix: "note that a field was read, and refuse a change of the size behind it",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(GET, &[(&[raw(b"\x20")], &[field("x", "y")])]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-52",
        slug: "h2-tables",
        title: "Fields from both tables and in Huffman's code are the fields that they stand for",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc7541("6.1", "an indexed field is the entry of the table"),
            rfc7541("2.3.2", "the dynamic table is first in, first out"),
            rfc9113("4.3", "blocks of a connection share one table"),
        ],
        seeds: "",
        means: "any usual client gets wrong answers, or none",
        fix: "keep one table for a connection, and change it by each block, also of refused ones",
        proof: Proof::HoldsByProbe(tables),
    },
    Check {
        id: "H2-53",
        slug: "h2-no-table",
        title: "A client without a dynamic table can read the answers",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "4.3.1",
            "the table of the server's encoder is no larger than HEADER_TABLE_SIZE once it is \
             acknowledged",
        )],
        seeds: "",
        means: "small clients cannot talk to the server",
        fix: "shrink the encoder's table before SETTINGS are acknowledged",
        proof: Proof::Holds(no_table),
    },
];

/// The first request puts fields into the table, the second takes them out of it.
fn tables(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    // GET and http by index; x-kept with `taste` in Huffman's code, kept; cookie by its static name.
    let kept = b"\x40\x06x-kept\x84\x48\xD0\x92\xFF\x60\x03a=b";
    let again = b"\xBF\xBE";
    for packed in [&kept[..], again] {
        let stream = link.next_stream();
        let nonce = trial.nonce();
        let target = trial.target_of("echo", &nonce);
        let fill = trial.fill(&target);
        let last = [field(":path", "{target}"), field(":authority", "{host}")];
        let block = [b"\x82\x86".to_vec(), fill.block(&[&last]), packed.to_vec()].concat();
        link.send(&http2::Frame::new(http2::HEADERS, WHOLE, stream, block));
        let seen = trial.seen_on(&mut link, stream)?;
        for (name, value) in [("x-kept", "taste"), ("cookie", "a=b")] {
            let own = crate::checks::http2::views::values(&seen, name);
            demand(own == [value], || format!("the app saw {name} as {own:?} and not {value:?}"))?;
        }
    }
    Ok(())
}

fn no_table(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2_with(&[(http2::HEADER_TABLE_SIZE, 0)])?;
    let patience = link.patience();
    link.wait(patience, |peer| peer.acks > 0)?;
    for _ in 0..3 {
        trial.goes_on(&mut link)?;
    }
    Ok(())
}
