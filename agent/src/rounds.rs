//! The agent at work: contact after contact, until it is told to end.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::config::{Config, ConfigError, ConfigPath};
use crate::cycle::{Contact, Cycle, CycleError, Kept};
use crate::random::Chance;
use crate::schedule::{Schedule, Went, after_change};
use crate::service::Watchdog;
use crate::uplink::backoff;
use crate::watch::Watch;

/// More than a round can take whose every step ends by its own limit.
const LONGEST_ROUND: Duration = Duration::from_secs(3600);

/// How late a timer may be.
const SLACK: Duration = Duration::from_secs(60);

/// What makes the agent go its rounds.
pub struct Rounds {
    /// Between two contacts, until the collector names an interval.
    pub interval: Duration,
    /// How far the first contacts of many machines spread.
    pub spread: Duration,
    /// What is watched between two contacts.
    pub watch: Watch,
    /// Where the configuration lies, to be read again when it changes.
    pub settings: Settings,
}

/// The configuration in force. Some of it takes effect while the agent runs.
pub struct Settings {
    path: ConfigPath,
    config: Config,
}

impl Settings {
    /// What the file at this path says.
    #[must_use]
    pub fn new(path: ConfigPath, config: Config) -> Self {
        Self { path, config }
    }

    /// The file they come from.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.path.file().to_owned()
    }

    /// Reads them again; whether something changed that takes effect now.
    fn reread(&mut self) -> Result<bool, ConfigError> {
        let now = Config::load(&self.path)?;
        let before = std::mem::replace(&mut self.config, now);
        let now = &self.config;
        let waits = now.interval != before.interval
            || now.first_contact_spread != before.first_contact_spread
            || now.state_dir != before.state_dir
            || now.log != before.log;
        if waits {
            tracing::warn!(
                "interval, first_contact_spread, state_dir and log take effect when the agent \
                 starts again"
            );
        }
        Ok(now.collectors != before.collectors
            || now.proxy != before.proxy
            || now.claims != before.claims)
    }
}

/// Why there is a round.
enum Occasion {
    /// It is time.
    Due,
    /// Something on the machine has changed.
    Change,
}

impl Rounds {
    /// Contact after contact, until `stop`.
    ///
    /// # Errors
    /// When going on would not help: the identity may not be used any more.
    pub async fn go(
        mut self,
        cycle: &mut Cycle,
        stop: impl Future<Output = ()>,
    ) -> Result<(), CycleError> {
        let mut stop = pin!(stop);
        let watchdog = Watchdog::wanted();
        let mut schedule = Schedule::new(self.interval);
        let first = backoff::before_first(self.spread, Chance::draw()?);
        tracing::info!(seconds = first.as_secs(), "waiting for the first contact");
        let mut next = Instant::now() + first;
        loop {
            let round = async {
                let wait = next.saturating_duration_since(Instant::now());
                let occasion = watchdog.vouch(wait + SLACK, self.occasion(next)).await;
                let round = self.round(cycle, &schedule, occasion);
                watchdog.vouch(LONGEST_ROUND, round).await
            };
            let went = tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                went = round => went?,
            };
            if let Some(went) = went {
                let wait = schedule.after(went, Chance::draw()?);
                next = Instant::now() + wait;
                tracing::info!(seconds = wait.as_secs(), "waiting for the next contact");
                cycle.expect_next(wait);
            }
        }
    }

    async fn occasion(&mut self, next: Instant) -> Occasion {
        tokio::select! {
            biased;
            () = sleep_until(next) => Occasion::Due,
            () = self.watch.changed() => Occasion::Change,
        }
    }

    /// How it went, as far as the next contact depends on it: not at all, if there was nothing to
    /// tell, or a change could not be looked at. That waits for the next contact then.
    async fn round(
        &mut self,
        cycle: &mut Cycle,
        schedule: &Schedule,
        occasion: Occasion,
    ) -> Result<Option<Went>, CycleError> {
        self.take_over_settings(cycle);
        match occasion {
            Occasion::Due => {
                self.watch.arm();
                let contact = cycle.contact(Kept::YoungerThan(schedule.interval())).await;
                let later = Went::Later { retry_after: None };
                Ok(Some(unless_passing(contact)?.map_or(later, went)))
            }
            Occasion::Change => {
                sleep(after_change(Chance::draw()?)).await;
                let contact = cycle.notice(schedule.is_open()).await;
                Ok(unless_passing(contact)?.flatten().map(went))
            }
        }
    }

    /// A faulty file changes nothing: the settings in force stay.
    fn take_over_settings(&mut self, cycle: &mut Cycle) {
        match self.settings.reread() {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!("the configuration has changed");
                let Config { collectors, proxy, claims, .. } = &self.settings.config;
                cycle.configure(collectors, proxy.clone(), claims.clone());
            }
            Err(error) => {
                tracing::error!("the former configuration stays in force: failed to {error}");
            }
        }
    }
}

/// None, where something stands in the way that may pass.
fn unless_passing<T>(done: Result<T, CycleError>) -> Result<Option<T>, CycleError> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.is_lasting() => Err(error),
        Err(error) => {
            tracing::error!("failed to {error}");
            Ok(None)
        }
    }
}

fn went(contact: Contact) -> Went {
    match contact {
        Contact::Accepted(reply) => {
            tracing::info!(state = reply.verdict.state.name(), "the contact was accepted");
            Went::Accepted { next: Duration::from_secs(reply.next_contact_seconds.into()) }
        }
        // Each was logged when it was put aside.
        Contact::Refused(_) => Went::Refused,
        Contact::ShutOut(_) => Went::ShutOut,
        Contact::Later { retry_after, why } => {
            tracing::warn!("kept for later: {why}");
            Went::Later { retry_after }
        }
    }
}
