//! tiny_http alone, which the suite is tried against: every request is read to its end and answered.
//! `cargo run -p owin-conformance --example bare_tiny_http -- 8080`.

use std::error::Error;
use std::io;

use tiny_http::{Request, Response, Server};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let port: u16 = std::env::args().nth(1).ok_or("the port is missing")?.parse()?;
    let server = Server::http(("127.0.0.1", port))?;
    for request in server.incoming_requests() {
        // A thread for each: one that waits for its body keeps nobody else waiting.
        drop(std::thread::spawn(|| answer(request)));
    }
    Ok(())
}

fn answer(mut request: Request) -> io::Result<()> {
    match io::copy(request.as_reader(), &mut io::sink()) {
        Ok(_) => request.respond(Response::from_string("hello\n")),
        Err(_) => request.respond(Response::empty(400)),
    }
}
