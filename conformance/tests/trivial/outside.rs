//! The program itself, as somebody runs it, with a clock on the wall: it ends, whatever it meets, and
//! its report is whole.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use owin_conformance::check;
use serde_json::Value;

use crate::server::{TRIVIAL, Trivial};

/// What a run may take beyond its budget: the waits that were going on when it was over, and a
/// machine that has much else to do.
const MORE: Duration = Duration::from_secs(12);

fn run(arguments: &[&str]) -> (Output, Duration) {
    let start = now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_owin-conformance"));
    let output = command.arg("run").args(arguments).output().unwrap();
    (output, start.elapsed())
}

#[expect(clippy::disallowed_methods, reason = "the wall's clock is the only one outside")]
fn now() -> Instant {
    Instant::now()
}

/// The report, which has each check of the wire; more where there is a probe.
fn report(file: &Path) -> Value {
    let report: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let all = check::all().filter(|check| check.profile().is_on_the_wire()).count();
    assert!(report["checks"].as_array().unwrap().len() >= all, "{report}");
    report
}

#[test]
fn no_server_holds_the_program_up() {
    let kinds = ["silent", "flood", "garbage", "closes", "one byte a second", "endless 100s"];
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for kind in TRIVIAL.iter().filter(|kind| kinds.contains(&kind.name)) {
            let file = folder.path().join(kind.name);
            scope.spawn(move || {
                let server = Trivial::start(*kind);
                let url = server.target().to_string();
                let json = file.to_str().unwrap();
                let (output, took) = run(&[&url, "--seconds", "4", "--json", json]);
                let code = output.status.code();
                println!("{:>20}: exit code {code:?} in {took:.1?}", kind.name);
                assert!(matches!(code, Some(1 | 3)), "{}: {output:?}", kind.name);
                assert!(took < Duration::from_secs(4) + MORE, "{}: {took:?}", kind.name);
                assert_eq!(report(&file)["exit_code"].as_i64(), code.map(i64::from));
            });
        }
    });
}

#[test]
fn no_command_holds_the_program_up() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        ("nobody listens", "exec sleep 600"),
        ("it ends", "exit 7"),
        ("it is not there", "no-such-server --port {port}"),
        ("it prints", "exec yes"),
    ];
    std::thread::scope(|scope| {
        for (name, command) in commands {
            let (file, log) = (folder.path().join(name), folder.path().join(format!("{name}.log")));
            scope.spawn(move || {
                let (json, server_log) = (file.to_str().unwrap(), log.to_str().unwrap());
                let (output, took) = run(&[
                    "--command",
                    command,
                    "--seconds",
                    "2",
                    "--json",
                    json,
                    "--server-log",
                    server_log,
                ]);
                println!("{name:>20}: {:?} in {took:.1?}", output.status.code());
                assert_eq!(output.status.code(), Some(3), "{name}: {output:?}");
                assert!(took < Duration::from_secs(2) + MORE, "{name}: {took:?}");
                assert_eq!(report(&file)["exit_code"], 3);
                assert!(log.metadata().unwrap().len() <= 16 * 1024 * 1024, "{name}");
            });
        }
    });
}
