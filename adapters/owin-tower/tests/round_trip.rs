//! Layers that change nothing change nothing: a call through them is the call without them, key for
//! key, byte for byte, and flush for flush.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use owin_core::body::Whole;
use owin_core::features::TrailersMut;
use owin_core::middleware::Next;
use owin_core::testing::TestHost;
use owin_core::{
    App, AppExt as _, BoxApp, Environment, Error, RequestBody, Value, ValueRef, from_fn, keys,
};
use owin_tower::{BoxError, layer};
use proptest::prelude::*;
use tower::ServiceBuilder;
use tower::util::MapRequestLayer;

type Answer = Result<Environment, Error>;
type Lines = Vec<(String, Vec<u8>)>;

/// What an app does with its response before it gives the environment back.
#[derive(Clone, Debug)]
enum Step {
    Push(Vec<u8>),
    Flush,
}

/// What it leaves in the environment.
#[derive(Clone, Debug)]
enum Rest {
    Nothing,
    AtHand(Vec<u8>),
    Stream(Frames),
}

/// Pieces of a body, and the trailer fields behind them.
#[derive(Clone, Debug, Default)]
struct Frames {
    pieces: VecDeque<Vec<u8>>,
    trailers: Lines,
    is_over: bool,
}

/// Everything that is random of a call.
#[derive(Clone, Debug)]
struct Script {
    method: String,
    target: String,
    fields: Lines,
    body: Frames,
    outside: BTreeMap<String, u64>,
    inside: BTreeMap<String, u64>,
    status: u16,
    answered: Lines,
    steps: Vec<Step>,
    rest: Rest,
    trailers: Lines,
}

/// What was seen of a call, by the app, by the middleware outside, and by the client.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    request: Vec<String>,
    body: Vec<u8>,
    body_trailers: Lines,
    inside: BTreeMap<String, String>,
    is_same_inside: bool,
    /// How much the client had, each time a flush was over.
    flushed: Vec<usize>,
    outside: BTreeMap<String, String>,
    is_same_outside: bool,
    status: u16,
    fields: Lines,
    sent: Vec<u8>,
    trailers: Lines,
}

impl HttpBody for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
        }
        let is_over = std::mem::replace(&mut self.is_over, true);
        let trailers = (!is_over && !self.trailers.is_empty()).then(|| map(&self.trailers));
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }
}

fn map(lines: &Lines) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
    }
    map
}

/// Lines in an order of their own; those of one name stay in theirs.
fn lines(map: &HeaderMap) -> Lines {
    let line =
        |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), value.as_bytes().to_vec());
    let mut lines: Lines = map.iter().map(line).collect();
    lines.sort_by(|left, right| left.0.cmp(&right.0));
    lines
}

/// The address of a value in the environment: the same as long as it is the same environment.
fn address(env: &Environment) -> usize {
    std::ptr::from_ref(env.get(keys::REQUEST_METHOD).unwrap()).addr()
}

/// Every key, with its text or number where it has one and else its type. Two calls differ in what
/// they are called.
fn dictionary(env: &Environment) -> BTreeMap<String, String> {
    let said = |(name, value): (&str, ValueRef<'_>)| {
        let number = value.downcast_ref::<u64>().map(u64::to_string);
        let text = number.or_else(|| value.as_str().map(str::to_owned));
        let text = text.filter(|_| !["owin.RequestId", "server.ConnectionId"].contains(&name));
        (name.to_owned(), text.unwrap_or_else(|| value.type_name().to_owned()))
    };
    env.iter().map(said).collect()
}

