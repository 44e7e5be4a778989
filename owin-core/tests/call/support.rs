//! Runs calls: an app in, what a server would send out.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use http::{HeaderMap, HeaderName, Method, StatusCode};
use owin_core::features::{ConnectionInfo, Outcome};
use owin_core::{App, AppExt, BodyLength, Call, Environment, Error, Event};

/// What an app gives back.
pub(crate) type Answer = Result<Environment, Error>;

/// What a server would send.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) status: StatusCode,
    pub(crate) reason: String,
    pub(crate) headers: HeaderMap,
    pub(crate) length: Option<BodyLength>,
    pub(crate) has_body: bool,
    pub(crate) wants_close: bool,
    pub(crate) has_date: bool,
    pub(crate) has_server: bool,
    /// The fields as HTTP/1.x writes them.
    pub(crate) written: String,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// The events by name, as in `Head Data End`.
    pub(crate) events: Vec<&'static str>,
    /// Why the response was broken off.
    pub(crate) failed: Option<Error>,
}

impl Sent {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn events(&self) -> String {
        self.events.join(" ")
    }

    fn take_head(&mut self, call: &Call) {
        let head = call.head();
        self.status = head.status();
        self.reason = head.reason_phrase().to_owned();
        self.length = Some(head.length());
        self.has_body = head.has_body();
        self.wants_close = head.wants_close();
        self.has_date = head.has_date();
        self.has_server = head.has_server();
        let mut written = Vec::new();
        head.write_fields(&mut written);
        self.written = String::from_utf8(written).unwrap();
        // The lines first, for to ask for the fields builds the map.
        let lines: Vec<_> =
            head.lines().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        for (name, value) in head.fields() {
            self.headers.append(name.clone(), value.clone());
        }
        assert_eq!(lines.len(), self.headers.len());
        for (name, value) in lines {
            let name = HeaderName::from_bytes(&name).unwrap();
            assert!(self.headers.get_all(name).iter().any(|own| own.as_bytes() == value));
        }
    }
}

/// The calls of a connection of which nothing is known.
pub(crate) fn connect(app: impl App) -> Call {
    Call::new(&app.boxed(), Arc::new(ConnectionInfo::new()))
}

/// Serves one call of a connection to its end.
pub(crate) async fn serve_on(call: &mut Call, fill: impl FnOnce(&mut Environment)) -> Sent {
    let mut env = call.prepare();
    fill(&mut env);
    call.start(env);
    let mut sent = Sent::default();
    finish(call, &mut sent).await;
    let outcome = if sent.failed.is_some() { Outcome::Failed } else { Outcome::Completed };
    call.complete(outcome);
    sent
}

/// Does what the events say, up to the last.
pub(crate) async fn finish(call: &mut Call, sent: &mut Sent) {
    loop {
        let event = call.event().await;
        if take(call, sent, event) {
            return;
        }
    }
}

/// Does what an event says; `true` after the last one.
pub(crate) fn take(call: &Call, sent: &mut Sent, event: Event) -> bool {
    let (name, is_last) = match event {
        Event::Head => {
            sent.take_head(call);
            ("Head", false)
        }
        Event::Data(data) => {
            sent.body.extend_from_slice(&data);
            ("Data", false)
        }
        Event::Flush => ("Flush", false),
        Event::Trailers(trailers) => {
            sent.trailers = Some(trailers);
            ("Trailers", false)
        }
        Event::Upgrade => {
            sent.take_head(call);
            ("Upgrade", false)
        }
        Event::End => ("End", true),
        Event::Failed(error) => {
            sent.failed = Some(error);
            ("Failed", true)
        }
        _ => panic!("an event that the tests do not know"),
    };
    sent.events.push(name);
    is_last
}

/// Does what the events say for as long as there are any without waiting.
pub(crate) async fn drive(call: &mut Call, sent: &mut Sent) {
    poll_fn(|cx| {
        while let Poll::Ready(event) = call.poll_event(cx) {
            if take(call, sent, event) {
                break;
            }
        }
        Poll::Ready(())
    })
    .await;
}

/// Serves a `GET`.
pub(crate) async fn serve(app: impl App) -> Sent {
    serve_on(&mut connect(app), |_| {}).await
}

/// Serves a request with a method.
pub(crate) async fn serve_method(method: Method, app: impl App) -> Sent {
    serve_on(&mut connect(app), |env| env.request_mut().set_method(method)).await
}

/// What was noted, in order, from wherever.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(crate) fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    pub(crate) fn all(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }
}
