//! The agent at work: look, number, keep, send, wait.
//!
//! Every step is on disk before the next one depends on it: the number before the report is kept,
//! the report before it is sent, the answer before the report is let go. Whatever moment the
//! process dies at, the next one either sends the same report under the same number or makes a
//! newer one under a higher number.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use report::moment::DAY;
use report::text::TextError;
use report::wire::{REPORTS_PATH, ReportReply};
use report::{Incarnation, Sequence, Text, Timestamp};
use tokio::time::sleep;

use crate::address::Address;
use crate::certificate::Validity;
use crate::clock;
use crate::contacts::{Accepted, Contacts};
use crate::fingerprint::{FingerprintError, fingerprint};
use crate::identity::{Identity, IdentityError};
use crate::lookout::{Lookout, NoAnswer};
use crate::random::{self, Chance, NoRandomness};
use crate::renew::renew;
use crate::schedule::{Schedule, Went};
use crate::service::Watchdog;
use crate::spool::{Draft, Spool};
use crate::state::{StateDir, StateError, StateLock};
pub use crate::survey::Subject;
use crate::survey::Surveyor;
use crate::uplink::{Answer, Body, Failure, Refusal, Uplink, backoff, tls};

/// More than a contact can take whose every step ends by its own limit.
const LONGEST_CONTACT: Duration = Duration::from_secs(3600);

/// The agent of one identity, with the sole right to its state folder.
pub struct Cycle {
    state: StateDir,
    _lock: StateLock,
    subject: Arc<Subject>,
    surveyor: Surveyor,
    /// Where the hardware is looked at from.
    hardware: Lookout,
    /// Where to report; empty: to the addresses of the enrolment.
    collectors: Vec<Address>,
    identity: Identity,
    reports: Uplink,
    incarnation: Incarnation,
    version: Text,
    /// The last number this process gave: the disk may forget it.
    sequence: Sequence,
    /// When this process last renewed the identity.
    renewed_at: Option<Timestamp>,
}

/// How a contact ended.
#[derive(Debug)]
pub enum Contact {
    /// The report is durable at the collector.
    Accepted(ReportReply),
    /// The report was refused for good and put aside.
    Refused(Refusal),
    /// Nobody took the report; it is kept.
    Later {
        /// How long the collector asked to be left alone.
        retry_after: Option<Duration>,
        /// What stood in the way.
        why: Failure,
    },
}

/// Whether a report that was kept may be sent in the place of a new survey.
#[derive(Clone, Copy, Debug)]
pub enum Kept {
    /// If its survey is younger than this.
    YoungerThan(Duration),
    /// Never: look anew.
    Never,
}

