use owin_core::bytes::{Bytes, BytesMut};
use proptest::prelude::{any, prop, proptest};

use super::record::{self, Record, kind};
use super::{Broken, Event, Machine};
use crate::Limits;

const KEEP: u8 = 1;

/// A record, with padding that nobody looks into.
fn record(kind: u8, id: u16, content: &[u8]) -> Vec<u8> {
    let mut all = BytesMut::new();
    if content.is_empty() {
        record::write_end(kind, id, &mut all);
    } else {
        record::write(kind, id, content, &mut all);
    }
    let mut all = all.to_vec();
    all[6] = 3;
    all.extend_from_slice(b"\xFFpp");
    all
}

fn begin(id: u16, role: u8, flags: u8) -> Vec<u8> {
    record(kind::BEGIN_REQUEST, id, &[0, role, flags, 0, 0, 0, 0, 0])
}

/// A whole request without a body.
fn get(id: u16) -> Vec<u8> {
    [
        begin(id, 1, KEEP),
        record(kind::PARAMS, id, b"\x01\x01"),
        record(kind::PARAMS, id, b"ab\x01\x00c"),
        record(kind::PARAMS, id, b""),
        record(kind::STDIN, id, b""),
    ]
    .concat()
}

fn small() -> Limits {
    Limits { params_bytes: 100, variables: 3, connections: 7, ..Limits::default() }
}

/// What a machine makes of the bytes, and what it says to them.
fn read(bytes: &[u8]) -> (Vec<Event>, Option<Broken>, Vec<Record>) {
    read_split(&[bytes])
}

fn read_split(parts: &[&[u8]]) -> (Vec<Event>, Option<Broken>, Vec<Record>) {
    let mut machine = Machine::new(&small());
    let (mut events, mut broken) = (Vec::new(), None);
    for part in parts {
        machine.input().extend_from_slice(part);
        while broken.is_none() {
            match machine.next() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => broken = Some(error),
            }
        }
    }
    let said = std::iter::from_fn(|| Record::take(machine.output()).unwrap()).collect();
    (events, broken, said)
}

fn pair(name: &'static str, value: &'static str) -> (Bytes, Bytes) {
    (Bytes::from_static(name.as_bytes()), Bytes::from_static(value.as_bytes()))
}

#[test]
fn a_request_is_read_whose_variables_are_split_over_records() {
    let (events, broken, said) = read(&get(7));
    let request = Event::Request(vec![pair("a", "b"), pair("c", "")]);
    assert_eq!((events, broken, said.len()), (vec![request, Event::End], None, 0));
}

#[test]
fn a_body_comes_in_pieces_and_may_be_aborted() {
    let bytes = [
        begin(1, 1, 0),
        record(kind::PARAMS, 1, b""),
        record(kind::STDIN, 1, b"one"),
        record(kind::STDIN, 1, b"two"),
        record(kind::ABORT_REQUEST, 1, b""),
    ];
    let (events, broken, _) = read(&bytes.concat());
    let pieces = [&b"one"[..], b"two"].map(|piece| Event::Data(Bytes::from_static(piece)));
    let [one, two] = pieces;
    assert_eq!(events, [Event::Request(Vec::new()), one, two, Event::Abort]);
    assert_eq!(broken, None);
}

#[test]
fn a_response_goes_out_in_records_and_ends() {
    let mut machine = Machine::new(&small());
    machine.input().extend_from_slice(&get(300));
    while let Ok(Some(_)) = machine.next() {}
    machine.respond(&[b'x'; 70_000]);
    machine.respond(b"");
    machine.end(5);
    let said: Vec<Record> =
        std::iter::from_fn(|| Record::take(machine.output()).unwrap()).collect();
    let shape: Vec<_> = said.iter().map(|r| (r.kind, r.id, r.content.len())).collect();
    assert_eq!(
        shape,
        [
            (kind::STDOUT, 300, 65_528),
            (kind::STDOUT, 300, 4_472),
            (kind::STDOUT, 300, 0),
            (kind::END_REQUEST, 300, 8)
        ]
    );
    assert_eq!(&*said[3].content, [0, 0, 0, 5, 0, 0, 0, 0]);
    assert!(!machine.closes() && !machine.has_begun(), "the web server keeps the connection");
}

#[test]
fn what_breaks_off_is_followed_by_nothing_that_is_a_record() {
    let mut machine = Machine::new(&small());
    machine.input().extend_from_slice(&get(1));
    while let Ok(Some(_)) = machine.next() {}
    machine.respond(b"a part");
    machine.break_off();
    machine.end(0);
    let output = machine.output();
    assert_eq!(Record::take(output).unwrap().unwrap().content, &b"a part"[..]);
    assert_eq!(Record::take(output), Err(Broken::Version(0)));
}

