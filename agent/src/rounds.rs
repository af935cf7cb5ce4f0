//! The agent at work: contact after contact, until it is told to end.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::address::Address;
use crate::config::{Config, ConfigError, ConfigPath};
use crate::cycle::{Contact, Cycle, CycleError, Kept};
use crate::probes::assignment::AssignmentClaims;
use crate::random::Chance;
use crate::schedule::{Schedule, Went, after_change};
use crate::service::Watchdog;
use crate::uplink::backoff;
use crate::uplink::proxy::Proxy;
use crate::watch::Watch;

/// More than a round can take whose every step ends by its own limit.
const LONGEST_ROUND: Duration = Duration::from_secs(3600);

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

/// The part of the configuration that takes effect while the agent runs.
pub struct Settings {
    path: ConfigPath,
    collectors: Vec<Address>,
    proxy: Option<Proxy>,
    claims: AssignmentClaims,
}

impl Settings {
    /// Those in force.
    #[must_use]
    pub fn new(path: ConfigPath, config: &Config) -> Self {
        let Config { collectors, proxy, claims, .. } = config;
        let (collectors, proxy, claims) = (collectors.clone(), proxy.clone(), claims.clone());
        Self { path, collectors, proxy, claims }
    }

    /// The file they come from.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.path.file().to_owned()
    }

    /// Reads them again; whether they have changed.
    fn reread(&mut self) -> Result<bool, ConfigError> {
        let config = Config::load(&self.path)?;
        let is_new = config.collectors != self.collectors
            || config.proxy != self.proxy
            || config.claims != self.claims;
        (self.collectors, self.proxy) = (config.collectors, config.proxy);
        self.claims = config.claims;
        Ok(is_new)
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
        let mut next = in_some_time(backoff::before_first(self.spread, Chance::draw()?));
        loop {
            let round = async {
                let occasion = self.occasion(next).await;
                self.round(cycle, &schedule, occasion).await
            };
            let longest = next.saturating_duration_since(Instant::now()) + LONGEST_ROUND;
            let contact = tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                contact = watchdog.vouch(longest, round) => contact,
            };
            if let Some(went) = went(contact)? {
                next = in_some_time(schedule.after(went, Chance::draw()?));
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

    async fn round(
        &mut self,
        cycle: &mut Cycle,
        schedule: &Schedule,
        occasion: Occasion,
    ) -> Result<Option<Contact>, CycleError> {
        self.take_over_settings(cycle);
        match occasion {
            Occasion::Due => {
                self.watch.arm();
                cycle.contact(Kept::YoungerThan(schedule.interval())).await.map(Some)
            }
            Occasion::Change => {
                sleep(after_change(Chance::draw()?)).await;
                cycle.notice(schedule.is_open()).await
            }
        }
    }

    /// A faulty file changes nothing: the settings in force stay.
    fn take_over_settings(&mut self, cycle: &mut Cycle) {
        match self.settings.reread() {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!("the configuration has changed");
                let Settings { collectors, proxy, claims, .. } = &self.settings;
                cycle.configure(collectors, proxy.clone(), claims.clone());
            }
            Err(error) => {
                tracing::error!("the former configuration stays in force: failed to {error}");
            }
        }
    }
}

fn in_some_time(wait: Duration) -> Instant {
    tracing::info!(seconds = wait.as_secs(), "waiting for the next contact");
    Instant::now() + wait
}

/// How a round went, as far as the next contact depends on it: none, if there was nothing to tell.
fn went(contact: Result<Option<Contact>, CycleError>) -> Result<Option<Went>, CycleError> {
    match contact {
        Ok(None) => Ok(None),
        Ok(Some(contact)) => {
            log(&contact);
            Ok(Some(contact.went()))
        }
        Err(error) if error.is_lasting() => Err(error),
        Err(error) => {
            tracing::error!("failed to {error}");
            Ok(Some(Went::Later { retry_after: None }))
        }
    }
}

fn log(contact: &Contact) {
    match contact {
        Contact::Accepted(reply) => {
            tracing::info!(state = reply.verdict.state.name(), "the contact was accepted");
        }
        // Each was logged when it was put aside.
        Contact::Refused(_) => {}
        Contact::Later { why, .. } => tracing::warn!("kept for later: {why}"),
    }
}

impl Contact {
    fn went(&self) -> Went {
        match self {
            Self::Accepted(reply) => {
                Went::Accepted { next: Duration::from_secs(reply.next_contact_seconds.into()) }
            }
            Self::Refused(_) => Went::Refused,
            Self::Later { retry_after, .. } => Went::Later { retry_after: *retry_after },
        }
    }
}
