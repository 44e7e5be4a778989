//! may_minihttp, on coroutines.

use std::io;
use std::net::TcpListener;

use may_minihttp::{HttpServer, HttpService, Request, Response};

#[derive(Clone)]
struct Answer;

impl HttpService for Answer {
    fn call(&mut self, _: Request<'_, '_, '_>, response: &mut Response<'_>) -> io::Result<()> {
        response.header("Content-Type: text/plain").body(super::BODY);
        Ok(())
    }
}

pub(super) fn serve() -> io::Result<()> {
    // It binds by itself: a port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let server = HttpServer(Answer).start(address)?;
    super::say_port(address.port())?;
    server.join().map_err(|_| io::Error::other("may_minihttp stopped"))
}
