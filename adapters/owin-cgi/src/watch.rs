//! Hears that nobody takes the response any more, while nothing is written.

use tokio::sync::oneshot;

/// Fires when the reader of standard output has gone; a file has none, and never fires.
#[cfg(unix)]
pub(crate) fn output_closed() -> oneshot::Receiver<()> {
    use std::os::fd::AsFd as _;

    let (gone, heard) = oneshot::channel();
    let watch = move || {
        if wait_for_end(std::io::stdout().as_fd()).is_ok() {
            let _nobody_waits = gone.send(());
        }
    };
    // Without a thread for it a failed write still tells.
    drop(std::thread::Builder::new().name("cgi-watch".to_owned()).spawn(watch));
    heard
}

/// Waits for an error or a hang-up at the other end (poll(2)).
#[cfg(unix)]
fn wait_for_end(output: std::os::fd::BorrowedFd<'_>) -> rustix::io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};

    loop {
        let mut watched = [PollFd::from_borrowed_fd(output, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Other systems tell by a failed write alone.
#[cfg(not(unix))]
pub(crate) fn output_closed() -> oneshot::Receiver<()> {
    oneshot::channel().1
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::fd::AsFd as _;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::wait_for_end;

    #[test]
    fn a_pipe_whose_reader_went_is_noticed_without_a_write() {
        let (reader, writer) = std::io::pipe().unwrap();
        let (tell, told) = mpsc::channel();
        let watching = std::thread::spawn(move || {
            let ended = wait_for_end(writer.as_fd());
            tell.send(()).unwrap();
            ended
        });
        assert!(told.recv_timeout(Duration::from_millis(50)).is_err(), "the reader is there");
        drop(reader);
        told.recv_timeout(Duration::from_secs(10)).unwrap();
        watching.join().unwrap().unwrap();
    }
}
