//! The table of limits: whole, in agreement with itself, and as the page of the crate shows it.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the page stops")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use nowin_like_server::Limits;
use nowin_like_server::limits::{Amount, Unit};
use owin_core::features::Rate;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// Between these stands the table.
const FENCE: (&str, &str) = ("<!-- the table of limits -->\n", "<!-- its end -->\n");

/// Whether limits are sensible that differ from the edge in one way.
fn check(change: impl FnOnce(&mut Limits)) -> Result<(), String> {
    let mut limits = Limits::edge();
    change(&mut limits);
    limits.check().map_err(|error| error.to_string())
}

fn table_of_page() -> String {
    let mut table = String::from(
        "| limit | what it limits | edge | internal | at the limit | why (source) |\n\
        |---|---|--:|--:|---|---|\n",
    );
    let (edge, internal) = (Limits::edge(), Limits::internal());
    for row in Limits::table() {
        let (edge, internal) = (row.value(&edge), row.value(&internal));
        let internal = if edge == internal { "the same" } else { &internal };
        let (name, what, answer) = (row.name(), row.doc(), row.answer());
        let (why, source) = (row.why(), row.source());
        writeln!(
            table,
            "| `{name}` | {what} | {edge} | {internal} | {answer} | {why} ({source}) |"
        )
        .unwrap();
    }
    table
}

/// `UPDATE_GOLDEN=1` rewrites the table in the page.
#[test]
fn the_page_shows_the_table_as_it_is() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(FENCE.0).unwrap();
    let (_, behind) = rest.split_once(FENCE.1).unwrap();
    let right = [before, FENCE.0, &table_of_page(), FENCE.1, behind].concat();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PAGE, right).unwrap();
        return;
    }
    assert!(page == right, "README.md shows another table; UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn every_field_has_one_row() {
    let said = format!("{:?}", Limits::edge());
    let mut names = BTreeSet::new();
    for row in Limits::table() {
        assert!(said.contains(&format!(" {}: ", row.name())), "{}", row.name());
        assert!(names.insert(row.name()), "{}", row.name());
    }
    let rates = said.matches("Rate {").count() * ": ".len();
    assert_eq!(said.matches(": ").count() - rates, names.len(), "{said}");
}

#[test]
fn every_row_says_what_happens_and_why_and_who_says_so() {
    for row in Limits::table() {
        for text in [row.doc(), row.answer(), row.why(), row.source(), &row.bounds()] {
            assert!(!text.is_empty() && !text.contains('|'), "{row:?}: {text}");
        }
    }
}

#[test]
fn an_answer_names_the_status_of_its_reason() {
    for row in Limits::table() {
        let status = row.refusal().and_then(|reason| reason.status());
        let said = row.answer().split(' ').next().unwrap().trim_end_matches(',');
        assert_eq!(said.parse().ok(), status.map(|status| status.as_u16()), "{row:?}");
    }
}

#[test]
fn a_value_that_was_not_chosen_is_said_in_words() {
    for row in Limits::table() {
        for limits in [Limits::edge(), Limits::internal()] {
            assert!(!row.value(&limits).is_empty(), "{row:?}");
        }
    }
}

#[test]
fn who_says_nothing_may_face_anybody() {
    assert_eq!(Limits::default(), Limits::edge());
}

#[test]
fn the_presets_are_sensible() {
    assert!(Limits::edge().check().is_ok() && Limits::internal().check().is_ok());
}

#[test]
fn the_edge_is_nowhere_more_patient_than_the_inside() {
    let (edge, internal) = (Limits::edge(), Limits::internal());
    for row in Limits::table().iter().filter(|row| row.unit() == Unit::Time) {
        let times = (row.amount(&edge), row.amount(&internal));
        if let (Amount::Time(edge), Amount::Time(internal)) = times {
            assert!(edge <= internal, "{row:?}");
        }
    }
}

