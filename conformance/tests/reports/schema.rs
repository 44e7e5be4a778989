//! Reports as JSON are what the schema says, and can be read again.

use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use owin_conformance::report::{Document, page};
use owin_conformance::run::Verdict;
use serde_json::{Value, json};

use crate::command::{Reports, program, read_report};
use crate::peer::{Does, Peer, document, nobody};

fn schema() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Sees that the report is what a schema says; why it is not.
fn judged(schema: Value, report: &Value) -> Result<(), String> {
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler.enable_format_assertions();
    compiler.add_resource("report.json", schema).unwrap();
    let index: SchemaIndex = compiler.compile("report.json", &mut schemas).unwrap();
    schemas.validate(report, index).map_err(|error| format!("{error:#}"))
}

/// The schema for which a field that it does not know is wrong.
fn strict(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(object) => {
            if object.contains_key("properties") && object.contains_key("required") {
                object.entry("additionalProperties").or_insert(json!(false));
            }
            object.values_mut().for_each(|value| *value = strict(value.take()));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = strict(value.take())),
        _ => {}
    }
    schema
}

/// Reports of every kind, as they are written.
fn reports() -> Vec<(&'static str, Value)> {
    let of = |does, only: &[&str]| document(does, only).to_json();
    let passed = document(Does::Right, &["SM-02"]);
    let compared = document(Does::TakesAll, &["SM-02", "H1-01"]).compared_with(&passed);
    vec![
        ("pass", passed.to_json()),
        ("fail", of(Does::TakesAll, &["SM-02"])),
        ("blocked", of(Does::RefusesPosts, &["SM-02"])),
        ("died", of(Does::DiesOfTwoLengths, &["SM-02", "SM-03"])),
        ("unreachable", nobody().to_json()),
        ("skipped", of(Does::Right, &["RQ-01"])),
        ("claims", of(Does::Claims, &["RQ-01"])),
        ("compared", compared.to_json()),
        ("expected", expected("SM-02 fail it takes everything\n").to_json()),
        ("varies", expected("SM-02 varies it takes much\n").to_json()),
    ]
}

/// The report of the program, with an expectation that is met.
fn expected(lines: &str) -> Document {
    let (reports, peer) = (Reports::new(), Peer::start(Does::TakesAll));
    let (known, json) = (reports.file("known"), reports.file("report.json"));
    std::fs::write(&known, lines).unwrap();
    let mut program = program();
    program.args(["run", &peer.url(), "--only", "SM-02", "--expect"]).arg(&known);
    assert_eq!(program.arg("--json").arg(&json).output().unwrap().status.code(), Some(0));
    read_report(&json)
}

#[test]
fn every_report_is_what_the_schema_says_and_the_schema_says_all_of_it() {
    let reports = reports();
    for (name, report) in &reports {
        judged(schema(), report).unwrap_or_else(|why| panic!("{name}: {why}"));
        judged(strict(schema()), report).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    let pointer = |name: &str, path: &str| {
        let (_, report) = reports.iter().find(|(own, _)| *own == name).unwrap();
        report.pointer(path).unwrap().clone()
    };
    assert_eq!(pointer("fail", "/checks/0/verdict"), "fail");
    assert_eq!(pointer("fail", "/checks/0/transcript/entries/0/kind"), "sent");
    assert_eq!(pointer("blocked", "/checks/0/verdict"), "blocked");
    assert_eq!(pointer("died", "/lost/died_in/0"), "SM-02");
    assert_eq!(pointer("skipped", "/profiles/0/conclusion"), "not applicable");
    // What nobody knows counts for nothing.
    assert_eq!(pointer("claims", "/target/features"), json!(["trailers"]));
    assert_eq!(pointer("compared", "/checks/1/before"), "pass");
    assert_eq!(pointer("expected", "/checks/0/expected/reason"), "it takes everything");
    assert_eq!(pointer("varies", "/checks/0/varies"), "it takes much");
}

#[test]
fn a_report_that_is_spoilt_is_not_what_the_schema_says() {
    let report = document(Does::TakesAll, &["SM-02"]).to_json();
    let spoil: [fn(&mut Value); 6] = [
        |own| own["form"] = json!(1),
        |own| own["run"]["begun"] = json!("yesterday"),
        |own| own["checks"][0]["verdict"] = json!("perhaps"),
        |own| own["checks"][0]["reason"] = json!(""),
        |own| own["checks"][0]["transcript"]["entries"] = json!([]),
        |own| drop(own["checks"][0].as_object_mut().unwrap().remove("before")),
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut report = report.clone();
        spoil(&mut report);
        assert!(judged(schema(), &report).is_err(), "{number}");
    }
}

#[test]
fn a_report_can_be_read_again_and_is_the_same() {
    for (name, report) in reports() {
        let read = Document::read(&report.to_string()).unwrap();
        assert_eq!(read.to_json(), report, "{name}");
    }
}

/// A report of the first suite that wrote this form: fields have been added since, and none may be
/// missed or mean something else.
#[test]
fn a_report_of_the_first_suite_of_this_form_is_read_for_ever() {
    let text = include_str!("earlier.json");
    let report: Value = serde_json::from_str(text).unwrap();
    judged(schema(), &report).unwrap();
    let read = Document::read(text).unwrap();
    let verdicts: Vec<_> = read.checks.iter().map(|case| (&*case.id, case.verdict)).collect();
    let [pass, fail, skipped] = [Verdict::Pass, Verdict::Fail, Verdict::Skipped];
    assert_eq!(verdicts, [("H1-01", pass), ("H1-03", fail), ("SM-12", fail), ("SM-19", skipped)]);
    assert!(read.target.features.is_empty() && read.name() == "nginx 1.22.1");
    assert!(read.checks[1].transcript.as_ref().unwrap().to_text().contains("> Host: user@"));
    assert!(page(&[read]).contains("id=\"show=H1-03.0\""));
}

#[test]
fn fields_that_nobody_knows_are_passed_over_and_other_forms_are_not_read() {
    let mut report = document(Does::TakesAll, &["SM-02"]).to_json();
    report["weather"] = json!("fine");
    report["checks"][0]["mood"] = json!("good");
    let read = Document::read(&report.to_string()).unwrap();
    assert_eq!(read.checks[0].verdict, Verdict::Fail);
    report["form"] = json!(3);
    let why = Document::read(&report.to_string()).unwrap_err();
    assert_eq!(why, "a report of form 3; this suite reads form 2");
    for text in ["", "{}", "[]", "{\"form\": 2}"] {
        assert!(Document::read(text).is_err(), "{text}");
    }
}

#[test]
fn what_a_server_says_reaches_nobody_unescaped() {
    let report = document(Does::TakesAll, &["SM-02"]).to_json();
    let text = report.to_string();
    assert!(text.contains("\\\\x1B[31m") && !text.contains("\\u001b"), "{text}");
}
