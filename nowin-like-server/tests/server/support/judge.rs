//! A server under the messages of the corpus.

use owin_core::Environment;

use super::{Client, Seen, Started, seen, serve};
use crate::corpus::{Fault, Group, Taken, Then};

/// What an app saw: the target when it was called, and the body once all of it was read.
type Call = (String, Option<String>);

/// What would be a second request, if anybody lost count.
const SMUGGLED: &[u8] = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

/// A server, and what its app saw.
pub(crate) struct Judge {
    server: Started,
    calls: Seen<Call>,
    reads: bool,
}

/// In how many segments a message comes.
#[derive(Clone, Copy, Debug)]
enum Segments {
    One,
    Bytes,
}

impl Judge {
    /// With an app that reads every body to its end.
    pub(crate) async fn reading() -> Self {
        Self::with(true).await
    }

    /// With an app that reads nothing.
    pub(crate) async fn not_reading() -> Self {
        Self::with(false).await
    }

    async fn with(reads: bool) -> Self {
        let (told, calls) = seen();
        let app = move |mut env: Environment| {
            let told = told.clone();
            async move {
                let target = env.request().raw_target().unwrap_or_default().to_owned();
                let _test_is_over = told.send((target.clone(), None));
                if reads {
                    let body = env.request_mut().body_mut().read_to_end(usize::MAX).await?;
                    let body = String::from_utf8_lossy(&body).into_owned();
                    let _test_is_over = told.send((target, Some(body)));
                }
                Ok(env)
            }
        };
        Self { server: serve(app).await, calls, reads }
    }

    /// Sees to it that every message of the group gets its status and the end of the connection,
    /// that no app takes it, that nothing behind it becomes a request, and that its twin and what
    /// follows that are taken.
    pub(crate) async fn holds(&mut self, group: &Group) {
        for (status, bad, good) in group.cases() {
            for segments in [Segments::One, Segments::Bytes] {
                self.refuses(status, group.fault, &bad, segments).await;
                if self.reads {
                    self.takes_twin(&good, group.body, segments).await;
                }
            }
        }
    }

    async fn refuses(&mut self, status: u16, fault: Fault, bad: &[u8], segments: Segments) {
        let shown = format!("{:?} in {segments:?}", String::from_utf8_lossy(bad));
        let mut client = self.send(&[bad, SMUGGLED].concat(), segments).await;
        let response = client.response_head().await;
        let is_refused = fault == Fault::Head || self.reads;
        let status = if is_refused { status } else { 200 };
        assert_eq!(response.status, status, "{shown}");
        assert_eq!(response.field("content-length"), Some("0"), "{shown}");
        assert!(response.field("date").is_some() && response.field("server").is_some(), "{shown}");
        assert!(response.closes() || !is_refused, "{shown}");
        assert_eq!(client.rest().await, "", "{shown}");
        let called: &[Call] = match fault {
            Fault::Head => &[],
            Fault::Body => &[("/victim".to_owned(), None)],
        };
        assert_eq!(self.calls.rest(), called, "{shown}");
    }

    async fn takes_twin(&mut self, good: &[u8], body: &str, segments: Segments) {
        let shown = format!("the twin {:?} in {segments:?}", String::from_utf8_lossy(good));
        let target = good.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let target = String::from_utf8_lossy(target);
        let mut client = self.send(&[good, SMUGGLED].concat(), segments).await;
        for _ in 0..2 {
            let mut response = client.response_head().await;
            if response.status == 100 {
                response = client.response_head().await;
            }
            assert_eq!((response.status, response.closes()), (200, false), "{shown}");
        }
        assert_eq!(self.seen(), [(&*target, body), ("/smuggled", "")].map(owned), "{shown}");
    }

    /// Sees to it that exactly these requests come out of the bytes, with these answers.
    pub(crate) async fn takes(&mut self, rows: &[Taken]) {
        for taken in rows {
            for segments in [Segments::One, Segments::Bytes] {
                self.takes_one(taken, segments).await;
            }
        }
    }

    async fn takes_one(&mut self, taken: &Taken, segments: Segments) {
        let shown = format!("{:?} in {segments:?}", String::from_utf8_lossy(taken.bytes));
        let mut client = self.send(taken.bytes, segments).await;
        for status in taken.answers {
            assert_eq!(client.response_head().await.status, *status, "{shown}");
        }
        match taken.then {
            Then::Closed => assert_eq!(client.rest().await, "", "{shown}"),
            Then::Open => assert_eq!(client.get("/canary").await.status, 200, "{shown}"),
        }
        let canary = (taken.then == Then::Open).then_some(("/canary", ""));
        let wanted: Vec<_> = taken.seen.iter().copied().chain(canary).map(owned).collect();
        if self.reads {
            assert_eq!(self.seen(), wanted, "{shown}");
        } else {
            let called: Vec<_> = self.calls.rest().into_iter().map(|call| call.0).collect();
            let wanted: Vec<_> = wanted.into_iter().map(|request| request.0).collect();
            assert_eq!(called, wanted, "{shown}");
        }
    }

    /// The requests that an app has read whole; there was no other.
    fn seen(&mut self) -> Vec<(String, String)> {
        let calls = self.calls.rest();
        let whole: Vec<_> = calls
            .iter()
            .filter_map(|(target, body)| Some((target.clone(), body.clone()?)))
            .collect();
        assert_eq!(calls.len(), 2 * whole.len(), "{calls:?}");
        whole
    }

    async fn send(&self, bytes: &[u8], segments: Segments) -> Client {
        let mut client = self.server.connect().await;
        match segments {
            Segments::One => client.send(bytes).await,
            Segments::Bytes => {
                for byte in bytes {
                    client.send([*byte]).await;
                }
            }
        }
        client
    }
}

fn owned((target, body): (&str, &str)) -> (String, String) {
    (target.to_owned(), body.to_owned())
}
