//! What each of tower-http's layers does, on servers that are not hyper.

use crate::support::{Program, body, get, send};

#[test]
fn every_layer_has_its_effect() {
    for server in ["nowin", "tiny-http"] {
        let program = Program::start(env!("CARGO_BIN_EXE_tower-layers"), server);
        let address = &program.address;

        let plain = get(address, "/");
        assert!(body(&plain).starts_with("Hello from behind"), "{server}: {plain}");
        let has = |answer: &str, field: &str| answer.to_ascii_lowercase().contains(field);
        assert!(has(&plain, "\r\nx-request-id: "), "{server}: {plain}");
        assert!(has(&plain, "\r\nx-ours: between the layers"), "{server}: {plain}");

        let gzip = send(address, "GET /", "Accept-Encoding: gzip\r\n", "");
        assert!(has(&gzip, "\r\ncontent-encoding: gzip"), "{server}: {gzip}");
        let cors = send(address, "GET /", "Origin: http://a\r\n", "");
        assert!(has(&cors, "\r\naccess-control-allow-origin: *"), "{server}: {cors}");
        let own = send(address, "GET /", "X-Request-Id: mine\r\n", "");
        assert!(has(&own, "\r\nx-request-id: mine"), "{server}: {own}");

        let slow = get(address, "/slow");
        assert!(slow.starts_with("HTTP/1.1 504 "), "{server}: {slow}");
        let panic = get(address, "/panic");
        assert!(panic.starts_with("HTTP/1.1 500 "), "{server}: {panic}");
        assert_eq!(body(&panic), "Service panicked", "{server}");

        assert!(get(address, "/private").starts_with("HTTP/1.1 401 "), "{server}");
        let token = send(address, "GET /private", "Authorization: Bearer secret\r\n", "");
        assert_eq!(body(&token), "the secret\n", "{server}: {token}");

        assert_eq!(body(&send(address, "POST /count", "", "12345")), "5 bytes\n", "{server}");
        let large = send(address, "POST /count", "", &"x".repeat(65 * 1024));
        assert!(large.starts_with("HTTP/1.1 413 "), "{server}: {large}");
    }
}