#[test]
fn the_connection_closes_unless_the_web_server_keeps_it_and_after_so_many_requests() {
    let closes = |flags, requests| {
        let mut machine = Machine::new(&Limits { requests, ..small() });
        machine.input().extend_from_slice(&begin(1, 1, flags));
        assert_eq!(machine.next(), Ok(None));
        assert!(!machine.closes(), "the request is not answered");
        machine.end(0);
        machine.closes()
    };
    assert!(closes(0, None) && !closes(KEEP, None));
    assert!(closes(KEEP, Some(1)) && !closes(KEEP, Some(2)));
}

#[test]
fn a_second_request_at_the_same_time_is_refused_and_the_first_goes_on() {
    let bytes = [
        begin(1, 1, KEEP),
        begin(2, 1, KEEP),
        record(kind::PARAMS, 2, b"\x01\x01xy"),
        record(kind::PARAMS, 1, b""),
    ];
    let (events, broken, said) = read(&bytes.concat());
    assert_eq!((events, broken), (vec![Event::Request(Vec::new())], None));
    assert_eq!((said[0].kind, said[0].id), (kind::END_REQUEST, 2));
    assert_eq!(said[0].content[4], 1, "FCGI_CANT_MPX_CONN");
}

#[test]
fn other_roles_are_refused() {
    for role in [0, 2, 3, 9] {
        let (events, broken, said) = read(&begin(1, role, KEEP));
        assert_eq!((events, broken), (Vec::new(), None));
        assert_eq!((said[0].kind, said[0].content[4]), (kind::END_REQUEST, 3), "FCGI_UNKNOWN_ROLE");
    }
}

#[test]
fn values_are_told_that_are_known() {
    let asked = b"\x0e\x00FCGI_MAX_CONNS\x0f\x00FCGI_MPXS_CONNS\x04\x00NONE\x0e\x00FCGI_MAX_CONNS";
    let (_, broken, said) = read(&record(kind::GET_VALUES, 0, asked));
    assert_eq!(broken, None);
    assert_eq!((said[0].kind, said[0].id), (kind::GET_VALUES_RESULT, 0));
    assert_eq!(&*said[0].content, b"\x0e\x01FCGI_MAX_CONNS7\x0f\x01FCGI_MPXS_CONNS0");
    let (_, _, said) = read(&record(kind::GET_VALUES, 0, b"\x04\x00NONE"));
    assert_eq!((said[0].kind, said[0].content.len()), (kind::GET_VALUES_RESULT, 0));
    let (_, broken, _) = read(&record(kind::GET_VALUES, 0, b"\x04\x00NO"));
    assert_eq!(broken, Some(Broken::Content(kind::GET_VALUES)));
}

#[test]
fn a_type_that_nobody_knows_is_said_to_be_unknown() {
    for unknown in [0, 12, 255] {
        let (_, broken, said) = read(&record(unknown, 0, b"what"));
        assert_eq!(broken, None);
        assert_eq!((said[0].kind, said[0].content[0]), (kind::UNKNOWN_TYPE, unknown));
    }
}

#[test]
fn what_breaks_the_protocol_ends_it() {
    let begun = begin(1, 1, KEEP);
    let asked = [begun.clone(), record(kind::PARAMS, 1, b"")].concat();
    let sent = [asked.clone(), record(kind::STDIN, 1, b"")].concat();
    let after = |before: &[u8], kind, content: &[u8]| {
        let (_, broken, _) = read(&[before.to_vec(), record(kind, 1, content)].concat());
        broken.unwrap_or_else(|| panic!("{kind} was taken"))
    };
    assert_eq!(after(&begun, kind::STDIN, b"x"), Broken::Order(kind::STDIN));
    assert_eq!(after(&asked, kind::PARAMS, b"x"), Broken::Order(kind::PARAMS));
    assert_eq!(after(&sent, kind::STDIN, b"x"), Broken::Order(kind::STDIN));
    assert_eq!(after(&asked, kind::DATA, b"x"), Broken::Order(kind::DATA));
    assert_eq!(after(&begun, kind::BEGIN_REQUEST, &[0; 8]), Broken::Order(kind::BEGIN_REQUEST));
    assert_eq!(after(b"", kind::BEGIN_REQUEST, &[0; 7]), Broken::Content(kind::BEGIN_REQUEST));
    for kind in [kind::END_REQUEST, kind::STDOUT, 7, 10, 11, 12, 0] {
        assert_eq!(after(&asked, kind, b""), Broken::Order(kind));
    }
    let cut_off = [begun, record(kind::PARAMS, 1, b"\x02\x02a")].concat();
    assert_eq!(after(&cut_off, kind::PARAMS, b""), Broken::Content(kind::PARAMS));
    assert_eq!(read(b"\x02").1, Some(Broken::Version(2)));
    let (_, broken, _) = read(&record(kind::PARAMS, 0, b"x"));
    assert_eq!(broken, Some(Broken::Order(kind::PARAMS)), "it belongs to no request");
}

