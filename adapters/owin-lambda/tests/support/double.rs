//! A double of Lambda's Runtime API, and the program that asks it for invocations.

#![allow(dead_code, clippy::allow_attributes, reason = "each test binary uses another part of it")]

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// So long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the program posted for an invocation.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) id: String,
    /// `response` or `error`.
    pub(crate) kind: String,
    pub(crate) body: Value,
}

impl Posted {
    pub(crate) fn status(&self) -> u64 {
        assert_eq!(self.kind, "response", "{self:?}");
        self.body["statusCode"].as_u64().unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.body["isBase64Encoded"], false, "{self:?}");
        self.body["body"].as_str().unwrap()
    }

    /// The facts that the program's app tells of a request.
    pub(crate) fn facts(&self) -> Value {
        assert_eq!(self.status(), 200, "{self:?}");
        serde_json::from_str(self.text()).unwrap()
    }
}

struct Invocation {
    id: String,
    deadline: Duration,
    event: Vec<u8>,
}

type Waiting = Arc<Mutex<mpsc::UnboundedReceiver<Invocation>>>;

/// The double, with a program that runs an app on it.
pub(crate) struct Double {
    invocations: mpsc::UnboundedSender<Invocation>,
    posted: mpsc::UnboundedReceiver<Posted>,
    program: Child,
    serving: JoinHandle<()>,
    count: u32,
}

impl Double {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (invocations, waiting) = mpsc::unbounded_channel();
        let (posts, posted) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&waiting), posts.clone()));
            }
        });
        let program = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "program", "--nocapture"])
            .env("AWS_LAMBDA_RUNTIME_API", &address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "tried")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { invocations, posted, program, serving, count: 0 }
    }

    pub(crate) async fn ask(&mut self, event: Value) -> Posted {
        self.ask_within(event, PATIENCE).await
    }

    /// Invokes the function, with so much time until its deadline.
    pub(crate) async fn ask_within(&mut self, event: Value, time: Duration) -> Posted {
        self.ask_bytes(event.to_string().into_bytes(), time).await
    }

    /// The same with an event as it is written, which need not be UTF-8.
    pub(crate) async fn ask_bytes(&mut self, event: Vec<u8>, time: Duration) -> Posted {
        self.invoke(event, time);
        let posted = timeout(PATIENCE, self.posted.recv()).await.expect("an answer").unwrap();
        assert_eq!(posted.id, self.last());
        posted
    }

    fn invoke(&mut self, event: Vec<u8>, time: Duration) {
        self.count += 1;
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
        self.invocations.send(Invocation { id: self.last(), deadline, event }).unwrap();
    }

    /// The id of the last invocation.
    fn last(&self) -> String {
        format!("invocation-{}", self.count)
    }

    /// Ends the double, with its connections and its listener.
    pub(crate) fn close(&self) {
        self.serving.abort();
    }

    pub(crate) async fn output(self) -> (bool, String) {
        let output = timeout(PATIENCE, self.program.wait_with_output()).await;
        let output = output.expect("the program ends").unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Serves a connection of the client of the Runtime API.
async fn serve(stream: TcpStream, waiting: Waiting, posts: mpsc::UnboundedSender<Posted>) {
    let mut stream = BufReader::new(stream);
    while let Some((line, body)) = read(&mut stream).await {
        let mut parts = line.split(' ');
        let (method, path) = (parts.next().unwrap(), parts.next().unwrap());
        let answer = if (method, path) == ("GET", "/2018-06-01/runtime/invocation/next") {
            let Some(next) = waiting.lock().await.recv().await else { return };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                 lambda-runtime-aws-request-id: {}\r\nlambda-runtime-deadline-ms: {}\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:1:function:tried\r\n\
                 lambda-runtime-trace-id: Root=1-2-3\r\ncontent-length: {}\r\n\r\n",
                next.id,
                next.deadline.as_millis(),
                next.event.len(),
            );
            [head.into_bytes(), next.event].concat()
        } else {
            let told = path.strip_prefix("/2018-06-01/runtime/invocation/").expect(path);
            let (id, kind) = told.split_once('/').expect(path);
            assert_eq!(method, "POST");
            let body = serde_json::from_slice(&body).unwrap();
            let (id, kind) = (id.to_owned(), kind.to_owned());
            let _test_is_over = posts.send(Posted { id, kind, body });
            b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_vec()
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// Reads a message whose body has a length.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        assert!(!line.starts_with("transfer-encoding"), "the double wants lengths");
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
        if first.is_empty() {
            first = line;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let first = first.replacen("get ", "GET ", 1).replacen("post ", "POST ", 1);
    Some((first, body))
}
