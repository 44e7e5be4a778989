//! The main job, one app on a server of your choice: `cargo run --release --bin hello`.

use std::io::Write;
use std::process::ExitCode;

use examples::apps::hello;
use owin_core::testing::{MemoryClient, TestRequest};
use owin_core::{BoxApp, Error};
use owin_host::Failure;

fn main() -> ExitCode {
    let (registry, memory) = examples::servers();
    owin_host::program("hello", registry, async |host| {
        let hosted = host.start(|_| Ok(BoxApp::new(hello))).await?;
        if memory.host().is_none() {
            return hosted.run_until_signal().await;
        }
        talk_to_itself(&memory).await.map_err(Failure::at_work)?;
        hosted.stop().await.map_err(Failure::at_work)
    })
}

/// Where there is no address, the program is its own client.
async fn talk_to_itself(memory: &MemoryClient) -> Result<(), Error> {
    let host = memory.host().ok_or_else(|| Error::server("the server does not run"))?;
    show("GET /", host.get("/")).await?;
    let echo = host.post("/echo").header("content-type", "text/plain");
    show("POST /echo", echo.body("what is said comes back\n")).await?;
    show("GET /env", host.get("/env")).await
}

async fn show(what: &str, request: TestRequest) -> Result<(), Error> {
    let mut response = request.send().await?;
    let mut text = format!("> {what}\n< {}\n", response.status());
    for (name, value) in response.headers().lines() {
        text += &format!("< {name}: {}\n", String::from_utf8_lossy(value));
    }
    text += &response.text().await?;
    let written = writeln!(std::io::stdout(), "{text}");
    written.map_err(|error| Error::server("cannot print the answer").with_source(error))
}
