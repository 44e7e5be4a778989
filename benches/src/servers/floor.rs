//! A loop that reads and writes and parses nothing.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 13\r\n\
    date: Sat, 21 Nov 2026 03:38:08 GMT\r\n\r\nHello, World!";

/// Answers; does something for each answer, if only nothing.
pub(super) async fn serve(each: fn()) -> io::Result<()> {
    let listener = TcpListener::from_std(super::listen()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(answer(stream, each));
    }
}

/// As many answers as there are ends of a head in what was read.
async fn answer(mut stream: TcpStream, each: fn()) -> io::Result<()> {
    let (mut unread, mut out) = (vec![0; 16 * 1024], Vec::new());
    loop {
        let count = stream.read(&mut unread).await?;
        let read = unread.get(..count).filter(|read| !read.is_empty());
        let Some(read) = read else { return Ok(()) };
        out.clear();
        for _ in read.windows(4).filter(|four| four == b"\r\n\r\n") {
            each();
            out.extend_from_slice(ANSWER);
        }
        stream.write_all(&out).await?;
    }
}
