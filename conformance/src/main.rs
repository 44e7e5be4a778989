//! The command `owin-conformance`.

use std::process::ExitCode;

fn main() -> ExitCode {
    owin_conformance::command::main()
}