/// Why there was no contact at all.
#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    /// No identity that may be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The state folder does not serve.
    #[error(transparent)]
    State(#[from] StateError),
    /// Whose hardware this is cannot be told now.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// The identity does not make a connection.
    #[error("use this machine's identity: {0}")]
    Tls(#[from] rustls::Error),
    /// No random bits.
    #[error("run: {0}")]
    Random(#[from] NoRandomness),
    /// This build has no version that can be sent.
    #[error("name the version of this agent: {0}")]
    Version(#[from] TextError),
    /// Looking at the hardware did not come back.
    #[error("look at this machine's hardware: {0}")]
    Hardware(#[from] NoAnswer),
}

impl CycleError {
    /// Whether waiting will not help.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Identity(_) | Self::Tls(_) | Self::Random(_) | Self::Version(_) => true,
            Self::State(_) | Self::Hardware(_) | Self::Fingerprint(_) => false,
        }
    }
}

impl Cycle {
    /// Takes the state folder and the identity in it.
    ///
    /// # Errors
    /// When another process has the folder, or there is no identity that may be used.
    pub fn open(
        state: StateDir,
        collectors: Vec<Address>,
        subject: Subject,
    ) -> Result<Self, CycleError> {
        let lock = state.lock()?;
        let identity = Identity::load(&state)?;
        Ok(Self {
            reports: reports_to(&state, &collectors, &identity)?,
            incarnation: random::incarnation()?,
            version: Text::new(env!("CARGO_PKG_VERSION"))?,
            subject: Arc::new(subject),
            surveyor: Surveyor::here(),
            hardware: Lookout::default(),
            sequence: Sequence::default(),
            renewed_at: None,
            _lock: lock,
            state,
            collectors,
            identity,
        })
    }

    /// The same agent, looking in another way than from this process.
    #[must_use]
    pub fn with_surveyor(self, surveyor: Surveyor) -> Self {
        Self { surveyor, ..self }
    }

    /// One contact: the report that is kept, or a new one.
    ///
    /// # Errors
    /// When nothing was sent. What was kept is then still kept.
    pub async fn contact(&mut self, kept: Kept) -> Result<Contact, CycleError> {
        if let Err(error) = self.check_hardware().await {
            self.note_failure(error.to_string())?;
            return Err(error);
        }
        self.renew_if_due(clock::now()).await?;
        let draft = match self.kept(kept, clock::now())? {
            Some(draft) => draft,
            None => self.prepare().await?,
        };
        self.send(&draft).await
    }

    async fn check_hardware(&self) -> Result<(), CycleError> {
        let subject = Arc::clone(&self.subject);
        let hardware = self.hardware.look(move || fingerprint(&subject.host)).await??;
        Ok(self.identity.belongs_to(&hardware)?)
    }

    /// Looks, numbers, keeps: afterwards the report survives this process.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn prepare(&mut self) -> Result<Draft, CycleError> {
        let observations = self.surveyor.survey(&self.subject, clock::now()).await;
        self.sequence = self.state.next_sequence(self.sequence)?;
        let draft = Draft {
            machine: self.identity.machine,
            agent: self.version.clone(),
            fingerprint: self.identity.fingerprint,
            sequence: self.sequence,
            observations,
        };
        Spool::new(&self.state).put(&draft)?;
        Ok(draft)
    }

    fn kept(&self, kept: Kept, now: Timestamp) -> Result<Option<Draft>, CycleError> {
        let Kept::YoungerThan(age) = kept else {
            return Ok(None);
        };
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        let draft = Spool::new(&self.state).get()?;
        Ok(draft.filter(|draft| {
            draft.machine == self.identity.machine
                && draft.fingerprint == self.identity.fingerprint
                && draft.is_younger_than(seconds, now)
        }))
    }

    /// A renewal that fails is tried again at the next contact; until the certificate ends there
    /// are many.
    async fn renew_if_due(&mut self, now: Timestamp) -> Result<(), CycleError> {
        if !renewal_is_due(self.identity.validity, self.renewed_at, now) {
            return Ok(());
        }
        let collectors = known(&self.collectors, &self.identity);
        match renew(&self.state, &self.identity, collectors).await {
            Ok(identity) => {
                self.reports = reports_to(&self.state, &self.collectors, &identity)?;
                self.identity = identity;
                self.renewed_at = Some(now);
                let until = self.identity.validity.not_after;
                tracing::info!(%until, "renewed the identity");
            }
            Err(error) => tracing::warn!("failed to {error}"),
        }
        Ok(())
    }

    async fn send(&self, draft: &Draft) -> Result<Contact, CycleError> {
        let body = draft.body(self.incarnation, clock::now());
        let body = Body::squeezed(body);
        let answer: Answer<ReportReply> = self.reports.post(REPORTS_PATH, &body).await;
        let now = clock::now();
        let spool = Spool::new(&self.state);
        let contact = match answer {
            Answer::Accepted { reply, by } => {
                let accepted = Accepted {
                    at: now,
                    collector: by.to_string(),
                    sequence: draft.sequence,
                    reply: reply.clone(),
                };
                let contacts = Contacts::load(&self.state, self.identity.machine)?;
                contacts.with_accepted(accepted).save(&self.state)?;
                spool.clear()?;
                Contact::Accepted(reply)
            }
            Answer::Refused(refusal) => {
                spool.refuse(draft, &refusal, now)?;
                self.note_failure(refusal.to_string())?;
                Contact::Refused(refusal)
            }
            Answer::Later { retry_after, why } => {
                self.note_failure(why.to_string())?;
                Contact::Later { retry_after, why }
            }
        };
        Ok(contact)
    }

    fn note_failure(&self, why: String) -> Result<(), StateError> {
        Contacts::load(&self.state, self.identity.machine)?
            .with_failed(clock::now(), why)
            .save(&self.state)
    }
}

/// Past half of its life, and not renewed today: on a machine whose clock runs months ahead every
/// new certificate looks old, and that must not become a renewal at every contact.
fn renewal_is_due(validity: Validity, renewed_at: Option<Timestamp>, now: Timestamp) -> bool {
    let renewed_today = renewed_at.is_some_and(|at| (0..DAY).contains(&now.since(at)));
    now >= validity.renew_from() && !renewed_today
}

fn known<'a>(configured: &'a [Address], identity: &'a Identity) -> &'a [Address] {
    match configured {
        [] => &identity.addresses,
        configured => configured,
    }
}

fn reports_to(
    state: &StateDir,
    configured: &[Address],
    identity: &Identity,
) -> Result<Uplink, CycleError> {
    let heard = Contacts::load(state, identity.machine)?.heard();
    let collectors = known(configured, identity).to_vec();
    Ok(Uplink::new(collectors, tls::reports(identity, heard)?))
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

    fn log(&self) {
        match self {
            Self::Accepted(reply) => {
                tracing::info!(state = reply.verdict.state.name(), "the report was accepted");
            }
            Self::Refused(refusal) => tracing::error!("the report was put aside: {refusal}"),
            Self::Later { why, .. } => tracing::warn!("the report is kept for later: {why}"),
        }
    }
}

/// Contact after contact, until `stop`.
///
/// # Errors
/// When going on would not help: the identity may not be used any more.
pub async fn run(
    cycle: &mut Cycle,
    interval: Duration,
    spread: Duration,
    stop: impl Future<Output = ()>,
) -> Result<(), CycleError> {
    let mut stop = pin!(stop);
    let watchdog = Watchdog::wanted();
    let mut schedule = Schedule::new(interval);
    let mut wait = backoff::before_first(spread, Chance::draw()?);
    loop {
        tracing::info!(seconds = wait.as_secs(), "waiting for the next contact");
        let contacted = async {
            sleep(wait).await;
            cycle.contact(Kept::YoungerThan(schedule.interval())).await
        };
        let contacted = tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            contacted = watchdog.vouch(wait + LONGEST_CONTACT, contacted) => contacted,
        };
        let went = went(contacted)?;
        wait = schedule.after(went, Chance::draw()?);
    }
}

fn went(contacted: Result<Contact, CycleError>) -> Result<Went, CycleError> {
    match contacted {
        Ok(contact) => {
            contact.log();
            Ok(contact.went())
        }
        Err(error) if error.is_lasting() => Err(error),
        Err(error) => {
            tracing::error!("failed to {error}");
            Ok(Went::Later { retry_after: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NINETY_DAYS: Validity =
        Validity { not_before: Timestamp(0), not_after: Timestamp(90 * DAY) };

    #[test]
    fn an_identity_is_renewed_from_half_of_its_life_on() {
        let due = |now| renewal_is_due(NINETY_DAYS, None, Timestamp(now));
        assert!(!due(45 * DAY - 1));
        assert!(due(45 * DAY));
        assert!(due(120 * DAY), "an expired one may still be renewed");
    }

    #[test]
    fn a_clock_that_runs_ahead_renews_once_a_day() {
        let renewed_at = Some(Timestamp(50 * DAY));
        let due = |now| renewal_is_due(NINETY_DAYS, renewed_at, Timestamp(now));
        assert!(!due(50 * DAY + 900));
        assert!(due(51 * DAY));
        assert!(due(50 * DAY - 1), "a clock that was set back says nothing");
    }
}
