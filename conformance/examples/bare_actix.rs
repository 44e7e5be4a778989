//! actix-web alone, which the suite is tried against: every request is read to its end and answered.
//! `cargo run -p owin-conformance --example bare_actix -- 8080`.

use std::io;

use actix_web::{App, HttpServer, web};

fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok());
    let port = port.ok_or_else(|| io::Error::other("the port is missing"))?;
    actix_web::rt::System::new().block_on(async {
        let app = || App::new().default_service(web::to(async |_: web::Bytes| "hello\n"));
        HttpServer::new(app).workers(1).bind_auto_h2c(("127.0.0.1", port))?.run().await
    })
}