#[test]
fn nothing_behind_a_broken_record_is_understood() {
    let mut machine = Machine::new(&small());
    machine.input().extend_from_slice(&[record(kind::STDOUT, 1, b""), get(1)].concat());
    for _ in 0..3 {
        assert_eq!(machine.next(), Err(Broken::Order(kind::STDOUT)));
    }
}

#[test]
fn what_belongs_to_no_request_is_ignored() {
    // FastCGI 1.0 §3.3: what is left of a request that was answered before it had come.
    let bytes = [
        record(kind::STDIN, 1, b"left"),
        record(kind::PARAMS, 1, b"over"),
        record(kind::ABORT_REQUEST, 1, b""),
        get(1),
    ];
    let (events, broken, _) = read(&bytes.concat());
    assert_eq!((events.len(), broken), (2, None));
}

#[test]
fn a_request_that_is_aborted_before_it_came_ends_without_an_app() {
    let bytes = [begin(1, 1, KEEP), record(kind::ABORT_REQUEST, 1, b""), get(1)].concat();
    let (events, _, said) = read(&bytes);
    assert_eq!(events.len(), 2);
    assert_eq!((said[1].kind, &said[1].content[..4]), (kind::END_REQUEST, &[0, 0, 0, 1][..]));
}

#[test]
fn variables_beyond_a_limit_are_passed_over_and_told() {
    let bytes = |params: &[u8]| {
        let more = record(kind::PARAMS, 1, b"and more");
        let end = record(kind::PARAMS, 1, b"");
        [begin(1, 1, KEEP), record(kind::PARAMS, 1, params), more, end].concat()
    };
    let (events, broken, _) = read(&bytes(&[b'x'; 93]));
    assert!(matches!(events[..], [Event::TooLarge(_)]), "{events:?}");
    assert_eq!(broken, None);
    let four = [begin(1, 1, KEEP), record(kind::PARAMS, 1, &[0; 8]), record(kind::PARAMS, 1, b"")];
    assert!(matches!(read(&four.concat()).0[..], [Event::TooLarge(_)]));
}

/// Records of all kinds, most of which make sense.
fn any_record() -> impl prop::strategy::Strategy<Value = Vec<u8>> {
    use prop::strategy::Strategy as _;

    let content = prop::collection::vec(any::<u8>(), 0..12);
    (0..13_u8, 0..3_u16, content).prop_map(|(kind, id, content)| match kind {
        kind::BEGIN_REQUEST => begin(id.max(1), 1, content.first().copied().unwrap_or(0) & 1),
        kind::PARAMS => record(kind, id.max(1), b"\x01\x01ab"),
        12 => [begin(1, 1, KEEP), record(kind::PARAMS, 1, b"")].concat(),
        _ => record(kind, id, &content),
    })
}

proptest! {
    #[test]
    fn it_does_not_matter_how_the_bytes_are_split(
        records in prop::collection::vec(any_record(), 0..12),
        cuts in prop::collection::vec(0..600_usize, 0..12),
    ) {
        let bytes = records.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut parts = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            parts.push(&bytes[from..cut]);
            from = cut;
        }
        let (events, broken, said) = read_split(&parts);
        let whole = read(&bytes);
        proptest::prop_assert_eq!((events, broken), (whole.0, whole.1));
        proptest::prop_assert_eq!(said, whole.2);
    }

    #[test]
    fn no_bytes_make_us_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _whatever = read(&bytes);
        // The same behind a version that is right.
        let _whatever = read(&[&[1][..], &bytes].concat());
        let _whatever = read(&[&begin(1, 1, KEEP)[..], &record(kind::PARAMS, 1, &bytes)].concat());
    }

    #[test]
    fn memory_is_bounded_whatever_comes(records in prop::collection::vec(any_record(), 0..200)) {
        let mut machine = Machine::new(&small());
        for record in records {
            machine.input().extend_from_slice(&record);
            while let Ok(Some(_)) = machine.next() {}
            machine.output().clear();
            if machine.next().is_err() {
                break;
            }
            proptest::prop_assert!(machine.input().is_empty());
        }
    }
}
