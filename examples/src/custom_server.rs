//! A third-party server: HTTP/1.1 on nothing but owin-core's public API, tokio and httparse.
//!
//! It satisfies the request and response features, streams both bodies, asks a client that waits for
//! its body, keeps connections alive and tells the app of a client that goes away. It leaves out what
//! a real server needs besides: chunked requests (it answers 411), limits, time-outs, strictness, a
//! graceful stop. The reference server has those.

use owin_core::features::{ConnectionInfo, Outcome, ServerInfo};
use owin_core::http::Version;
use owin_core::{BodyLength, BoxApp, Call, Environment, Error, Event, Head, Properties};
use owin_core::{Running, Server, async_trait, server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, tcp::WriteHalf};
use tokio::task::JoinSet;

/// The server, not yet started.
#[derive(Clone, Copy, Debug)]
pub struct CustomServer;

#[async_trait]
impl Server for CustomServer {
    fn name(&self) -> &str {
        "custom"
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let (mut listeners, mut bound) = (Vec::new(), Vec::new());
        for (address, socket) in properties.sockets()? {
            let listener = TcpListener::bind(socket).await.map_err(|e| address.unusable(&e))?;
            bound.push(address.bound_to(listener.local_addr()?));
            listeners.push(listener);
        }
        let launch = server::launch(properties, bound).await?;
        let accepting = listeners.into_iter().map(|at| accept(at, app.clone(), launch.info()));
        let mut tasks: JoinSet<()> = accepting.collect();
        Ok(launch.running(async move |_| tasks.shutdown().await))
    }
}

async fn accept(listener: TcpListener, app: BoxApp, info: std::sync::Arc<ServerInfo>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, remote)) = listener.accept().await {
        let facts = ConnectionInfo::new().with_server(info.clone()).with_remote(remote);
        let (Ok(local), Ok(())) = (stream.local_addr(), stream.set_nodelay(true)) else { continue };
        connections.spawn(serve(stream, Call::new(&app, facts.with_local(local))));
        while connections.try_join_next().is_some() {}
    }
}

/// Serves the requests of a connection, one after the other.
async fn serve(mut stream: TcpStream, mut call: Call) -> Result<(), Error> {
    let (reader, mut writer) = stream.split();
    let (mut reader, mut unread, mut stays) = (BufReader::new(reader), 0, true);
    while stays && unread == 0 {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && reader.read_until(b'\n', &mut head).await? > 0 {}
        if head.is_empty() {
            break;
        }
        let mut env = call.prepare();
        match read_head(&head, &mut env) {
            Ok(length) => unread = length,
            Err(error) => {
                let refusal = Head::refusal(error.status()).to_http1(false);
                return Ok(writer.write_all(&refusal).await?);
            }
        }
        stays = env.request().keeps_alive();
        let sender = call.start_fed(env, unread);
        let watched = async {
            sender.feed(&mut reader, &mut unread).await?;
            reader.fill_buf().await?; // then the connection is watched until the answer is out
            std::future::pending().await
        };
        tokio::select! {
            answered = answer(&mut writer, &mut call, &mut stays) => answered?,
            gone = watched => return gone,
        }
        call.complete(Outcome::Completed);
    }
    Ok(())
}

/// Fills the environment and returns how long the body is.
fn read_head(head: &[u8], env: &mut Environment) -> Result<u64, Error> {
    let mut lines = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut lines);
    request.parse(head).map_err(|error| Error::peer("the head is malformed").with_source(error))?;
    let lines = request.headers.iter().map(|line| (line.name, line.value));
    let protocol = if request.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    env.request_mut().fill(method, target, protocol, lines)?;
    env.request().content_length()
}

/// Does what the events of a call say.
async fn answer(w: &mut WriteHalf<'_>, call: &mut Call, stays: &mut bool) -> Result<(), Error> {
    loop {
        match call.event().await {
            Event::Head => {
                *stays &= call.head().length() != BodyLength::Unknown && !call.head().wants_close();
                w.write_all(&call.head().to_http1(*stays)).await?;
            }
            Event::Continue => w.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?,
            Event::Data(data) => w.write_all(&data).await?,
            // The client is to see that it broke off, also where the end of the connection is the end.
            Event::Failed(e) => w.as_ref().set_zero_linger().map_err(Error::from).and(Err(e))?,
            Event::End => return Ok(()),
            _ => {}
        }
    }
}
