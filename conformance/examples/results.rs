//! Writes the page of many servers from a folder that has `NAME.json` and `NAME.version` for each name:
//! `cargo run -p owin-conformance --example results -- target/servers nginx apache`.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use owin_conformance::report::{Tried, results};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the folder is missing")?;
    let all =
        arguments.map(|name| read(Path::new(&folder), name)).collect::<Result<Vec<_>, _>>()?;
    std::io::stdout().write_all(results(&all).as_bytes())?;
    Ok(())
}

fn read(folder: &Path, name: String) -> Result<Tried, Box<dyn Error>> {
    let version = std::fs::read_to_string(folder.join(format!("{name}.version")))?;
    let report = std::fs::read(folder.join(format!("{name}.json")))?;
    Ok(Tried { name, version: version.trim().to_owned(), report: serde_json::from_slice(&report)? })
}
