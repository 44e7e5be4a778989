//! What the conformance suite requires of every server, tried on those behind a web server; those that
//! speak HTTP themselves have a test for each check, without any known deviation, in their crates. What
//! a web server in front does otherwise has its reason here.

mod support;

use owin_adapter_matrix::servers::{Entry, Protocol, entries};
use owin_conformance::check::{self, Check, Profile};
use owin_conformance::report::console;
use owin_conformance::run::{Conclusion, Plan, Report, run};

/// Checks at the same time on one server; there are several servers.
const WORKERS: usize = 4;

/// What is known of those in front, in the form of an expectation file.
const KNOWN: [(&str, &str); 4] = [
    (
        "nowin behind nginx",
        "RQ-07 fail nginx asks in its own version, as a proxy must (RFC 9110 §2.5)",
    ),
    (
        "fastcgi behind Apache",
        "RQ-04 fail Apache joins the lines of a name, as CGI wants it (RFC 3875 §4.1.18)",
    ),
    (
        "cgi behind Apache",
        "RQ-04 fail there is one variable for each name (RFC 3875 §4.1.18)\n\
         RQ-06 skipped Apache gives a body without a length none at all\n\
         RQ-16 fail a program has no way to say that its answer broke off",
    ),
    (
        "cgi behind lighttpd",
        "RQ-02 fail lighttpd puts a query right that has odd escapes\n\
         RQ-04 fail there is one variable for each name (RFC 3875 §4.1.18)\n\
         RQ-06 skipped lighttpd takes no long body without a length\n\
         RQ-11 fail lighttpd sends its own phrase\n\
         RQ-16 fail a program has no way to say that its answer broke off",
    ),
];

fn known(name: &str) -> &'static str {
    KNOWN.iter().find(|(own, _)| *own == name).map_or("", |(_, lines)| lines)
}

/// Apache sends the whole body before it reads the answer, so that nothing comes of an answer that does
/// not wait for the body; the test does not wait for it, either.
const NOT_MADE_BEHIND_APACHE: &str = "RQ-17";

/// The checks that are made.
fn made(name: &str) -> impl Iterator<Item = &'static str> {
    let is_behind_apache = name.ends_with("Apache");
    let own = check::all().filter(|check| check.profile() == Profile::Required);
    own.map(Check::id).filter(move |id| !is_behind_apache || *id != NOT_MADE_BEHIND_APACHE)
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
