//! The line in a test file.

/// Makes a test of each check of these profiles: `server_tests!(required, http1: server)`.
///
/// The server is an expression, evaluated once: what implements [`Server`](owin_core::Server), or a
/// [`Subject`](crate::in_process::Subject), which says more, as where it listens and which deviations
/// are known. The tests of a process share it. They are named by the id and the slug of their check,
/// as `rq_01_method`, so `cargo test rq_01` makes one of them. A test fails where the check makes a
/// run fail, with the report of the check; one that is skipped says why on standard output.
///
/// Two servers in one file are two modules.
///
/// ```
/// mod nowin {
///     use nowin_like_server::NowinServer;
///
///     owin_conformance::server_tests!(required, http1, smuggling: NowinServer::new());
/// }
///
/// mod below_a_path {
///     use nowin_like_server::NowinServer;
///     use owin_conformance::in_process::Subject;
///
///     owin_conformance::server_tests!(
///         required: Subject::of(NowinServer::new()).listening_on("http://127.0.0.1:0/shop").unwrap()
///     );
/// }
/// ```
///
/// A profile that is not there is told by the compiler:
///
/// ```compile_fail
/// owin_conformance::server_tests!(http9: nowin_like_server::NowinServer::new());
/// ```
#[macro_export]
macro_rules! server_tests {
    ($($profile:ident),+ $(,)? : $subject:expr $(,)?) => {
        #[cfg(test)]
        fn owin_conformance_tried(id: &str) -> ::core::result::Result<(), $crate::in_process::Failed> {
            static SERVER: $crate::in_process::Shared = $crate::in_process::Shared::new();
            SERVER.tried(id, || $crate::in_process::Subject::from($subject))
        }

        $($crate::tests_of!($profile owin_conformance_tried);)+
    };
}
