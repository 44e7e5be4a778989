//! Servers in this process, tried as their authors do: a test for each check.

mod failing;
mod framing;
mod memory_host;

/// The reference server over sockets.
mod nowin {
    use nowin_like_server::NowinServer;

    owin_conformance::server_tests!(required: NowinServer::new());
}

/// The reference server over memory: every check without a socket.
mod nowin_in_memory {
    use nowin_like_server::{NowinServer, transport};
    use owin_conformance::in_process::Subject;

    fn subject() -> Subject {
        let (listener, connector) = transport::memory();
        Subject::of(NowinServer::new().with_listener(listener)).connecting_by(move || {
            let connector = connector.clone();
            async move { connector.connect().await }
        })
    }

    owin_conformance::server_tests!(required, http1, smuggling: subject());
}
