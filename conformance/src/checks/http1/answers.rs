//! The form of answers (RFC 9112 §4, §6; RFC 9110 §6.6.1, §9.3.2).

use crate::check::{Check, Level, Profile, Proof, rfc9110, rfc9112};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Asked, Missing};

pub(in crate::checks) const ANSWERS: &[Check] = &[
    Check {
        id: "H1-27",
        slug: "grammar-of-an-answer",
        title: "The head of an answer has the form that the grammar gives it",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[
            rfc9112(
                "4",
                "a status line has a space behind the status, also where no phrase follows",
            ),
            rfc9112("2.1", "lines end with CRLF"),
        ],
        seeds: "OWIN-027",
        means: "strict clients refuse every answer",
        fix: "write the space and the CRLF",
        proof: Proof::Holds(|trial| {
            let answer = trial.ask("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
            demand(answer.defects.is_empty(), || answer.defects.join("; "))
        }),
    },
    Check {
        id: "H1-28",
        slug: "head-has-no-body",
        title: "The answer to HEAD has no body",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9110("9.3.2", "a server sends no content in the answer to HEAD")],
        seeds: "OWIN-071, DF-04",
        means: "the client takes the body for the next answer",
        fix: "let the method of the request decide, at the place where the body is written",
        proof: Proof::Holds(head_has_no_body),
    },
    Check {
        id: "H1-29",
        slug: "date",
        title: "An answer says when it was made",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9110(
            "6.6.1",
            "an origin server with a clock sends Date in 2xx, 3xx and 4xx",
        )],
        seeds: "DF-02",
        means: "caches do not know how old an answer is",
        fix: "add the field where the app has not; the text can be made once a second",
        proof: Proof::Holds(has_a_date),
    },
];

/// The request behind tells: if a body came, its answer does not begin where it should.
fn head_has_no_body(trial: &Trial<'_>) -> Judged {
    let mut link = trial.connect()?;
    link.send(trial.message("HEAD {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").bytes);
    let head = link.answer(Asked::Head)?;
    if head.closes() {
        return match link.answer(Asked::Whole) {
            Err(Missing::Ended(_)) => Ok(()),
            _ => Err(Lapse::Failed("something came behind the head".to_owned())),
        };
    }
    let last = "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";
    link.send(trial.message(last).bytes);
    let next = link.answer(Asked::Whole).map_err(Lapse::about("behind the head"))?;
    demand(next.status < 500 && next.status != 400, || {
        format!("the request behind HEAD was answered by {}", next.status)
    })
}

fn has_a_date(trial: &Trial<'_>) -> Judged {
    let answer = trial.ask("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
    let date = answer.field("date").unwrap_or_default();
    demand(is_imf_fixdate(&date), || format!("its Date is {date:?}"))
}

/// Whether the text has the form `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
fn is_imf_fixdate(text: &str) -> bool {
    let form = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    let agrees = |(own, form): (u8, u8)| match form {
        b'A' | b'a' => own.is_ascii_alphabetic(),
        b'0' => own.is_ascii_digit(),
        _ => own == form,
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(agrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_the_form_of_the_standard() {
        assert!(is_imf_fixdate("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!is_imf_fixdate("Sunday, 06-Nov-94 08:49:37 GMT"));
        assert!(!is_imf_fixdate("Sun, 6 Nov 1994 08:49:37 GMT"));
    }
}
