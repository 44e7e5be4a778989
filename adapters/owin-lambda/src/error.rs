//! What is told to Lambda of an invocation that is no request.

use lambda_runtime::Diagnostic;

/// An event that comes from no gateway for HTTP.
pub(crate) fn not_http() -> Diagnostic {
    Diagnostic {
        error_type: "owin_lambda.NotHttp".to_owned(),
        error_message:
            "the event comes neither from API Gateway nor from a function URL or a load \
                        balancer; this function serves HTTP only"
                .to_owned(),
    }
}
