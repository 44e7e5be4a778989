//! actix-web.

use std::io;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};

/// Its own five seconds would close the connections whose memory is measured.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

pub(super) fn serve() -> io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let app = move || {
            let root =
                web::resource("/").get(async || answer()).post(async |_: web::Bytes| answer());
            App::new().service(root)
        };
        HttpServer::new(app).workers(1).keep_alive(KEEP_ALIVE).listen(super::listen()?)?.run().await
    })
}

fn answer() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body(super::BODY)
}
