//! The beginning of a handshake, and what a server makes of it.

use std::io::{self, ErrorKind};

use rustls::ProtocolVersion;

use crate::judge::{Judged, Lapse, Trial};
use crate::wire::{Agreed, Asked, ClientHello, Link, Missing, Offer, Reply, reply_within};

/// A ClientHello with the name of the server, which some answer nobody without.
pub(super) fn named(trial: &Trial<'_>, hello: ClientHello) -> ClientHello {
    ClientHello { name: trial.host_name().map(str::to_owned), ..hello }
}

/// Sends bytes by TCP alone, and reads what comes.
pub(super) fn answer_to(trial: &Trial<'_>, bytes: &[u8]) -> Result<Reply, Lapse> {
    let mut link = trial.connect_below()?;
    link.send(bytes);
    let (quiet, patience) = (link.quiet(), link.patience());
    let answer = match reply_within(&mut link, quiet) {
        Err(Missing::Silent(_)) => {
            // Only a server that has meanwhile answered somebody else is silent about this.
            trial.others_are_answered()?;
            reply_within(&mut link, patience)
        }
        answer => answer,
    };
    match answer {
        Ok(reply) => Ok(reply),
        Err(Missing::Ended(_)) => Ok(Reply::Other),
        Err(missing) => Err(missing.into()),
    }
}

/// The bytes are the beginning of no handshake.
pub(super) fn refuses(trial: &Trial<'_>, what: &str, bytes: &[u8]) -> Judged {
    match answer_to(trial, bytes) {
        Ok(Reply::Alert(_) | Reply::Other) => Ok(()),
        Ok(Reply::Hello { version, suite, compression }) => Err(Lapse::Failed(format!(
            "{what} was answered by a ServerHello: version {version:04X}, suite {suite:04X}, \
             compression {compression}"
        ))),
        Err(Lapse::Silent(_)) => {
            Err(Lapse::Silent(format!("{what} was not refused: the server waited for more")))
        }
        Err(lapse) => Err(lapse),
    }
}

/// The bytes are the beginning of a handshake.
pub(super) fn takes(trial: &Trial<'_>, what: &str, bytes: &[u8]) -> Judged {
    match answer_to(trial, bytes)? {
        Reply::Hello { .. } => Ok(()),
        Reply::Alert(number) => Err(Lapse::Failed(format!("{what} was refused by alert {number}"))),
        Reply::Other => Err(Lapse::Failed(format!("{what} ended the connection"))),
    }
}

/// The twin is taken, each of the bad beginnings is refused, and the twin is taken again.
pub(super) fn only(trial: &Trial<'_>, twin: &ClientHello, bad: &[(String, Vec<u8>)]) -> Judged {
    let twin = named(trial, twin.clone()).record();
    let taken = |when: &str| {
        let what = format!("the twin {when} the bad ones");
        takes(trial, &what, &twin).map_err(blocked)
    };
    taken("before")?;
    bad.iter().try_for_each(|(what, bytes)| refuses(trial, what, bytes))?;
    taken("after")
}

/// What has to hold first does not.
pub(super) fn blocked(lapse: Lapse) -> Lapse {
    match lapse {
        Lapse::Failed(why) | Lapse::Silent(why) => Lapse::Blocked(why),
        lapse => lapse,
    }
}

/// Skips the check where there is no TLS 1.2 to be tried.
pub(super) fn speaks_12(trial: &Trial<'_>) -> Judged {
    let offer = Offer { version: Some(ProtocolVersion::TLSv1_2), ..Offer::default() };
    match session(trial, &offer)? {
        Ok(_) => Ok(()),
        Err(_) => Err(Lapse::Skipped("the server speaks no TLS 1.2".to_owned())),
    }
}

/// Makes a handshake; the inner error says why the server refused it.
pub(super) fn session(
    trial: &Trial<'_>,
    offer: &Offer<'_>,
) -> Result<Result<(Link, Agreed), String>, Lapse> {
    trial.connect_with(offer).map(Ok).or_else(|error| refusal(&error).map(Err))
}

fn refusal(error: &io::Error) -> Result<String, Lapse> {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, UnexpectedEof};
    match error.kind() {
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => {
            Ok("the handshake ended without a word".to_owned())
        }
        InvalidData => Ok(error.to_string()),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            Err(Lapse::Silent("the handshake was not answered".to_owned()))
        }
        ErrorKind::ConnectionRefused => Err(Lapse::Blocked(format!("no connection: {error}"))),
        _ => Err(Lapse::Broken(error.to_string())),
    }
}

/// A plain request is answered on the connection.
pub(super) fn is_served(trial: &Trial<'_>, link: &mut Link) -> Judged {
    link.send(trial.plain().bytes);
    let answer = link.answer(Asked::Whole);
    answer.map(drop).map_err(Lapse::about("a request after the handshake"))
}
