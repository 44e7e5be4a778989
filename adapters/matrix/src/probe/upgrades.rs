//! Paths that take the connection over.

use owin_core::upgrade::{Accept, Message, OpaqueUpgrade, Opcode};
use owin_core::{Dictionary, Environment, Error, keys};

use crate::pattern;
use crate::probe::not_offered;
use crate::probe::notes::Notes;

/// How many bytes of a message are received at once.
const MESSAGE_BYTES: usize = 65_536;

/// `/probe/upgrade`: sends back what comes, until the client ends.
pub(super) fn opaque(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let Some(upgrade) = env.feature::<&OpaqueUpgrade>().cloned() else {
        return not_offered(env, "opaque.Upgrade");
    };
    notes.note(format!("accepted {}", upgrade.protocol()))?;
    let name = upgrade.protocol().to_owned();
    env.response_mut().headers_mut()?.set("upgrade", &name)?;
    let notes = notes.clone();
    upgrade.accept(&mut env, None, async move |taken| echo(taken, &notes).await)?;
    Ok(env)
}

async fn echo(mut taken: Dictionary, notes: &Notes) -> Result<(), Error> {
    let Some(mut stream) = taken.remove(keys::OPAQUE_STREAM)? else {
        return Err(Error::server("the connection has no opaque.Stream"));
    };
    let (mut buffer, mut total) = (vec![0; 16_384], 0);
    loop {
        let count = stream.read(&mut buffer).await?;
        let data = buffer.get(..count).unwrap_or_default();
        if data.is_empty() {
            break;
        }
        total += pattern::length(data);
        stream.write_all(data).await?;
        stream.flush().await?;
    }
    stream.shutdown().await?;
    notes.note(format!("ended {total}"))
}

/// `/probe/websocket`: sends every text back, until the client closes.
pub(super) fn websocket(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let Some(accept) = env.feature::<&Accept>().cloned() else {
        return not_offered(env, "websocket.Accept");
    };
    notes.note("accepted websocket")?;
    let notes = notes.clone();
    accept.accept(&mut env, None, async move |socket| messages(socket, &notes).await)?;
    Ok(env)
}

async fn messages(socket: Dictionary, notes: &Notes) -> Result<(), Error> {
    let missing = || Error::server("a function of the socket is missing");
    let send = socket.get(keys::WEBSOCKET_SEND_ASYNC).ok_or_else(missing)?;
    let receive = socket.get(keys::WEBSOCKET_RECEIVE_ASYNC).ok_or_else(missing)?;
    let close = socket.get(keys::WEBSOCKET_CLOSE_ASYNC).ok_or_else(missing)?;
    loop {
        let message: Message = receive.call(MESSAGE_BYTES).await?;
        if message.opcode == Opcode::Close {
            break;
        }
        notes.note(format!("message {}", message.data.len()))?;
        send.call(message).await?;
    }
    close.call(1_000, String::new()).await?;
    notes.note("ended")
}
