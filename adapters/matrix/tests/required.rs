//! What the conformance suite requires of every server, tried on those behind a web server; those that
//! speak HTTP themselves have a test for each check, without any known deviation, in their crates. What
//! a web server in front does otherwise has its reason here.

#![expect(clippy::unwrap_used, reason = "a plan that cannot be made is a failed test")]

mod support;

use owin_adapter_matrix::servers::{Entry, Protocol, entries};
use owin_conformance::check::{self, Check, Profile};
use owin_conformance::report::console;
use owin_conformance::run::{Conclusion, Plan, Report, run};

/// Checks at the same time on one server; there are several servers.
const WORKERS: usize = 4;

/// What is known of those in front, in the form of an expectation file.
const KNOWN: [(&str, &str); 5] = [
    (
        "nowin behind nginx",
        "RQ-07 fail nginx asks in its own version, as a proxy must (RFC 9110 §2.5)\n\
         RQ-21 fail nginx takes the whole body before it asks behind it\n\
         RQ-25 fail nginx is told to hand on the field, and drops the host of the target\n\
         RQ-27 fail nginx asks in HTTP/1.1 without a host where the client names none\n\
         RQ-39 fail nginx keeps its own connection (RFC 9110 §7.6.1)\n\
         RQ-55 fail nginx drops fields with odd names\n\
         RQ-56 fail nginx drops fields with odd names",
    ),
    (
        "fastcgi behind nginx",
        "RQ-21 fail nginx takes the whole body before it asks behind it\n\
         RQ-25 fail nginx hands on the field as it came, and drops the host of the target\n\
         RQ-39 fail nginx keeps its own connection (RFC 9110 §7.6.1)\n\
         RQ-55 fail nginx drops fields with odd names\n\
         RQ-56 fail nginx drops fields with odd names",
    ),
    (
        "fastcgi behind Apache",
        "RQ-04 fail Apache joins the lines of a name, as CGI wants it (RFC 3875 §4.1.18)\n\
         RQ-21 fail Apache takes the body before it reads the answer\n\
         RQ-39 fail Apache keeps its own connection (RFC 9110 §7.6.1)\n\
         RQ-40 fail Apache takes the length off an answer to HEAD\n\
         RQ-55 fail a name of a variable has letters, digits and underscores (RFC 3875 §4.1.18)\n\
         RQ-56 fail there is one variable for each name (RFC 3875 §4.1.18)",
    ),
    (
        "cgi behind Apache",
        "RQ-04 fail there is one variable for each name (RFC 3875 §4.1.18)\n\
         RQ-06 skipped Apache gives a body without a length none at all\n\
         RQ-16 fail a program has no way to say that its answer broke off\n\
         RQ-18 fail Apache gives up where the program does not wait for a body without a length\n\
         RQ-21 fail Apache takes the body before it reads the answer\n\
         RQ-39 fail Apache keeps its own connection (RFC 9110 §7.6.1)\n\
         RQ-55 fail a name of a variable has letters, digits and underscores (RFC 3875 §4.1.18)\n\
         RQ-56 fail there is one variable for each name (RFC 3875 §4.1.18)",
    ),
    (
        "cgi behind lighttpd",
        "RQ-02 fail lighttpd puts a query right that has odd escapes\n\
         RQ-04 fail there is one variable for each name (RFC 3875 §4.1.18)\n\
         RQ-06 skipped lighttpd takes no long body without a length\n\
         RQ-11 fail lighttpd sends its own phrase\n\
         RQ-16 fail a program has no way to say that its answer broke off\n\
         RQ-21 fail lighttpd takes the whole body before it starts the program\n\
         RQ-35 fail lighttpd waits for the rest when the program has ended\n\
         RQ-39 fail lighttpd keeps its own connection (RFC 9110 §7.6.1)\n\
         RQ-50 fail lighttpd says CONTENT_LENGTH=0 of a request that has no body\n\
         RQ-55 fail a name of a variable has letters, digits and underscores (RFC 3875 §4.1.18)\n\
         RQ-56 fail there is one variable for each name (RFC 3875 §4.1.18)",
    ),
];

fn known(name: &str) -> &'static str {
    KNOWN.iter().find(|(own, _)| *own == name).map_or("", |(_, lines)| lines)
}

/// What comes out one way or the other, by the name of the server or its end. Apache sends the whole
/// body before it reads the answer, so that nothing comes of an answer that does not wait for the body;
/// the test does not wait for it, either. And what a program has written when it ends is sometimes all
/// in one piece: then Apache sets the length of that. lighttpd takes a long body in chunks where all of it
/// is there at once, and else asks for a length.
const NOT_MADE: [(&str, &str); 3] =
    [("Apache", "RQ-17"), ("cgi behind Apache", "RQ-35"), ("cgi behind lighttpd", "RQ-58")];

/// The checks that are made.
fn made(name: &str) -> impl Iterator<Item = &'static str> {
    let own = check::all().filter(|check| check.profile() == Profile::Required);
    let is_left_out = move |id| NOT_MADE.iter().any(|(end, not)| *not == id && name.ends_with(end));
    own.map(Check::id).filter(move |id| !is_left_out(*id))
}

/// Tries a server; `None` where it is not checked.
fn tried(entry: &Entry) -> Option<Report> {
    let started = support::started(entry)?;
    let target = format!("http://{}/probe", started.target.address).parse().unwrap();
    let plan = Plan::new().with_only(made(entry.name)).unwrap().with_workers(WORKERS);
    let plan = plan.with_expectations(known(entry.name)).unwrap();
    Some(run(&target, &plan, &|_| {}))
}

#[test]
fn what_stands_in_front_of_a_server_leaves_what_is_required_as_far_as_is_known() {
    let is_asked = |entry: &&Entry| entry.front.is_some() && entry.protocol == Protocol::Http1;
    let asked = entries().iter().filter(is_asked);
    let faults: Vec<String> = std::thread::scope(|scope| {
        let tried: Vec<_> = asked.map(|entry| (entry.name, scope.spawn(|| tried(entry)))).collect();
        let made = tried.into_iter().filter_map(|(name, made)| Some((name, made.join().unwrap()?)));
        made.filter_map(|(name, report)| {
            println!("{name}: required, in {:.1} s", report.took.as_secs_f64());
            let is_whole = report.conclusion(Profile::Required) == Some(Conclusion::Conforms);
            let is_right = report.exit_code() == 0 && is_whole == known(name).is_empty();
            (!is_right).then(|| format!("{name}:\n{}", console(&report)))
        })
        .collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
