//! The orderly end: nothing new is taken, what was begun is finished, what was acknowledged is
//! durable.

use std::time::Duration;

use tokio::sync::watch;

/// How long requests that were begun may take to finish.
pub const GRACE: Duration = Duration::from_secs(10);

/// The side that ends things.
#[derive(Debug)]
pub struct Drain(watch::Sender<bool>);

/// The side that is told; clones are told alike. While one is alive, the drain waits.
#[derive(Clone, Debug)]
pub struct Draining(watch::Receiver<bool>);

/// A drain and those it tells.
#[must_use]
pub fn channel() -> (Drain, Draining) {
    let (sender, receiver) = watch::channel(false);
    (Drain(sender), Draining(receiver))
}

impl Drain {
    /// Tells everyone to end and waits until they have, or the grace is over; says which.
    pub async fn drain(self) -> bool {
        self.0.send_replace(true);
        tokio::time::timeout(GRACE, self.0.closed()).await.is_ok()
    }
}

impl Draining {
    /// Returns when it is time to end.
    pub async fn told(&mut self) {
        // An error means that nobody can tell any more: the end as well.
        let _ = self.0.wait_for(|told| *told).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_waits_for_those_that_finish_and_not_for_those_that_hang() {
        let (drain, mut draining) = channel();
        tokio::spawn(async move { draining.told().await });
        assert!(drain.drain().await);

        let (drain, _hangs) = channel();
        assert!(!drain.drain().await);
    }
}
