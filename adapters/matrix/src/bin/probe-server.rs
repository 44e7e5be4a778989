//! The probe app on a server of your choice, as a process of its own.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use owin_adapter_matrix::probe;
use owin_adapter_matrix::servers::{Start, entries};
use owin_core::{AppExt, Error};
use owin_host::{Host, Options, Registry};

#[derive(Debug, Parser)]
#[command(about = "The probe app on a server of your choice")]
struct Arguments {
    #[command(flatten)]
    options: Options,

    /// The folder in which the app notes what it sees.
    #[arg(long, value_name = "FOLDER")]
    ledger: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = std::error::Error::source(&error);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            let line = format!("probe-server: {error}{cause}\n");
            let _unwritable = io::Write::write_all(&mut io::stderr(), line.as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// Serves until standard input ends: whoever started this program has then ended too.
fn run(arguments: &Arguments) -> Result<(), Error> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    let ledger = arguments.ledger.clone();
    let host = Host::new("probe-server", &arguments.options, servers())?;
    runtime.block_on(async {
        let hosted = host.start(|_| Ok(probe::app(ledger).boxed())).await?;
        hosted.announce(&mut io::stdout())?;
        let (sender, ended) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _read = io::copy(&mut io::stdin(), &mut io::sink());
            let _dropped = sender.send(());
        });
        let _ended = ended.await;
        hosted.stop().await
    })
}

/// Every server of the table that is one of ours.
fn servers() -> Registry {
    entries().iter().fold(Registry::new(), |servers, entry| match entry.start {
        Start::Server(add) => add(servers),
        _ => servers,
    })
}