/// The app: takes all of the request, then does what the script says.
async fn answer(
    mut env: Environment,
    script: Arc<Script>,
    seen: Arc<Mutex<Seen>>,
    had: Arc<AtomicUsize>,
) -> Answer {
    let body = env.request_mut().body_mut().read_to_end(1 << 20).await?;
    let here = address(&env).to_string();
    {
        let (request, mut seen) = (env.request(), seen.lock().unwrap());
        seen.request = vec![
            request.method().to_string(),
            request.path().to_owned(),
            request.query_string().to_owned(),
            format!("{:?} {:?}", request.raw_target(), request.protocol()),
            format!("{:?}", lines(request.headers().map())),
        ];
        seen.body = body.to_vec();
        let trailers = env.get(keys::REQUEST_BODY).and_then(RequestBody::trailers);
        seen.body_trailers = trailers.map(|trailers| lines(trailers.map())).unwrap_or_default();
        seen.inside = dictionary(&env);
        seen.is_same_inside = seen.inside.get("test.Address") == Some(&here);
        let _elsewhere = seen.inside.remove("test.Address");
    }
    for (name, value) in &script.inside {
        env.set_value(name.clone(), Value::new(*value))?;
    }
    env.response_mut().set_status(http::StatusCode::from_u16(script.status).unwrap())?;
    for (name, value) in &script.answered {
        env.response_mut().headers_mut()?.append(name.as_str(), value.as_slice())?;
    }
    for step in &script.steps {
        match step {
            Step::Push(bytes) => env.response_mut().write_bytes(bytes.clone().into()).await?,
            Step::Flush => {
                env.response_mut().flush().await?;
                seen.lock().unwrap().flushed.push(had.load(Ordering::SeqCst));
            }
        }
    }
    match &script.rest {
        Rest::Nothing => {}
        Rest::AtHand(bytes) => env.response_mut().set_body(bytes.clone()),
        Rest::Stream(frames) => env.response_mut().set_body(Whole::stream(frames.clone())),
    }
    for (name, value) in &script.trailers {
        let text = std::str::from_utf8(value).unwrap();
        env.feature_mut::<TrailersMut<'_>>().unwrap().append(name, text)?;
    }
    Ok(env)
}

/// Puts the middleware around a pipeline that sets keys, and looks at them on the way out.
fn outside(rest: impl App, script: &Arc<Script>, seen: &Arc<Mutex<Seen>>) -> BoxApp {
    let (script, seen) = (Arc::clone(script), Arc::clone(seen));
    let outer = from_fn(move |mut env: Environment, next: Next| {
        let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
        async move {
            for (name, value) in &script.outside {
                env.set_value(name.clone(), Value::new(*value))?;
            }
            let before = address(&env);
            env.set_value("test.Address", Value::new(before.to_string()))?;
            let mut env = next.run(env).await?;
            let _known = env.remove_value("test.Address")?;
            let mut seen = seen.lock().unwrap();
            seen.is_same_outside = address(&env) == before;
            seen.outside = dictionary(&env);
            drop(seen);
            Ok(env)
        }
    });
    rest.with(outer).boxed()
}

/// Makes the call through a pipeline, and says what everybody saw.
async fn call(script: &Arc<Script>, pipeline: impl FnOnce(BoxApp) -> BoxApp) -> Seen {
    let (seen, had) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicUsize>::default());
    let app = {
        let (script, seen, had) = (Arc::clone(script), Arc::clone(&seen), Arc::clone(&had));
        move |env: Environment| {
            answer(env, Arc::clone(&script), Arc::clone(&seen), Arc::clone(&had))
        }
    };
    let host = TestHost::new(outside(pipeline(app.boxed()), script, &seen));
    let mut request = host.request(script.method.parse().unwrap(), &script.target);
    for (name, value) in &script.fields {
        request = request.header(name, std::str::from_utf8(value).unwrap());
    }
    let mut response = request.body(Whole::stream(script.body.clone())).send().await.unwrap();
    let mut sent = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        sent.extend_from_slice(&chunk);
        had.store(sent.len(), Ordering::SeqCst);
    }
    let mut seen = seen.lock().unwrap().clone();
    if matches!(&script.rest, Rest::Stream(frames) if !frames.trailers.is_empty()) {
        // Behind a layer a stream may have been read by then, and its trailer fields are known.
        let _known = seen.outside.remove(keys::SERVER_RESPONSE_TRAILERS.name());
    }
    seen.status = response.status().as_u16();
    seen.fields = lines(response.headers().map());
    seen.trailers = response.trailers().map(lines).unwrap_or_default();
    seen.sent = sent;
    seen
}

