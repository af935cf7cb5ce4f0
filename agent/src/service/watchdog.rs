//! Signs of life to the service manager, which ends and restarts an agent that gives none.
//!
//! They come from the task that does the work and while it does it: a runtime that is held up
//! gives none, and a step that goes on for longer than it can ends them.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::system;

/// Gives signs of life, where the service manager asks for them.
#[derive(Debug)]
pub struct Watchdog {
    /// How often.
    every: Option<Duration>,
    sign: fn(),
}

impl Watchdog {
    /// The one that the service manager asks for, if it does.
    #[must_use]
    pub fn wanted() -> Self {
        Self::within(system::patience(), system::alive)
    }

    /// Twice within the time after which the manager takes the agent for dead.
    fn within(patience: Option<Duration>, sign: fn()) -> Self {
        let every = patience.map(|patience| patience / 2).filter(|every| !every.is_zero());
        Self { every, sign }
    }

    /// Takes a step, and vouches for it while it lasts: for `longest`, and then no more, so that
    /// a step that never ends does not look like one that takes its time.
    pub async fn vouch<T>(&self, longest: Duration, step: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = step => done,
            never = self.signs(longest) => match never {},
        }
    }

    async fn signs(&self, longest: Duration) -> std::convert::Infallible {
        if let Some(every) = self.every {
            let _ = timeout(longest, self.signs_without_end(every)).await;
        }
        std::future::pending().await
    }

    async fn signs_without_end(&self, every: Duration) {
        (self.sign)();
        let mut ticks = interval_at(Instant::now() + every, every);
        // After a sleep of the whole machine one sign is enough.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            (self.sign)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::sleep;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_step_is_vouched_for_twice_within_the_managers_patience() {
        static SIGNS: AtomicU32 = AtomicU32::new(0);
        let sign = || _ = SIGNS.fetch_add(1, Ordering::Relaxed);
        let watchdog = Watchdog::within(Some(10 * MINUTE), sign);
        let done = watchdog.vouch(60 * MINUTE, async {
            sleep(31 * MINUTE).await;
            7
        });
        assert_eq!(done.await, 7);
        assert_eq!(SIGNS.load(Ordering::Relaxed), 1 + 6, "one at once and one every 5 minutes");
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_never_ends_is_not_vouched_for_any_more() {
        static SIGNS: AtomicU32 = AtomicU32::new(0);
        let sign = || _ = SIGNS.fetch_add(1, Ordering::Relaxed);
        let watchdog = Watchdog::within(Some(10 * MINUTE), sign);
        let never = watchdog.vouch(12 * MINUTE, std::future::pending::<()>());
        assert!(timeout(24 * 60 * MINUTE, never).await.is_err());
        assert_eq!(SIGNS.load(Ordering::Relaxed), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_asks_there_are_no_signs() {
        for patience in [None, Some(Duration::ZERO)] {
            let watchdog = Watchdog::within(patience, || panic!("nobody asked"));
            watchdog.vouch(MINUTE, sleep(60 * MINUTE)).await;
        }
    }
}
