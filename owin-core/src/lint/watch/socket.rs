//! Sees what an app does with a `WebSocket`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::environment::Dictionary;
use crate::keys;
use crate::lint::judge::Judge;
use crate::lint::rules::websocket;
use crate::upgrade::{Message, Opcode, WebSocketClose, WebSocketReceive, WebSocketSend};

/// Sees what an app does with a `WebSocket`.
#[derive(Clone, Debug)]
pub(in crate::lint) struct SocketWatch(Arc<Socket>);

#[derive(Debug)]
struct Socket {
    judge: Judge,
    has_closed: AtomicBool,
    has_peer_closed: AtomicBool,
    is_over: AtomicBool,
}

impl SocketWatch {
    /// Begins to watch: puts itself around the functions of the socket.
    pub(in crate::lint) fn attach(env: &mut Dictionary, judge: &Judge) -> Self {
        websocket::not_closed_yet(env, judge);
        let watch = Self(Arc::new(Socket {
            judge: judge.clone(),
            has_closed: AtomicBool::new(false),
            has_peer_closed: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        }));
        if let Some(send) = env.get_mut(keys::WEBSOCKET_SEND_ASYNC) {
            *send = watch.around_send(send.clone());
        }
        if let Some(receive) = env.get_mut(keys::WEBSOCKET_RECEIVE_ASYNC) {
            *receive = watch.around_receive(receive.clone());
        }
        if let Some(close) = env.get_mut(keys::WEBSOCKET_CLOSE_ASYNC) {
            *close = watch.around_close(close.clone());
        }
        watch
    }

    /// The callback is over: a socket that is neither lost nor in error should have been closed.
    pub(in crate::lint) fn leave(&self, is_well: bool) {
        self.0.is_over.store(true, Ordering::Release);
        let is_closed = is_set(&self.0.has_closed) || is_set(&self.0.has_peer_closed);
        if is_well && !is_closed {
            websocket::not_closed(&self.0.judge);
        }
    }

    fn used(&self, name: &str) {
        if is_set(&self.0.is_over) {
            websocket::used_after_the_end(name, &self.0.judge);
        }
    }

    fn around_send(&self, send: WebSocketSend) -> WebSocketSend {
        let watch = self.clone();
        WebSocketSend::new(move |message: Message| {
            let (watch, send) = (watch.clone(), send.clone());
            async move {
                watch.used(keys::WEBSOCKET_SEND_ASYNC.name());
                if is_set(&watch.0.has_closed) {
                    websocket::sent_after_close(&watch.0.judge);
                }
                watch.0.judge.verdict()?;
                if message.opcode == Opcode::Close {
                    watch.0.has_closed.store(true, Ordering::Release);
                }
                send.call(message).await
            }
        })
    }

    fn around_receive(&self, receive: WebSocketReceive) -> WebSocketReceive {
        let watch = self.clone();
        WebSocketReceive::new(move |max_bytes| {
            let (watch, receive) = (watch.clone(), receive.clone());
            async move {
                watch.used(keys::WEBSOCKET_RECEIVE_ASYNC.name());
                if is_set(&watch.0.has_peer_closed) {
                    websocket::received_after_close(&watch.0.judge);
                }
                watch.0.judge.verdict()?;
                let message = receive.call(max_bytes).await?;
                if message.opcode == Opcode::Close {
                    watch.0.has_peer_closed.store(true, Ordering::Release);
                }
                Ok(message)
            }
        })
    }

    fn around_close(&self, close: WebSocketClose) -> WebSocketClose {
        let watch = self.clone();
        WebSocketClose::new(move |status, reason| {
            let (watch, close) = (watch.clone(), close.clone());
            async move {
                watch.used(keys::WEBSOCKET_CLOSE_ASYNC.name());
                watch.0.has_closed.store(true, Ordering::Release);
                close.call(status, reason).await
            }
        })
    }
}

fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Acquire)
}
