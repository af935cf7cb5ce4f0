//! Looking that may never end: a disk of another machine that went away, a kernel file that does
//! not answer. Such a look is waited for so long and no longer, and while it goes on no second one
//! is begun: one that hangs costs one thread, however long the agent lives.
//!
//! A look that panics gives no answer either, where the build unwinds. The agent that is shipped
//! does not: there a panic ends the process, which for a survey is a child of the agent's.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long one look is waited for.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// One place to look from, at one thing at a time.
#[derive(Debug)]
pub struct Lookout {
    patience: Duration,
    taken: Arc<AtomicBool>,
}

/// Why a look gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// Not this time.
    #[error("no answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// Not since an earlier time.
    #[error("an earlier look still has no answer")]
    StillHanging,
    /// It ended without one.
    #[error("it ended without an answer")]
    Ended,
    /// It did not begin.
    #[error("no thread to look from: {0}")]
    NoThread(io::Error),
}

/// Held while a look goes on, however it ends.
struct Place(Arc<AtomicBool>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Default for Lookout {
    fn default() -> Self {
        Self::with(PATIENCE)
    }
}

impl Lookout {
    /// One that waits so long.
    #[must_use]
    pub fn with(patience: Duration) -> Self {
        Self { patience, taken: Arc::default() }
    }

    /// Looks from a thread of its own: those of the runtime resolve names, and there are few.
    ///
    /// # Errors
    /// When no answer came in time, or an earlier look has not come back.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        if self.taken.swap(true, Ordering::Acquire) {
            return Err(NoAnswer::StillHanging);
        }
        let place = Place(Arc::clone(&self.taken));
        let (answer, answered) = oneshot::channel();
        let looking = move || {
            // However the look ends, its place is free before anybody hears of it.
            let (answer, place) = (answer, place);
            let seen = look();
            drop(place);
            // Nobody waits for an answer that comes too late.
            let _ = answer.send(seen);
        };
        thread::Builder::new()
            .name("look".to_owned())
            .spawn(looking)
            .map_err(NoAnswer::NoThread)?;
        match timeout(self.patience, answered).await {
            Ok(Ok(seen)) => Ok(seen),
            Ok(Err(_)) => Err(NoAnswer::Ended),
            Err(_) => Err(NoAnswer::TimedOut(self.patience)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_look_that_hangs_is_given_up_and_not_begun_again_until_it_ends() {
        let lookout = Lookout::with(Duration::from_millis(10));
        let (end, ended) = mpsc::channel::<()>();
        let hangs = lookout.look(move || ended.recv().is_ok()).await;
        assert!(matches!(hangs, Err(NoAnswer::TimedOut(_))));
        let second = lookout.look(|| ()).await;
        assert!(matches!(second, Err(NoAnswer::StillHanging)));

        end.send(()).unwrap();
        while lookout.taken.load(Ordering::Acquire) {
            thread::yield_now();
        }
        let patient = Lookout { patience: PATIENCE, ..lookout };
        assert_eq!(patient.look(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_look_that_panics_frees_its_place() {
        let lookout = Lookout::default();
        let ended = lookout.look(|| panic!("a defect")).await;
        assert!(matches!(ended, Err::<(), _>(NoAnswer::Ended)));
        assert_eq!(lookout.look(|| 7).await.unwrap(), 7);
    }
}
