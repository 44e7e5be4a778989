//! Writes the page of many servers from a folder that has a report `NAME.json` for each name:
//! `cargo run -p owin-conformance --example results -- target/servers nginx apache`.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use owin_conformance::report::{Document, Tried, results};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the folder is missing")?;
    let all: Result<Vec<_>, _> = arguments.map(|name| read(Path::new(&folder), name)).collect();
    std::io::stdout().write_all(results(&all?).as_bytes())?;
    Ok(())
}

fn read(folder: &Path, file: String) -> Result<Tried, Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join(format!("{file}.json")))?;
    Ok(Tried { file, document: Document::read(&text)? })
}
