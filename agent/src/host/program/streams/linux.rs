//! Pipes that the runtime waits for itself.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::AsyncWriteExt as _;
pub(super) use tokio::net::unix::pipe::{Receiver, Sender};

pub(super) fn sender(stream: impl Into<OwnedFd>) -> io::Result<Sender> {
    Sender::from_owned_fd(stream.into())
}

pub(super) fn receiver(stream: impl Into<OwnedFd>) -> io::Result<Receiver> {
    Receiver::from_owned_fd(stream.into())
}

/// Says everything, and that this was all.
pub(super) async fn say(mut to: Sender, input: &[u8]) -> io::Result<()> {
    to.write_all(input).await
}