/// A layer that passes everything on as it is.
fn plain(app: BoxApp) -> BoxApp {
    app.with(layer(MapRequestLayer::new(|request: http::Request<RequestBody>| request))).boxed()
}

/// A stack of layers that put both bodies into types of their own.
fn wrapping(app: BoxApp) -> BoxApp {
    let stack = ServiceBuilder::new()
        .map_request(|request: http::Request<RequestBody>| {
            request.map(|body| body.map_err(BoxError::from).boxed_unsync())
        })
        .map_response(|response: http::Response<owin_tower::Body>| {
            response.map(|body| body.map_err(BoxError::from).boxed_unsync())
        });
    app.with(layer(stack)).boxed()
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Some are more than a server joins into one write.
    prop_oneof![
        9 => proptest::collection::vec(any::<u8>(), 1..20),
        1 => any::<u8>().prop_map(|byte| vec![byte; 10_000]),
    ]
}

fn fields(names: &'static str) -> impl Strategy<Value = Lines> {
    let value = "[!-~]{1,10}".prop_map(String::into_bytes);
    proptest::collection::vec((names, value), 0..5)
}

fn frames() -> impl Strategy<Value = Frames> {
    let pieces = proptest::collection::vec(bytes(), 0..4);
    (pieces, fields("x-t[a-c]")).prop_map(|(pieces, trailers)| Frames {
        pieces: pieces.into(),
        trailers,
        is_over: false,
    })
}

fn numbers() -> impl Strategy<Value = BTreeMap<String, u64>> {
    proptest::collection::btree_map("[a-z]{2,4}\\.[A-Z][a-z]{0,4}", any::<u64>(), 0..5)
}

prop_compose! {
    fn request()(
        method in "(GET|POST|PUT|DELETE|[A-Z]{8})",
        path in "(/([a-zA-Z0-9~:@!$&'()*+,;=_-]|%2[fF]|%[3-6][0-9a-f]|%c3%a4){0,6}){1,4}",
        query in "(\\?([a-zA-Z0-9/?=&]|%[0-9a-f]{2}){0,8})?",
        fields in fields("(x-[a-d]|X-[E-G]|accept)"),
        body in frames(),
    ) -> (String, String, Lines, Frames) {
        (method, format!("{path}{query}"), fields, body)
    }
}

prop_compose! {
    fn script()(
        (method, target, fields, body) in request(),
        (outside, inside) in (numbers(), numbers()),
        status in prop_oneof![Just(200_u16), Just(404), Just(503), 200..600_u16],
        answered in fields("(x-[a-d]|content-type)"),
        steps in proptest::collection::vec(
            prop_oneof![2 => bytes().prop_map(Step::Push), 1 => Just(Step::Flush)], 0..6),
        rest in prop_oneof![
            Just(Rest::Nothing),
            bytes().prop_map(Rest::AtHand),
            frames().prop_map(Rest::Stream),
        ],
        trailers in fields("x-s[a-c]"),
    ) -> Script {
        Script { method, target, fields, body, outside, inside, status, answered, steps, rest, trailers }
    }
}

proptest! {
    #[test]
    fn a_call_through_layers_is_the_call_without_them(script in script()) {
        let script = Arc::new(script);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bare = runtime.block_on(call(&script, |app| app));
        prop_assert!(bare.is_same_inside && bare.is_same_outside);
        for (name, value) in &script.inside {
            prop_assert_eq!(bare.outside.get(name), Some(&value.to_string()));
        }
        let once = runtime.block_on(call(&script, plain));
        prop_assert_eq!(&bare, &once, "through a layer");
        let thrice = runtime.block_on(call(&script, |app| plain(wrapping(plain(app)))));
        prop_assert_eq!(&bare, &thrice, "through layers in layers, with bodies wrapped");
    }
}
