//! actix-web.

use std::io;

use actix_web::{App, HttpResponse, HttpServer, web};

pub(super) fn serve() -> io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let answer = async || HttpResponse::Ok().content_type("text/plain").body(super::BODY);
        HttpServer::new(move || App::new().route("/", web::get().to(answer)))
            .workers(1)
            .listen(super::listen()?)?
            .run()
            .await
    })
}
