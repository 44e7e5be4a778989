//! A web server that hides nothing: a request becomes records and records become the answer, both as
//! they come.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::Incoming;
use owin_core::http::StatusCode;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::answering::Answering;
use crate::http::{Answer, Behind, refusal};
use crate::records::{self, kind};
use crate::variables;

/// How long a client that waits for 100 waits for an answer first: FastCGI has no record by which an
/// application asks for the body.
const GRACE: Duration = Duration::from_millis(100);

/// What is behind one connection of a client: one of FastCGI, which is kept.
pub(crate) struct Front {
    address: Arc<OnceLock<SocketAddr>>,
    kept: Arc<Mutex<Option<TcpStream>>>,
}

impl Front {
    /// A connection to what listens there, once it listens.
    pub(crate) fn new(address: Arc<OnceLock<SocketAddr>>) -> Self {
        Self { address, kept: Arc::default() }
    }
}

impl Behind for Front {
    async fn ask(&self, request: Request<Incoming>) -> Answer {
        // The request before is over when its connection is here again.
        let kept = Arc::clone(&self.kept).lock_owned().await;
        let (telling, told) = oneshot::channel();
        let Some(address) = self.address.get() else {
            return refusal(StatusCode::SERVICE_UNAVAILABLE);
        };
        tokio::spawn(exchange(kept, *address, request, telling));
        told.await.unwrap_or_else(|_| refusal(StatusCode::BAD_GATEWAY))
    }
}

/// A request and its answer. What ends it early breaks the answer off.
async fn exchange(
    mut kept: OwnedMutexGuard<Option<TcpStream>>,
    address: SocketAddr,
    request: Request<Incoming>,
    telling: oneshot::Sender<Answer>,
) -> io::Result<()> {
    let stream = match kept.take() {
        Some(stream) => stream,
        None => TcpStream::connect(address).await?,
    };
    // A record waits for no other.
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let (head, body) = request.into_parts();
    writer.write_all(&records::begin(&variables::of(&head))).await?;
    let is_patient = head.headers.contains_key("expect");
    let mut answering = Answering::new(reader, telling, &head.method);
    let mut fed = None;
    let feeding = async {
        fed = feed(body, writer, is_patient).await.ok();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = feeding => {}
        answered = answering.run() => answered?,
    }
    // An answer that came before the end of the body ends the connection.
    if let Some(writer) = fed {
        *kept = answering.into_reader().reunite(writer).ok();
    }
    Ok(())
}

/// Sends the body as it comes.
async fn feed(
    mut body: Incoming,
    mut writer: OwnedWriteHalf,
    is_patient: bool,
) -> io::Result<OwnedWriteHalf> {
    if is_patient {
        tokio::time::sleep(GRACE).await;
    }
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            // The client has gone; the end of the stream would say that it has said all.
            writer.write_all(&records::record(kind::ABORT_REQUEST, b"")).await?;
            return Ok(writer);
        };
        // Trailer fields have no place here.
        let Ok(data) = frame.into_data() else { continue };
        writer.write_all(&records::stream(kind::STDIN, &data)).await?;
    }
    writer.write_all(&records::record(kind::STDIN, b"")).await?;
    Ok(writer)
}