#[test]
fn a_value_without_sense_is_refused_by_its_name() {
    let names = |error: Result<(), String>, name: &str| {
        let said = error.unwrap_err();
        assert!(said.starts_with(&format!("the limit {name} is ")), "{said}");
    };
    names(check(|limits| limits.connections = Some(0)), "connections");
    names(check(|limits| limits.connections_per_address = Some(0)), "connections_per_address");
    names(check(|limits| limits.backlog = 0), "backlog");
    names(check(|limits| limits.first_byte = Duration::ZERO), "first_byte");
    names(check(|limits| limits.head_time = Duration::ZERO), "head_time");
    names(check(|limits| limits.idle = Duration::ZERO), "idle");
    names(check(|limits| limits.requests_per_connection = Some(0)), "requests_per_connection");
    names(check(|limits| limits.connection_age = Some(Duration::ZERO)), "connection_age");
    names(check(|limits| limits.request_line_bytes = 63), "request_line_bytes");
    names(check(|limits| limits.head_bytes = 255), "head_bytes");
    names(check(|limits| limits.head_fields = 0), "head_fields");
    names(check(|limits| limits.body_silence = Duration::ZERO), "body_silence");
    names(check(|limits| limits.read_buffer_bytes = 0), "read_buffer_bytes");
    names(check(|limits| limits.unread_bytes = 0), "unread_bytes");
    names(check(|limits| limits.write_buffer_bytes = 0), "write_buffer_bytes");
}

#[test]
fn more_than_a_limit_can_be_is_refused() {
    assert!(check(|limits| limits.head_bytes = usize::MAX).is_err());
    assert!(check(|limits| limits.head_fields = 10_001).is_err());
    assert!(check(|limits| limits.backlog = u32::MAX).is_err());
}

#[test]
fn a_time_that_no_clock_reaches_is_refused() {
    assert!(check(|limits| limits.idle = Duration::MAX).is_err());
    assert!(check(|limits| limits.linger = Duration::MAX).is_err());
    let forever = Some(Rate { bytes_per_second: 1, grace: Duration::MAX });
    assert!(check(|limits| limits.body_rate = forever).is_err());
}

#[test]
fn a_speed_of_nothing_is_refused() {
    let nothing = Some(Rate { bytes_per_second: 0, grace: Duration::ZERO });
    assert!(check(|limits| limits.body_rate = nothing).is_err());
    assert!(check(|limits| limits.response_rate = nothing).is_err());
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    let said = check(|limits| limits.head_bytes = 4_096).unwrap_err();
    assert!(said.contains("request_line_bytes") && said.contains("head_bytes"), "{said}");
    let said = check(|limits| limits.write_high_water_bytes = 1_024).unwrap_err();
    assert!(said.contains("write_high_water_bytes"), "{said}");
}

#[test]
fn what_can_be_off_may_be_off() {
    let off = |limits: &mut Limits| {
        limits.connections_per_address = None;
        limits.requests_per_connection = None;
        limits.connection_age = None;
        limits.body_bytes = None;
        limits.body_rate = None;
        limits.response_rate = None;
        limits.upgraded_connections = Some(0);
        limits.chunk_extension_bytes = 0;
        limits.trailer_fields = 0;
        limits.drain_bytes = 0;
        limits.linger = Duration::ZERO;
        limits.app_grace = Duration::ZERO;
    };
    assert_eq!(check(off), Ok(()));
}

#[test]
fn connections_that_began_together_end_apart() {
    let limits = Limits::edge();
    let ages: BTreeSet<_> = (0..1_000).map(|number| limits.age_of_connection(number)).collect();
    assert!(ages.len() > 500, "{}", ages.len());
    let (first, last) = (ages.first().unwrap().unwrap(), ages.last().unwrap().unwrap());
    assert!(first >= Duration::from_secs(3_240) && first < Duration::from_secs(3_270));
    assert!(last <= Duration::from_secs(3_960) && last > Duration::from_secs(3_930));
}

#[test]
fn a_connection_of_any_age_has_none() {
    let mut limits = Limits::edge();
    limits.connection_age = None;
    assert_eq!(limits.age_of_connection(7), None);
}
