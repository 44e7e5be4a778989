//! The line in the test file of a middleware.

/// Makes a test of each check of the profile `middleware`: `middleware_tests!(|| middleware)`.
///
/// The expression is a closure that makes the middleware, or a
/// [`Subject`](crate::middleware::Subject), which says more. The tests are named by the id and the
/// slug of their check, as `mw_01_reaches_the_app`; a failure is the report of the check.
///
/// ```
/// mod tests {
///     use owin_core::{Environment, from_fn, middleware::Next};
///
///     owin_conformance::middleware_tests!(|| {
///         from_fn(async |env: Environment, next: Next| next.run(env).await)
///     });
/// }
/// ```
#[macro_export]
macro_rules! middleware_tests {
    ($subject:expr $(,)?) => {
        #[cfg(test)]
        fn owin_conformance_tried(id: &str) -> ::core::result::Result<(), $crate::in_process::Failed> {
            $crate::middleware::tested(id, $crate::middleware::Subject::from($subject))
        }

        $crate::tests_of!(middleware owin_conformance_tried);
    };
}
