//! What a connection is told for which there is no room.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::transport::Transport;

/// The answer, whatever was asked (RFC 9110 §15.6.4).
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    content-length: 0\r\n\r\n";

/// How long the client has to take the answer and go.
const FAREWELL: Duration = Duration::from_secs(1);

/// How much of its request is read meanwhile: bytes that nobody reads would make the system reset
/// the connection, and the answer would be lost (RFC 9112 §9.6).
const FAREWELL_BYTES: usize = 64 * 1024;

/// Answers connections for which there is no room; clones share the number of those at once.
#[derive(Clone, Debug)]
pub(super) struct Overflow(Arc<Semaphore>);

impl Overflow {
    /// Answers so many at once; what comes beyond them is closed without a word.
    pub(super) fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS))))
    }

    /// Answers and closes, in a task of its own.
    pub(super) fn answer(&self, stream: impl Transport, tasks: &TaskTracker) {
        if let Ok(place) = Arc::clone(&self.0).try_acquire_owned() {
            tasks.spawn(async move {
                let _in_time = timeout(FAREWELL, farewell(stream)).await;
                drop(place);
            });
        }
    }
}

/// Says it, half closes, and waits for the client to close too.
async fn farewell(mut stream: impl Transport) {
    if stream.write_all(ANSWER).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    let mut buf = [0; 1024];
    let mut left = FAREWELL_BYTES;
    while let Ok(count @ 1..) = stream.read(&mut buf).await {
        left = left.saturating_sub(count);
        if left == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::time::Instant;

    use super::*;
    use crate::transport::MemoryStream;

    /// The two ends of a connection that is being answered.
    fn turned_away(overflow: &Overflow, tasks: &TaskTracker) -> MemoryStream {
        let (client, stream) = MemoryStream::pair(1_024);
        overflow.answer(stream, tasks);
        client
    }

    async fn rest(client: &mut MemoryStream) -> String {
        let mut all = String::new();
        client.read_to_string(&mut all).await.unwrap();
        all
    }

    #[tokio::test(start_paused = true)]
    async fn the_answer_and_its_end_come_before_anything_was_asked() {
        let (overflow, tasks) = (Overflow::new(1), TaskTracker::new());
        let started = Instant::now();
        let answer = rest(&mut turned_away(&overflow, &tasks)).await;
        let expected = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
            connection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!((answer.as_str(), started.elapsed()), (expected, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_go_is_left_after_a_second() {
        let (overflow, tasks) = (Overflow::new(1), TaskTracker::new());
        let started = Instant::now();
        let _client = turned_away(&overflow, &tasks);
        tasks.close();
        tasks.wait().await;
        assert_eq!(started.elapsed(), FAREWELL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_on_sending_is_left_sooner() {
        let (overflow, tasks) = (Overflow::new(1), TaskTracker::new());
        let started = Instant::now();
        let mut client = turned_away(&overflow, &tasks);
        let mut taken = 0;
        while let Ok(count) = client.write(&[b'x'; 512]).await {
            taken += count;
        }
        assert!((FAREWELL_BYTES..FAREWELL_BYTES + 2_048).contains(&taken), "{taken}");
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_those_at_once_nothing_is_said_until_one_has_gone() {
        let (overflow, tasks) = (Overflow::new(1), TaskTracker::new());
        let mut first = turned_away(&overflow, &tasks);
        assert_eq!(rest(&mut turned_away(&overflow, &tasks)).await, "");
        assert!(rest(&mut first).await.starts_with("HTTP/1.1 503 "));
        drop(first);
        tasks.close();
        tasks.wait().await;
        assert_ne!(rest(&mut turned_away(&overflow, &tasks)).await, "");
    }
}
