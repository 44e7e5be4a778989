//! What is counted and told.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use owin_core::features::{ConnectionInfo, Outcome};

use super::watch::Watched;
use super::*;

/// Keeps all that it hears, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Log {
    fn refused(&self, refused: &Refused<'_>) {
        self.push(format!("{} {}", refused.reason().code(), refused.escaped()));
    }

    fn connection_opened(&self, opened: &Opened<'_>) {
        self.push(format!("opened {}", opened.peer().unwrap()));
    }

    fn connection_closed(&self, closed: &Closed<'_>) {
        let Traffic { requests, lasted } = closed.traffic();
        self.push(format!("closed {} {requests} {lasted:?}", closed.end().code()));
    }
}

/// Panics whatever it hears.
struct Panics;

impl Observer for Panics {
    fn refused(&self, _: &Refused<'_>) {
        panic!("refused")
    }

    fn connection_opened(&self, _: &Opened<'_>) {
        panic!("opened")
    }

    fn connection_closed(&self, _: &Closed<'_>) {
        panic!("closed")
    }
}

fn watch(observer: impl Observer) -> Watch {
    let mut watch = Watch::default();
    watch.set_observer(observer);
    watch
}

fn open(watch: &Watch) -> Watched {
    let remote = "192.0.2.7:50123".parse().unwrap();
    watch.open(Arc::new(ConnectionInfo::new().with_remote(remote)))
}

#[tokio::test(start_paused = true)]
async fn an_observer_hears_of_the_life_of_a_connection_in_order() {
    let log = Log::default();
    let mut watched = open(&watch(log.clone()));
    watched.begun();
    watched.ended(Outcome::Completed);
    watched.refuse(Reason::HeadTooLong, b"GET /\r\n");
    watched.set_end(End::Forced(Reason::HeadTooLong));
    tokio::time::advance(Duration::from_secs(3)).await;
    drop(watched);
    let heard = log.lines();
    assert_eq!(
        heard,
        ["opened 192.0.2.7:50123", r"head-too-long GET /\r\n", "closed head-too-long 1 3s"]
    );
}

#[test]
fn the_first_end_that_is_said_holds() {
    let log = Log::default();
    let mut watched = open(&watch(log.clone()));
    watched.set_end(End::Agreed);
    watched.set_end(End::ClientLost);
    drop(watched);
    assert!(log.lines().last().unwrap().starts_with("closed agreed 0 "));
}

#[test]
fn an_observer_that_panics_kills_nobody() {
    let watch = watch(Panics);
    let watched = open(&watch);
    watched.refuse(Reason::HeadTooLong, b"");
    drop(watched);
    assert_eq!(watch.counters().snapshot().count(Reason::HeadTooLong), 1);
}

#[test]
fn who_is_told_of_an_end_finds_it_counted() {
    #[derive(Default)]
    struct Looks {
        counters: OnceLock<Arc<Counters>>,
        seen_open: OnceLock<u64>,
    }

    impl Observer for Looks {
        fn connection_closed(&self, _: &Closed<'_>) {
            let seen = self.counters.get().unwrap().snapshot();
            self.seen_open.set(seen.connections_open).unwrap();
        }
    }

    let looks = Arc::new(Looks::default());
    let watch = watch(Arc::clone(&looks));
    looks.counters.set(watch.counters()).unwrap();
    drop(open(&watch));
    assert_eq!(looks.seen_open.get(), Some(&0));
}

#[test]
fn a_connection_that_has_no_room_is_counted_but_not_opened() {
    let (log, info) = (Log::default(), ConnectionInfo::new());
    let watch = watch(Arc::new(log.clone()));
    watch.refuse(Reason::TooManyConnections, &info, b"");
    let seen = watch.counters().snapshot();
    assert_eq!((seen.connections_refused(), seen.connections_accepted), (1, 0));
    assert_eq!(log.lines(), ["too-many-connections "]);
}

#[test]
fn requests_are_counted_while_their_connection_is_open_and_after() {
    let watch = Watch::default();
    let counters = watch.counters();
    let (mut one, mut other) = (open(&watch), open(&watch));
    for outcome in [Outcome::Completed, Outcome::Failed, Outcome::Cancelled, Outcome::Completed] {
        one.begun();
        one.ended(outcome);
    }
    other.begun();
    other.upgraded();
    let seen = counters.snapshot();
    assert_eq!((seen.requests_begun, seen.requests_completed), (5, 2));
    assert_eq!((seen.requests_failed, seen.requests_cancelled), (1, 1));
    assert_eq!((seen.requests_under_way(), seen.connections_open, seen.upgraded), (1, 2, 1));
    drop(one);
    let after = counters.snapshot();
    assert_eq!((after.connections_accepted, after.connections_open), (2, 1));
    assert_eq!(Snapshot { connections_open: 2, ..after }, seen);
}

#[test]
fn a_place_is_used_again() {
    let watch = Watch::default();
    let (one, two) = (open(&watch), open(&watch));
    drop(one);
    let three = open(&watch);
    let seen = watch.counters().snapshot();
    assert_eq!((seen.connections_accepted, seen.connections_open), (3, 2));
    drop((two, three));
    assert_eq!(watch.counters().snapshot().connections_open, 0);
}

/// A connection with two requests.
fn serve_two(watch: &Watch) {
    let mut watched = open(watch);
    for _ in 0..2 {
        watched.begun();
        watched.ended(Outcome::Completed);
    }
}

#[test]
fn no_request_is_lost_or_counted_twice_while_connections_come_and_go() {
    let watch = Watch::default();
    let counters = watch.counters();
    std::thread::scope(|scope| {
        let serve = || (0..5_000).for_each(|_| serve_two(&watch));
        let threads = [scope.spawn(serve), scope.spawn(serve), scope.spawn(serve)];
        let mut before = 0;
        while !threads.iter().all(|thread| thread.is_finished()) {
            let seen = counters.snapshot().requests_begun;
            assert!(seen >= before, "{seen} after {before}");
            before = seen;
        }
    });
    let seen = counters.snapshot();
    assert_eq!((seen.requests_begun, seen.requests_completed), (30_000, 30_000));
    assert_eq!((seen.connections_accepted, seen.connections_open), (15_000, 0));
}

#[test]
fn a_snapshot_has_a_line_for_each_count() {
    let watch = Watch::default();
    let mut watched = open(&watch);
    watched.begun();
    for reason in [Reason::HeadTooLong, Reason::IdleTimeout, Reason::AgeReached] {
        watched.refuse(reason, b"");
    }
    let seen = watch.counters().snapshot();
    assert_eq!((seen.timeouts(), seen.refusals()), (1, 1));
    assert_eq!(
        seen.to_string(),
        "connections-accepted 1\nconnections-open 1\nconnections-refused 0\n\
         connections-upgraded 0\nrequests-begun 1\nrequests-completed 0\nrequests-failed 0\n\
         requests-cancelled 0\nrequests-under-way 1\ntimed-out idle-timeout 1\n\
         ended age-reached 1\nrefused head-too-long 1\n"
    );
}
