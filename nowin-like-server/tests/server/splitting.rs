//! What an app makes of a request's text: never a second line, and never a second response.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use owin_core::features::TrailersMut;
use owin_core::{Environment, keys};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{Answer, hello, serve};

const SPLIT: &str = "a%0D%0ASet-Cookie:%20evil=1%0D%0A%0D%0AHTTP/1.1%20200%20OK";

/// One request, and all that comes back.
async fn all(app: impl owin_core::App, target: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    serve(app).await.all(request).await
}

#[tokio::test]
async fn a_path_that_an_app_puts_into_a_field_splits_nothing() {
    // HT-14, OWIN-035, attack 7: the app lets the error escape.
    let app = async |mut env: Environment| -> Answer {
        let there = env.request().path().to_owned();
        env.response_mut().set_status(StatusCode::FOUND)?;
        env.response_mut().headers_mut()?.set("location", there)?;
        Ok(env)
    };
    let refused = all(app, &format!("/{SPLIT}")).await;
    assert!(refused.starts_with("HTTP/1.1 500 ") && !refused.contains("evil"), "{refused}");
    // Its twin.
    let moved = all(app, "/fine%20path").await;
    assert!(moved.starts_with("HTTP/1.1 302 ") && moved.contains("\r\nlocation: /fine path\r\n"));
}

#[tokio::test]
async fn a_query_that_an_app_puts_into_a_phrase_splits_nothing() {
    // OWIN-028, HT-14, attack 7.
    let app = async |mut env: Environment| -> Answer {
        let phrase = env.request().path().trim_start_matches('/').to_owned();
        env.response_mut().set_reason_phrase(&phrase)?;
        Ok(env)
    };
    let refused = all(app, &format!("/{SPLIT}")).await;
    assert!(refused.starts_with("HTTP/1.1 500 ") && !refused.contains("evil"), "{refused}");
    assert!(all(app, "/Fine").await.starts_with("HTTP/1.1 200 Fine\r\n"));
}

#[tokio::test]
async fn a_trailer_that_would_split_is_refused() {
    // HT-14, attack 7.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("body").await?;
        env.response_mut().flush().await?;
        let mut refused = 0;
        if let Some(mut trailers) = env.feature_mut::<TrailersMut<'_>>() {
            for (name, value) in
                [("x", "a\r\nevil: 1"), ("x", "a\nb"), ("x\r\nevil", "1"), ("x y", "1")]
            {
                refused += usize::from(trailers.append(name, value).is_err());
            }
            trailers.append("x-refused", &refused.to_string())?;
        }
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.trailers, ["x-refused: 4"]);
}

/// A response with one field for each byte that the app may put into a part of one.
async fn lines_with_every_byte(set: fn(&mut Environment, u8) -> bool) -> (Vec<u8>, usize) {
    let server = serve(move |mut env: Environment| async move {
        let taken: Vec<u8> = (0..=u8::MAX).filter(|byte| set(&mut env, *byte)).collect();
        env.response_mut().set_body(taken);
        Answer::Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    let response = client.get("/").await;
    let lines = response.fields.iter().filter(|(name, _)| name.starts_with('x')).count();
    // The response has ended where it says, and the connection goes on.
    assert_eq!(client.get("/").await.status, 200);
    (response.body, lines)
}

#[tokio::test]
async fn every_byte_that_an_app_may_put_into_a_value_stays_in_its_line() {
    // HT-14, attack 7.
    let set = |env: &mut Environment, byte: u8| {
        let value = [b"a".as_slice(), &[byte], b"b"].concat();
        let value = http::HeaderValue::from_bytes(&value).map_err(drop);
        let headers = env
            .response_mut()
            .headers_mut()
            .map(|all| value.is_ok_and(|value| all.append("x", value).is_ok()));
        headers.unwrap_or_default()
    };
    let (taken, lines) = lines_with_every_byte(set).await;
    let legal = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7F);
    assert_eq!(taken, (0..=u8::MAX).filter(legal).collect::<Vec<u8>>());
    assert_eq!(lines, taken.len());
}

#[tokio::test]
async fn every_byte_that_an_app_may_put_into_a_name_stays_in_its_line() {
    // OWIN-035, HT-14, attack 7.
    let set = |env: &mut Environment, byte: u8| {
        let name = format!("x{}y", char::from(byte));
        env.response_mut().headers_mut().is_ok_and(|all| all.append(name.as_str(), "1").is_ok())
    };
    let (taken, lines) = lines_with_every_byte(set).await;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    assert_eq!(taken, (0..=u8::MAX).filter(|byte| is_token(*byte)).collect::<Vec<u8>>());
    assert_eq!(lines, taken.len());
}

#[tokio::test]
async fn every_character_that_an_app_may_put_into_a_phrase_stays_in_its_line() {
    // OWIN-028, attack 7.
    let server = serve(async |mut env: Environment| -> Answer {
        let number = env.request().query_string().parse().unwrap_or(0);
        let phrase = format!("a{}b", char::from(number));
        env.response_mut().set_reason_phrase(&phrase)?;
        env.response_mut().headers_mut()?.set("x-phrase", phrase)?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for number in 0..=u8::MAX {
        let response = client.get(&format!("/?{number}")).await;
        let is_legal = number == b'\t' || matches!(number, b' '..=b'~');
        let line = response.field("x-phrase").map(|phrase| format!("HTTP/1.1 200 {phrase}"));
        let wanted = line.unwrap_or("HTTP/1.1 500 Internal Server Error".to_owned());
        assert_eq!((response.status_line, response.status == 200), (wanted, is_legal), "{number}");
    }
}

#[tokio::test]
async fn a_whole_header_that_an_app_puts_in_goes_out_line_by_line() {
    // HT-14, attack 7: lines that came with a request are checked again where they are sent.
    let server = serve(async |mut env: Environment| -> Answer {
        let mut headers = owin_core::Headers::new();
        let raw = headers.raw_mut();
        raw.push("x-raw", b"a\r\nevil: 1");
        raw.push("x-fine", b"1");
        env.set(keys::RESPONSE_HEADERS, headers)?;
        Ok(env)
    })
    .await;
    let response = server.get("/").await;
    assert_eq!((response.field("x-raw"), response.field("evil")), (None, None));
    assert_eq!(response.field("x-fine"), Some("1"));
}

/// A log that keeps every text it is given.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let line = format!("{}={value:?}", field.name());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("nowin")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn nothing_of_a_refused_message_is_echoed_or_logged() {
    // attack 30: neither the answer nor the log has a word of it.
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let server = serve(hello("never")).await;
    for message in [
        "GET /MARK\u{1b}[2J HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /MARK#\"}{ HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: MARK\u{1b}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nMARK\u{7}: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: MARK\u{0}\r\n\r\n",
        "MARK / HTTP/3.0\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: MARK\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: MARK\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: MARK\r\n\r\n",
        "GET <script>MARK</script> HTTP/1.1\r\nHost: h\r\n\r\n",
    ] {
        let answer = server.all(message).await;
        assert!(answer.starts_with("HTTP/1.1 ") && answer.ends_with("\r\n\r\n"), "{answer}");
        assert!(!answer.contains("MARK") && !answer.contains("never"), "{answer}");
    }
    let lines = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(lines.iter().filter(|line| line.contains("refused")).count() >= 10, "{lines:?}");
    for line in lines.iter() {
        assert!(!line.contains("MARK") && !line.contains(char::is_control), "{line:?}");
    }
}
