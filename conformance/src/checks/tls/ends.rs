//! How a connection ends, and what HTTP sees of TLS (RFC 8446 §6.1, RFC 9112 §9.8).

use serde_json::Value;

use super::handshake::{answer_to, is_served, session};
use crate::check::{Check, Level, Profile, Proof, owin, rfc9110, rfc9112, standard};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Asked, End, Missing, Offer};

pub(in crate::checks) const ENDS: &[Check] = &[
    Check {
        id: "TL-19",
        slug: "close-notify",
        title: "The end of a connection is announced by close_notify",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[
            standard("RFC 8446", "6.1", "who ends its direction sends close_notify before"),
            rfc9112("9.8", "a server attempts an exchange of closure alerts before it closes"),
        ],
        seeds: "",
        means: "nobody can tell an end from a cut: half a page looks like a whole one",
        fix: "shut TLS down before the socket",
        proof: Proof::HoldsOnce(|trial| {
            is_announced(
                trial,
                "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
            )?;
            is_announced(trial, "GET {target} HTTP/1.0\r\nHost: {host}\r\n\r\n")
        }),
    },
    Check {
        id: "TL-20",
        slug: "client-says-close",
        title: "A client that says by close_notify that it ends is not waited for",
        level: Level::Should,
        profile: Profile::Tls,
        clauses: &[
            standard("RFC 8446", "6.1", "after close_notify nothing more comes from its sender"),
            standard("RFC 5246", "7.2.1", "close_notify is answered by one, and the end"),
        ],
        seeds: "",
        means: "connections that nobody uses any more are held until a time-out",
        fix: "take close_notify for the end of the requests, as a FIN without TLS",
        proof: Proof::HoldsOnce(|trial| {
            let (mut link, _) = session(trial, &Offer::default())?.map_err(Lapse::Blocked)?;
            is_served(trial, &mut link)?;
            link.notify_close();
            link.end().map(drop).map_err(Lapse::about("after the client's close_notify"))
        }),
    },
    Check {
        id: "TL-21",
        slug: "cut-body",
        title: "A body that was cut off is not taken for a whole one",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[
            rfc9112("8", "a request whose body ends before its length is incomplete"),
            rfc9112("9.8", "an end without close_notify may be the work of somebody between"),
        ],
        seeds: "",
        means: "whoever sits between can shorten what a client sends",
        fix: "let the read fail where the connection ends within a body",
        proof: Proof::HoldsByProbe(|trial| {
            let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\n\r\n";
            let whole = trial.ask(format!("{head}hellohello"))?;
            if whole.status != 200 {
                let why = format!("the twin was answered by {}", whole.status);
                return Err(Lapse::Blocked(why));
            }
            let mut link = trial.connect()?;
            link.send(trial.message(format!("{head}hello")).bytes);
            link.cut();
            match link.answer(Asked::Whole) {
                Ok(answer) => demand(answer.status >= 400, || {
                    format!("half of a body was answered by {}", answer.status)
                }),
                Err(Missing::Ended(_)) => Ok(()),
                Err(missing) => Err(missing.into()),
            }
        }),
    },
    Check {
        id: "TL-22",
        slug: "plain-http",
        title: "A request without TLS is not served",
        level: Level::DeFacto,
        profile: Profile::Tls,
        clauses: &[rfc9110("4.2.2", "what is at an https URL is reached by a secured connection")],
        seeds: "",
        means: "clients that forgot the s send passwords in the clear, and nobody notices",
        fix: "close, or answer by 400",
        proof: Proof::HoldsOnce(|trial| {
            let message = trial.plain();
            let mut link = trial.connect_below()?;
            link.send(&message.bytes);
            let answer = link.answer_within(Asked::Whole, link.quiet());
            if matches!(answer, Err(Missing::Silent(_))) {
                link.half_close();
            }
            let answer = answer.or_else(|_| link.answer(Asked::Whole));
            if let Ok(answer) = answer {
                let status = answer.status;
                demand(status >= 300, || format!("it was answered by {status}"))?;
            }
            trial.was_called(&message, 0)
        }),
    },
    Check {
        id: "TL-23",
        slug: "early-data",
        title: "Early data that comes twice is one request at most",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[
            standard("RFC 8446", "8", "a server with 0-RTT limits what can be replayed"),
            standard("RFC 8470", "3", "what is not safe waits for the handshake, or gets 425"),
        ],
        seeds: "",
        means: "who records a handshake has orders placed again",
        fix: "take early data for GET alone, or hold the request until the handshake is over",
        proof: Proof::HoldsOnce(is_not_replayed),
    },
    Check {
        id: "TL-24",
        slug: "https-scheme",
        title: "The app sees the scheme https",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[owin("3.2.1", "owin.RequestScheme is the scheme of the URI")],
        seeds: "",
        means: "apps redirect to https without end, and make links that begin with http",
        fix: "take the scheme from the connection",
        proof: Proof::HoldsByProbe(|trial| {
            let seen = trial.seen("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
            let scheme = seen.get("scheme").and_then(Value::as_str).unwrap_or_default();
            demand(scheme == "https", || format!("the app saw {scheme:?}"))
        }),
    },
];

fn is_announced(trial: &Trial<'_>, request: &str) -> Judged {
    let (mut link, _) = session(trial, &Offer::default())?.map_err(Lapse::Blocked)?;
    link.send(trial.message(request).bytes);
    let _answer = link.answer(Asked::Whole)?;
    match link.end() {
        Ok(End::Closed) => Ok(()),
        Ok(end) => Err(Lapse::Failed(format!("after the last answer the connection was {end}"))),
        Err(missing) => Err(Lapse::about("after the last answer")(missing)),
    }
}

/// Sends the same bytes twice, as one does who has recorded them.
fn is_not_replayed(trial: &Trial<'_>) -> Judged {
    if !trial.has_probe() {
        let why = "only the probe can see how often a request was served";
        return Err(Lapse::Skipped(why.to_owned()));
    }
    let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello";
    let message = trial.message(head);
    let flight = trial.early_flight(&message.bytes);
    let flight = flight.map_err(|error| Lapse::Inconclusive(format!("no session: {error}")))?;
    let Some(flight) = flight else { return Ok(()) };
    for _ in 0..2 {
        let _reply = answer_to(trial, &flight)?;
        // What was taken is served by now, or a moment later.
        trial.others_are_answered()?;
    }
    let counted = trial.calls_of(&message.nonce)?;
    demand(counted < 2, || {
        format!("a POST in early data was sent twice, and served {counted} times")
    })
}
