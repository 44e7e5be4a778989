//! Any row of operations on a dictionary does what it would do on a `HashMap`.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

mod model;
mod operation;
mod subject;

use std::sync::Arc;

use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::{Capabilities, Dictionary, Environment, Properties, Value, keys, server};
use proptest::prelude::*;

use crate::model::Model;
use crate::operation::{Operation, operations};
use crate::subject::Subject;

/// Applies the operations to both and compares what they answer and what they hold then.
fn compare(subject: &mut impl Subject, mut model: Model, row: &[Operation]) {
    model.assert_holds_the_same(subject);
    for operation in row {
        let answer = operation.apply(subject);
        let expected = model.apply(operation);
        assert_eq!(answer, expected, "{operation:?}");
        model.assert_holds_the_same(subject);
    }
}

/// A connection of which much is known, so that many keys show through.
fn connection() -> Arc<ConnectionInfo> {
    let mut properties = Properties::new();
    let said = Capabilities::new(Capabilities::of_server("model"));
    server::announce(&mut properties, said).unwrap();
    properties.set(keys::HOST_APP_NAME, "shop").unwrap();
    let server = ServerInfo::from_properties(&properties);
    let info = ConnectionInfo::new()
        .with_server(Arc::new(server))
        .with_remote(([192, 0, 2, 7], 50_123).into())
        .with_local(([192, 0, 2, 1], 80).into());
    Arc::new(info)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_environment_is_a_dictionary(row in operations()) {
        let mut env = Environment::new();
        let model = Model::of_environment(&env);
        compare(&mut env, model, &row);
    }

    #[test]
    fn an_environment_of_a_connection_is_a_dictionary(row in operations()) {
        let mut env = Environment::on(connection());
        let model = Model::of_environment(&env);
        compare(&mut env, model, &row);
    }

    #[test]
    fn a_plain_dictionary_is_one(row in operations()) {
        compare(&mut Dictionary::new(), Model::of_dictionary(), &row);
    }
}

#[test]
fn the_keys_of_the_contract_come_first_and_the_others_in_byte_order() {
    let mut env = Environment::new();
    for name in ["my.b", "my.B", "my.a", "e\u{301}", "é"] {
        env.set_value(name, Value::new(1_u8)).unwrap();
    }
    let names: Vec<_> = env.iter().map(|(name, _)| name).collect();
    let known = keys::all().map(|info| info.name()).filter(|name| env.contains(name));
    let others = ["e\u{301}", "my.B", "my.a", "my.b", "é"];
    assert_eq!(names, known.chain(others).collect::<Vec<_>>());
}

#[test]
fn ten_thousand_keys_and_a_large_value_are_held() {
    // OWIN-010.
    let mut env = Environment::new();
    for number in 0..10_000 {
        env.set_value(format!("my.Key{number}"), Value::new(number)).unwrap();
    }
    env.set_value("my.Large", Value::new("x".repeat(64 * 1024))).unwrap();
    assert_eq!(env.len(), Environment::new().len() + 10_001);
    assert_eq!(env.value("my.Key9999").and_then(|v| v.downcast_ref::<i32>()), Some(&9999));
}
