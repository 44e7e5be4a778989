//! The server while it runs: until its call is over.

use std::time::Duration;

use owin_core::{Address, Error, Properties, Running, async_trait, server::Launch};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How the call ended, once it has; else why its response could not be finished.
type Ended = Option<Result<(), String>>;

pub(super) struct CgiRunning {
    launched: Box<dyn Running>,
    ended: watch::Receiver<Ended>,
}

impl CgiRunning {
    pub(super) fn start(
        launch: Launch,
        task: JoinHandle<()>,
        stop: watch::Sender<bool>,
        ended: watch::Receiver<Ended>,
    ) -> Self {
        let mut call_ended = ended.clone();
        let launched = launch.running_with(async move |deadline| {
            stop.send_replace(true);
            let waited = timeout(deadline, call_ended.wait_for(Option::is_some)).await;
            let outcome = match waited {
                Ok(Ok(outcome)) => outcome.clone().unwrap_or(Ok(())),
                Ok(Err(_)) => Err("the call ended without an answer".to_owned()),
                Err(_) => Err("1 call had to be cut off".to_owned()),
            };
            task.abort();
            outcome.map_err(Error::server)
        });
        Self { launched, ended }
    }
}

#[async_trait]
impl Running for CgiRunning {
    fn addresses(&self) -> &[Address] {
        self.launched.addresses()
    }

    fn properties(&self) -> &Properties {
        self.launched.properties()
    }

    async fn stopped(&mut self) {
        let _ended = self.ended.wait_for(Option::is_some).await.map(drop);
    }

    async fn stop(self: Box<Self>, deadline: Duration) -> Result<(), Error> {
        self.launched.stop(deadline).await
    }
}
