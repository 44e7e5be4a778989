//! What can be said and heard over any transport.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::soon;

/// A request after which the server closes.
pub(crate) const GET_AND_CLOSE: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// Sends a request and reads everything up to the end of the connection.
pub(crate) async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: impl AsRef<[u8]>,
) -> String {
    try_talk(stream, request).await.expect("an orderly end")
}

/// The same, or the error that the connection ended with.
pub(crate) async fn try_talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: impl AsRef<[u8]>,
) -> std::io::Result<String> {
    soon("room for the request", stream.write_all(request.as_ref())).await?;
    let mut answer = Vec::new();
    soon("the end of the connection", stream.read_to_end(&mut answer)).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The body of an answer that came whole.
pub(crate) fn body_of(answer: &str) -> &str {
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1
}
