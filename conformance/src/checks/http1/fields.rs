//! The field lines of a head (RFC 9110 §5, RFC 9112 §5).

use crate::check::{Check, Clause, Level, Profile, Proof, rfc9110, rfc9112};
use crate::judge::{Judged, Or, Refusal, Trial, Where, demand};
use crate::wire::Asked;

const FRAME: (&[u8], &[u8]) =
    (b"GET {target} HTTP/1.1\r\nHost: {host}\r\n", b"\r\nX-Last: y\r\n\r\n");

const GRAMMAR: Clause =
    rfc9112("2.2", "what does not match the grammar of a message: 400, and it closes");

const MEANS: &str = "somebody in front sees another field, or none: its rules are passed by";

pub(in crate::checks) const FIELDS: &[Check] = &[
    Check {
        id: "H1-04",
        slug: "blank-before-a-colon",
        title: "A field name with a blank before its colon is refused",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("5.1", "whitespace between a field name and its colon: 400")],
        seeds: "HT-11, attack 3",
        means: MEANS,
        fix: "do not trim names; refuse what is no token",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b"X-Odd : a", b"X-Odd: a"), (b"X-Odd\t: a", b"X-Odd: a")],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "H1-05",
        slug: "odd-name",
        title: "A line whose name is no token, or that has none, is refused",
        level: Level::Should,
        profile: Profile::Http1,
        clauses: &[GRAMMAR, rfc9110("5.1", "the name of a field is a token")],
        seeds: "HT-11, attack 3",
        means: MEANS,
        fix: "test each byte of a name for being one of a token, and the name for having one",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"X-(Odd): a", b"X-Odd: a"),
                (b"X Odd: a", b"X-Odd: a"),
                (b"X/Odd: a", b"X-Odd: a"),
                (b"X-\x7F: a", b"X-Odd: a"),
                (b"X-\xC3\xB6dd: a", b"X-Odd: a"),
                (b": a", b"X-Odd: a"),
                (b"X-Odd", b"X-Odd:"),
            ],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "H1-06",
        slug: "bare-carriage-return",
        title: "A CR inside a value is refused, or becomes a blank",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("2.2", "a CR without its LF is invalid, or replaced by SP")],
        seeds: "HT-10, attack 3",
        means: MEANS,
        fix: "look for CR once the line has been cut at its CRLF",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b"X-Odd: a\rb", b"X-Odd: a b"), (b"X-Odd: a\r b", b"X-Odd: a b")],
            defect_in: Where::Head,
            or: Or::Shows("x-odd", Some("a b")),
        }),
    },
    Check {
        id: "H1-07",
        slug: "nul-in-a-value",
        title: "A NUL inside a value is refused, or becomes a blank",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9110("5.5", "CR, LF or NUL in a value: refused, or replaced by SP")],
        seeds: "HT-10, attack 3",
        means: "whoever takes the NUL for the end sees another value",
        fix: "test the bytes of values",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b"X-Odd: a\x00b", b"X-Odd: a b")],
            defect_in: Where::Head,
            or: Or::Shows("x-odd", Some("a b")),
        }),
    },
    Check {
        id: "H1-08",
        slug: "folded-line",
        title: "A folded line is refused, or becomes one line",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("5.2", "a line that goes on in the next: 400, or the fold becomes SP")],
        seeds: "HT-09, attack 3",
        means: MEANS,
        fix: "refuse a line that begins with a blank",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b"X-Odd: a\r\n b", b"X-Odd: a b"), (b"X-Odd: a\r\n\tb", b"X-Odd: a b")],
            defect_in: Where::Head,
            or: Or::Shows("x-odd", Some("a b")),
        }),
    },
    Check {
        id: "H1-09",
        slug: "blank-before-the-first-field",
        title: "A first line that begins with a blank is refused, or passed over",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112(
            "2.2",
            "whitespace between the request line and the first field: refused, or such lines are \
             passed over",
        )],
        seeds: "HT-09, attack 3",
        means: MEANS,
        fix: "refuse a line that begins with a blank",
        proof: Proof::Refuses(Refusal {
            frame: (b"GET {target} HTTP/1.1\r\n", b"Host: {host}\r\n\r\n"),
            pairs: &[(b" X-Odd: a\r\n", b"X-Odd: a\r\n"), (b"\tX-Odd: a\r\n", b"X-Odd: a\r\n")],
            defect_in: Where::Head,
            or: Or::Shows("x-odd", None),
        }),
    },
    Check {
        id: "H1-10",
        slug: "names-in-any-case",
        title: "The names of fields count the same in any case",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9110("5.1", "names of fields are case-insensitive")],
        seeds: "OWIN-036",
        means: "clients that write names otherwise are refused, or their fields are not seen",
        fix: "compare names without regard to case",
        proof: Proof::Holds(names_in_any_case),
    },
];

/// `Host` is the field that every server looks for, and the length the one that shows whether it was
/// found.
fn names_in_any_case(trial: &Trial<'_>) -> Judged {
    trial.takes_posts()?;
    for (host, length) in [("HOST", "CONTENT-LENGTH"), ("hOsT", "cOnTeNt-lEnGtH")] {
        let request =
            format!("POST {{target}} HTTP/1.1\r\n{host}: {{host}}\r\n{length}: 3\r\n\r\nabc");
        let mut link = trial.connect()?;
        link.send(trial.message(request).bytes);
        let answer = link.answer(Asked::Whole)?;
        demand(answer.status != 400, || format!("{host} and {length} were answered by 400"))?;
        if !answer.closes() {
            link.send(trial.plain().bytes);
            let next = link.answer(Asked::Whole)?;
            demand(next.status != 400, || format!("the body behind {length} was not read"))?;
        }
    }
    Ok(())
}
