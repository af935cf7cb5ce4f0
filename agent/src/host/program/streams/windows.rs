//! Pipes that can only be waited for by a thread: each has one of its own, which ends with the
//! pipe. Those of the runtime would be taken away from names that are being resolved.

use std::io::{self, Read, Write as _};
use std::pin::Pin;
use std::process::ChildStdin;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{mpsc, oneshot};

const CHUNK: usize = 8 * 1024;

/// Takes what is said to a program.
pub(super) struct Sender(ChildStdin);

/// Gives what a program says.
pub(super) struct Receiver {
    chunks: mpsc::Receiver<Vec<u8>>,
    /// What was heard and not yet asked for.
    rest: Vec<u8>,
}

pub(super) fn sender(stream: ChildStdin) -> io::Result<Sender> {
    Ok(Sender(stream))
}

pub(super) fn receiver(mut stream: impl Read + Send + 'static) -> io::Result<Receiver> {
    let (heard, chunks) = mpsc::channel(1);
    let listen = move || {
        let mut buffer = [0; CHUNK];
        // A pipe that fails has ended, and where nobody listens any more there is nothing to hear.
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            if heard.blocking_send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    };
    begin("hear", listen)?;
    Ok(Receiver { chunks, rest: Vec::new() })
}

impl AsyncRead for Receiver {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            self.rest = ready!(self.chunks.poll_recv(context)).unwrap_or_default();
        }
        let count = into.remaining().min(self.rest.len());
        into.put_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Poll::Ready(Ok(()))
    }
}

/// Says everything, and that this was all. A program that does not listen is not waited for once
/// nobody wants its answer.
pub(super) async fn say(to: Sender, input: &[u8]) -> io::Result<()> {
    let (mut stdin, input) = (to.0, input.to_vec());
    let (said, has_said) = oneshot::channel();
    begin("say", move || {
        // Nobody may be left who wants to know.
        let _ = said.send(stdin.write_all(&input));
    })?;
    has_said.await.map_err(io::Error::other)?
}

fn begin(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}
